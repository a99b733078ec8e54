// The text form of litmus programs: a parser that goes over the text once, and the printer.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "model/litmus.hpp"

namespace cyclone::model::litmus {
namespace {

struct named_order {
    std::string_view name;
    std::memory_order order;
};
constexpr named_order k_orders[] = {
    {"relaxed", std::memory_order_relaxed}, {"acquire", std::memory_order_acquire},
    {"release", std::memory_order_release}, {"acq_rel", std::memory_order_acq_rel},
    {"seq_cst", std::memory_order_seq_cst}, {"rlx", std::memory_order_relaxed},
    {"acq", std::memory_order_acquire},     {"rel", std::memory_order_release},
    {"ar", std::memory_order_acq_rel},      {"sc", std::memory_order_seq_cst},
};

struct named_action {
    std::string_view name;
    action what;
};
constexpr named_action k_actions[] = {
    {"load", action::load},   {"store", action::store}, {"exchange", action::exchange},
    {"add", action::add},     {"cas", action::cas},     {"weak", action::weak},
    {"fence", action::fence}, {"get", action::get},     {"set", action::set},
};

bool is_name(std::string_view token) {
    return !token.empty() && token[0] >= 'a' && token[0] <= 'z';
}

/// A register's number, if the token is one.
std::optional<std::uint8_t> register_of(std::string_view token) {
    if (token.size() != 2 || token[0] != 'r' || token[1] < '0' || token[1] > '7') return {};
    return static_cast<std::uint8_t>(token[1] - '0');
}

class reader {
 public:
    explicit reader(std::string_view text) : text_(text) { advance(); }

    parsed run() {
        do {
            if (out_.threads.size() == k_threads_max) fail("too many threads");
            out_.threads.emplace_back();
            if (token_ == "||" || token_.empty()) continue;  // a thread that does nothing
            do one(out_.threads.back());
            while (take(";"));
        } while (error_.empty() && take("||"));
        if (error_.empty() && !token_.empty()) fail("expected ; or || or the end");
        if (!error_.empty()) return {std::nullopt, error_};
        return {std::move(out_), {}};
    }

 private:
    /// Makes token_ the next word, number or sign; empty at the end.
    void advance() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
        start_ = at_;
        const auto word_sign = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        };
        while (at_ < text_.size() && word_sign(text_[at_])) ++at_;
        if (at_ == start_ && at_ < text_.size()) {
            ++at_;
            const bool twice = text_[start_] == '|' || text_[start_] == '=';
            if (twice && at_ < text_.size() && text_[at_] == text_[start_]) ++at_;
        }
        token_ = text_.substr(start_, at_ - start_);
    }
    bool take(std::string_view sign) {
        if (token_ != sign) return false;
        advance();
        return true;
    }
    void expect(std::string_view sign) {
        if (!take(sign)) fail("expected " + std::string(sign));
    }
    void fail(const std::string& why) {
        if (error_.empty())
            error_ = fmt::format("column {}, at \"{}\": {}", start_ + 1, token_, why);
        token_ = {};
        at_ = text_.size();
    }

    std::uint8_t any_register() {
        const auto reg = register_of(token_);
        if (!reg) fail("expected a register, r0 to r7");
        advance();
        return reg.value_or(0);
    }
    word number() {
        word value = 0;
        const auto [stop, bad] = std::from_chars(token_.begin(), token_.end(), value);
        if (token_.empty() || bad != std::errc{} || stop != token_.end()) fail("expected a number");
        advance();
        return value;
    }
    operand value() {
        operand v;
        v.reg = register_of(token_);
        if (!v.reg) {
            v.plus = number();
            return v;
        }
        advance();
        if (take("+")) v.plus = number();
        return v;
    }
    std::memory_order order() {
        for (const named_order& o : k_orders)
            if (o.name == token_) {
                advance();
                return o.order;
            }
        fail("expected an order: relaxed, acquire, release, acq_rel or seq_cst");
        return std::memory_order_relaxed;
    }
    std::uint8_t location(bool plain) {
        const std::string name(token_);
        if (!is_name(name) || register_of(name)) fail("expected a location");
        advance();
        auto& all = out_.locations;
        auto at =
            std::find_if(all.begin(), all.end(), [&](const place& p) { return p.name == name; });
        if (at == all.end()) {
            if (all.size() == k_locations_max) fail("too many locations");
            at = all.insert(at, place{name, plain});
        }
        if (at->plain != plain) fail(name + " is plain data here and an atomic there");
        return static_cast<std::uint8_t>(at - all.begin());
    }

