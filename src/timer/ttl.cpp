#include "timer/ttl.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace cyclone::timer {
namespace {

constexpr std::string_view k_forms =
    "const:30s, exp:30s, uniform:1s..5s, lognormal:0.2s..30s, lognormal:30s, loguniform:1ms..30d, "
    "mix:0.2s,1s,30s, bimodal:10ms,30s,0.1 or pareto:1.5,10ms";
constexpr double k_half_of_99 = 2.5758293035489004;  // 99 % of a normal lies within so many sigma

struct unit {
    std::string_view name;
    double ns;
};
constexpr std::array k_units{unit{"us", 1e3}, unit{"ms", 1e6},   unit{"s", 1e9},
                             unit{"m", 60e9}, unit{"h", 3600e9}, unit{"d", 86400e9}};

}  // namespace

/// Reads one text from left to right; every error names the character it stopped at.
class ttl_parser {
 public:
    ttl_parser(std::string_view text, std::uint64_t tick_ns)
        : text_(text), tick_ns_(static_cast<double>(tick_ns)) {}

    [[nodiscard]] result<ttl> read() {
        if (tick_ns_ <= 0)
            return fail(error_code::invalid_argument, "a tick of 0 ns: give it more");
        const std::size_t colon = text_.find(':');
        if (colon == std::string_view::npos) return wrong("no ':'");
        const std::string_view name = text_.substr(0, colon);
        at_ = colon + 1;
        CYCLONE_TRY(ttl out, body(name));
        if (at_ != text_.size()) return wrong("this is too much");
        return out;
    }

 private:
    using shape = ttl::shape;

    [[nodiscard]] result<ttl> body(std::string_view name) {
        if (name == "const") return one(shape::constant);
        if (name == "exp") return one(shape::exponential);
        if (name == "uniform") return range(shape::uniform);
        if (name == "loguniform") return range(shape::loguniform);
        if (name == "lognormal") return lognormal();
        if (name == "mix") return mix();
        if (name == "bimodal") return bimodal();
        if (name == "pareto") return pareto();
        at_ = 0;
        return wrong(fmt::format("no shape is called '{}'", name));
    }

    [[nodiscard]] result<ttl> one(shape what) {
        ttl out = of(what);
        CYCLONE_TRY(out.a_, duration());
        return out;
    }

    [[nodiscard]] result<ttl> range(shape what) {
        ttl out = of(what);
        CYCLONE_TRY(out.a_, duration());
        if (!took("..")) return wrong("'..' and the upper end are missing");
        CYCLONE_TRY_VOID(upper_end(out));
        if (what == shape::loguniform) {
            out.a_ = std::log(out.a_);
            out.b_ = std::log(out.b_);
        }
        return out;
    }

    [[nodiscard]] result<ttl> lognormal() {
        ttl out = of(shape::lognormal);
        CYCLONE_TRY(out.a_, duration());
        if (took("..")) {
            CYCLONE_TRY_VOID(upper_end(out));
            const double low = std::log(out.a_);
            const double high = std::log(out.b_);
            out.a_ = (low + high) / 2;
            out.b_ = (high - low) / (2 * k_half_of_99);
            return out;
        }
        out.a_ = std::log(out.a_);
        out.b_ = 1;
        if (took(",")) {
            CYCLONE_TRY(out.b_, plain(0, 10, "a sigma"));
        }
        return out;
    }

    [[nodiscard]] result<ttl> mix() {
        ttl out = of(shape::mix);
        do {
            CYCLONE_TRY(const double choice, duration());
            out.choices_.push_back(choice);
        } while (took(","));
        return out;
    }

    [[nodiscard]] result<ttl> bimodal() {
        ttl out = of(shape::bimodal);
        CYCLONE_TRY(out.a_, duration());
        if (!took(",")) return wrong("',' and the second value are missing");
        CYCLONE_TRY(out.b_, duration());
        if (!took(",")) return wrong("',' and the share of the second are missing");
        CYCLONE_TRY(out.share_, plain(0, 1, "a share"));
        return out;
    }

