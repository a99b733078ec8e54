// The clock benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched), simulates in virtual time, and is checked there.
#include "clock/check.hpp"
#include "experiments/clock/workloads.hpp"
#include "subject.hpp"

namespace cyclone::clock {
namespace {

static_assert(variant<subject<no_work>> && variant<subject<counted_work>>);

const char* yes(bool is) { return is ? "yes" : "no"; }

class clock_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static constexpr traits k_declared = shipped::k_traits;

 public:
    [[nodiscard]] std::string component() const override { return "clock"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        return {{"slew", k_declared.moves == slew::limited ? "limited" : "unlimited"},
                {"learns_rate", yes(k_declared.learns_rate)},
                {"filters_delay", yes(k_declared.filters_delay)},
                {"memory", std::to_string(k_declared.memory)},
                {"counts_work", "yes"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"fixed_bytes", sizeof(shipped)}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        if (k_is_control) return {"now", "observe"};
        return {"now", "observe", "error", "timers"};
    }
    [[nodiscard]] std::vector<std::string> params(const std::string& workload) const override {
        if (workload == "error") return {"scenario"};
        if (workload == "timers") return {"due", "scenario"};
        return {};
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 24;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        if (what.by == lab::meter::work) return make_with<subject<counted_work>>(what);
        return make_with<shipped>(what);
    }

    /// Every scenario in virtual time, some `cases` legs in all, and what is written by hand.
    [[nodiscard]] lab::check_outcome check(std::uint64_t seed, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        const std::uint64_t legs = std::max<std::uint64_t>(cases / scenarios().size(), 1);
        const auto found = find_violation(&make_any<shipped>, {1, legs, seed});
        // Without a Work policy that counts, traits::memory holds of itself; the tests count.
        if (found) return {false, cases, found->property + ": " + found->detail};
        return {true, legs * scenarios().size(), "scenarios in virtual time against true time"};
    }

 private:
    template <class V>
    [[nodiscard]] static std::unique_ptr<lab::batches> make_with(const lab::request& what) {
        if (what.workload == "now") return std::make_unique<asking<V>>(what);
        if (what.workload == "observe") return std::make_unique<observing<V>>(what);
        if constexpr (!k_is_control) {
            if (what.workload == "error") return std::make_unique<erring<V>>(what);
            if (what.workload == "timers") return std::make_unique<driving<V>>(what);
        }
        throw lab::usage_error{"no such workload: " + what.workload};
    }
};

}  // namespace
}  // namespace cyclone::clock

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::clock::clock_subject{}, argc, argv);
}