    void one(std::vector<instruction>& thread) {
        instruction i;
        if (take("if")) {
            i.only_if.emplace();
            i.only_if->reg = any_register();
            expect("==");
            i.only_if->equals = number();
            expect(":");
        }
        if (register_of(token_)) {
            i.into = any_register();
            expect("=");
        }
        const auto* const named =
            std::find_if(std::begin(k_actions), std::end(k_actions),
                         [&](const named_action& a) { return a.name == token_; });
        if (named == std::end(k_actions)) return fail("expected an instruction");
        i.what = named->what;
        if (i.into && !reads(i.what)) return fail("it gives no value");
        advance();
        if (i.what != action::fence) i.where = location(is_plain(i.what));
        if (compares(i.what)) i.expected = value();
        if (writes(i.what) || i.what == action::set) i.value = value();
        if (!is_plain(i.what)) i.order = order();
        if (compares(i.what)) i.failure = order();
        if (!allowed(i)) return fail("the instruction before has an order that C++ forbids");
        if (thread.size() == k_length_max) return fail("too many instructions in a thread");
        thread.push_back(i);
    }

    static bool allowed(const instruction& i) {
        const auto none = [](std::memory_order o, std::memory_order a, std::memory_order b) {
            return o != a && o != b;
        };
        constexpr auto k_release = std::memory_order_release, k_both = std::memory_order_acq_rel;
        if (i.what == action::load) return none(i.order, k_release, k_both);
        if (i.what == action::store) return none(i.order, std::memory_order_acquire, k_both);
        return !compares(i.what) || none(i.failure, k_release, k_both);
    }

    std::string_view text_;
    std::string_view token_;
    std::size_t at_ = 0;     ///< behind the token
    std::size_t start_ = 0;  ///< of the token
    program out_;
    std::string error_;
};

std::string_view name_of(std::memory_order order) {
    for (const named_order& o : k_orders)
        if (o.order == order) return o.name;
    return "consume";
}

std::string text_of(const operand& v) {
    if (!v.reg) return std::to_string(v.plus);
    return v.plus == 0 ? fmt::format("r{}", *v.reg) : fmt::format("r{}+{}", *v.reg, v.plus);
}

std::string text_of(const program& p, const instruction& i) {
    std::string text;
    if (i.only_if) text += fmt::format("if r{} == {}: ", i.only_if->reg, i.only_if->equals);
    if (i.into) text += fmt::format("r{} = ", *i.into);
    for (const named_action& a : k_actions)
        if (a.what == i.what) text += a.name;
    if (i.what != action::fence) text += " " + p.locations[i.where].name;
    if (compares(i.what)) text += " " + text_of(i.expected);
    if (writes(i.what) || i.what == action::set) text += " " + text_of(i.value);
    if (!is_plain(i.what)) text += fmt::format(" {}", name_of(i.order));
    if (compares(i.what)) text += fmt::format(" {}", name_of(i.failure));
    return text;
}

}  // namespace

parsed parse(std::string_view text) { return reader(text).run(); }

std::string text_of(const program& p) {
    std::string text;
    for (std::size_t t = 0; t < p.threads.size(); ++t) {
        if (t > 0) text += " || ";
        for (std::size_t i = 0; i < p.threads[t].size(); ++i)
            text += (i > 0 ? "; " : "") + text_of(p, p.threads[t][i]);
    }
    return text;
}

}  // namespace cyclone::model::litmus
