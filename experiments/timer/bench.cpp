// The timer benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched), counts work, and is checked against the model.
#include <algorithm>
#include <fmt/format.h>

#include "experiments/timer/workloads/table.hpp"
#include "subject.hpp"
#include "timer/lockstep.hpp"

namespace cyclone::timer {
namespace {

static_assert(variant<subject<no_work>> && variant<subject<counted_work>>);

const char* text(growth g) { return g == growth::o1 ? "o1" : g == growth::log_n ? "log_n" : "n"; }
const char* text(order o) {
    return o == order::fifo ? "fifo" : o == order::by_deadline ? "by_deadline" : "unordered";
}
const char* text(next_kind k) {
    return k == next_kind::exact ? "exact" : k == next_kind::lower_bound ? "lower_bound" : "none";
}

class timer_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static constexpr timer::traits k_declared = shipped::k_traits;
    static constexpr bool k_can_tell_next = k_declared.next != next_kind::none;

 public:
    [[nodiscard]] std::string component() const override { return "timer"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        return {{"order", text(k_declared.fire_order)},
                {"next", text(k_declared.next)},
                {"start", text(k_declared.start)},
                {"stop", text(k_declared.stop)},
                {"tick", text(k_declared.per_tick)},
                {"late", is_exact<shipped> ? "exact" : "bounded"},
                {"horizon", fmt::format("{}", k_declared.horizon)},
                {"late_share", fmt::format("{:.4g}", 100 * late_share())},
                {"counts_work", timer::counts_work<subject<counted_work>> ? "yes" : "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"bytes_per_timer", sizeof(typename shipped::node)},
                {"fixed_bytes", std::make_unique<shipped>(0)->fixed_bytes()}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        std::vector<std::string> names;
        for (const auto& row : workload_table<shipped>())
            if (offers(row.rows)) names.push_back(row.name);
        return names;
    }
    [[nodiscard]] std::vector<std::string> params(const std::string& workload) const override {
        return row_of<shipped>(workload).params;
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 24;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        if (what.by == lab::meter::work) return make_with<subject<counted_work>>(what);
        return make_with<shipped>(what);
    }

    /// Random programs in lock step with the model, until `cases` operations have been done.
    [[nodiscard]] lab::check_outcome check(std::uint64_t seed, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        rng random(seed);
        std::uint64_t done = 0;
        while (done < cases) {
            std::vector<std::uint8_t> bytes(3 * (1 + random.uniform(200)));
            for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
            const program operations = decode_program(bytes);
            const auto result = run_lockstep(&make_any<shipped>, operations);
            if (result.broken) {
                return {
                    false, done,
                    fmt::format("{} at operation {}: {}\n{}", result.broken->property,
                                result.broken->step, result.broken->detail, to_string(operations))};
            }
            done += operations.size();
        }
        return {true, done, "lock step with the model"};
    }

 private:
    /// The largest share of its interval that a timer may be late, over intervals of all sizes.
    [[nodiscard]] static double late_share() {
        constexpr timer::tick k_small = 1U << 15;
        double worst = 0;
        for (timer::tick delta = 1; delta < k_declared.horizon / 2;
             delta += delta < k_small ? 1 : delta / 512) {
            worst = std::max(worst, static_cast<double>(shipped::lateness_max(delta)) /
                                        static_cast<double>(delta));
        }
        return worst;
    }
    [[nodiscard]] static bool offers(offered_by rows) noexcept {
        if (rows == offered_by::everyone) return true;
        if (rows == offered_by::variants) return !k_is_control;
        return !k_is_control && k_can_tell_next;
    }
    template <class V>
    [[nodiscard]] static const workload<V>& row_of(const std::string& name) {
        for (const auto& row : workload_table<V>())
            if (row.name == name && offers(row.rows)) return row;
        throw lab::usage_error{"no such workload: " + name};
    }
    template <class V>
    [[nodiscard]] static std::unique_ptr<lab::batches> make_with(const lab::request& what) {
        return row_of<V>(what.workload).make(what, rng(what.seed));
    }
};

}  // namespace
}  // namespace cyclone::timer

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::timer::timer_subject{}, argc, argv);
}