    [[nodiscard]] result<ttl> pareto() {
        ttl out = of(shape::pareto);
        CYCLONE_TRY(out.b_, plain(0.1, 100, "a shape"));
        if (!took(",")) return wrong("',' and the smallest value are missing");
        CYCLONE_TRY(out.a_, duration());
        return out;
    }

    [[nodiscard]] result<void> upper_end(ttl& out) {
        const std::size_t began = at_;
        CYCLONE_TRY(out.b_, duration());
        if (out.b_ >= out.a_) return {};
        at_ = began;
        return wrong("the upper end lies below the lower");
    }

    /// A number with a unit, in ticks.
    [[nodiscard]] result<double> duration() {
        const std::size_t began = at_;
        CYCLONE_TRY(const double number, digits("a duration"));
        const std::size_t end = std::min(text_.find_first_of(".,", at_), text_.size());
        const std::string_view name = text_.substr(at_, end - at_);
        double ticks = number;
        if (!name.empty()) {
            const auto* found = std::find_if(k_units.begin(), k_units.end(),
                                             [&](const unit& u) { return u.name == name; });
            if (found == k_units.end())
                return wrong(fmt::format("no unit is called '{}': us, ms, s, m, h or d", name));
            ticks = number * found->ns / tick_ns_;
        }
        if (ticks > 0 && ticks <= static_cast<double>(ttl::k_longest)) {
            at_ = end;
            return ticks;
        }
        at_ = began;
        return wrong("a duration must be above 0 and at most 2^50 ticks", error_code::out_of_range);
    }

    [[nodiscard]] result<double> plain(double least, double most, std::string_view what) {
        const std::size_t began = at_;
        CYCLONE_TRY(const double number, digits(what));
        if (number >= least && number <= most) return number;
        at_ = began;
        return wrong(fmt::format("{} lies between {} and {}", what, least, most),
                     error_code::out_of_range);
    }

    /// Digits with at most one point; the two points of a range are not part of it.
    [[nodiscard]] result<double> digits(std::string_view what) {
        std::size_t end = at_;
        bool point = false;
        for (; end < text_.size(); ++end) {
            const char c = text_[end];
            if (c >= '0' && c <= '9') continue;
            if (c != '.' || point || text_.substr(end, 2) == "..") break;
            point = true;
        }
        double number = 0;
        const char* const last = text_.data() + end;
        const auto [stop, bad] = std::from_chars(text_.data() + at_, last, number);
        if (end == at_ || bad != std::errc{} || stop != last)
            return wrong(fmt::format("{} is missing", what));
        at_ = end;
        return number;
    }

    [[nodiscard]] bool took(std::string_view token) {
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }

    [[nodiscard]] static ttl of(shape what) {
        ttl out;
        out.shape_ = what;
        return out;
    }

    [[nodiscard]] std::unexpected<error> wrong(
        std::string_view why, error_code code = error_code::invalid_argument) const {
        return fail(code, fmt::format("ttl '{}', character {}: {}; write {}", text_, at_ + 1, why,
                                      k_forms));
    }

    std::string_view text_;
    double tick_ns_;
    std::size_t at_ = 0;
};

result<ttl> ttl::parse(std::string_view text, std::uint64_t tick_ns) {
    return ttl_parser(text, tick_ns).read();
}

double ttl::value(rng& random) const {
    switch (shape_) {
        case shape::constant: return a_;
        case shape::exponential: return random.exponential(a_);
        case shape::uniform: return a_ + (b_ - a_) * random.unit();
        case shape::lognormal: return random.lognormal(a_, b_);
        case shape::loguniform: return std::exp(a_ + (b_ - a_) * random.unit());
        case shape::mix: return choices_[random.uniform(choices_.size())];
        case shape::bimodal: return random.unit() < share_ ? b_ : a_;
        case shape::pareto: break;
    }
    return random.pareto(a_, b_);
}

tick ttl::draw(rng& random) const {
    constexpr auto k_most = static_cast<double>(k_longest);
    return static_cast<tick>(std::clamp(std::round(value(random)), 1.0, k_most));
}

}  // namespace cyclone::timer
