// The sleep benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched), waits for the kernel, and is checked in real time.
#include "experiments/sleep/workloads.hpp"
#include "sleep/check.hpp"
#include "subject.hpp"

namespace cyclone::sleep {
namespace {

static_assert(variant<subject<no_work>> && variant<subject<counted_work>>);

const char* yes(bool is) { return is ? "yes" : "no"; }

class sleep_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static constexpr traits k_declared = shipped::k_traits;

 public:
    [[nodiscard]] std::string component() const override { return "sleep"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        return {{"granularity_ns", std::to_string(k_declared.granularity)},
                {"kernel_adds", name_of(k_declared.adds)},
                {"calls_at_deadline", std::to_string(k_declared.at_deadline)},
                {"calls_at_wake", std::to_string(k_declared.at_wake)},
                {"burns", yes(k_declared.burns)},
                {"counts_work", "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"fixed_bytes", sizeof(shipped)}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        if (k_is_control) return {"ask", "nudge"};
        return {"ask", "nudge", "lateness", "slack", "calls"};
    }
    [[nodiscard]] std::vector<std::string> params(const std::string& workload) const override {
        if (workload == "lateness") return {"repeats"};
        if (workload == "slack") return {"repeats", "timeout"};
        return {};
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 24;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        if (what.by == lab::meter::work) return make_with<subject<counted_work>>(what);
        return make_with<shipped>(what);
    }

    /// Real sleeps, some milliseconds each; `cases` handovers between two threads.
    [[nodiscard]] lab::check_outcome check(std::uint64_t seed, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        constexpr std::uint64_t k_most = 2000;
        const auto rounds = static_cast<unsigned>(std::min(cases, k_most));
        const auto found = find_violation(&make_any<shipped>, {20, rounds, seed});
        // Without a Work policy that counts, the number of calls is not seen; the tests see it.
        if (found) return {false, cases, found->property + ": " + found->detail};
        return {true, rounds, "sleeps, wakes and signals in real time"};
    }

 private:
    template <class V>
    [[nodiscard]] static std::unique_ptr<lab::batches> make_with(const lab::request& what) {
        if (what.workload == "ask" || what.workload == "nudge")
            return std::make_unique<asking<V>>(what);
        if constexpr (!k_is_control) {
            if (what.workload == "calls") return std::make_unique<calling<V>>(what);
            if (what.workload == "lateness" || what.workload == "slack")
                return std::make_unique<waiting<V>>(what);
        }
        throw lab::usage_error{"no such workload: " + what.workload};
    }
};

}  // namespace
}  // namespace cyclone::sleep

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::sleep::sleep_subject{}, argc, argv);
}
