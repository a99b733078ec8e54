// The queue benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched) and is checked, alone and with real threads.

// clang-format off: the variant stands before the checks, whose names its own may be
#include "subject.hpp"
// clang-format on

#include "experiments/queue/workloads.hpp"
#include "queue/check.hpp"

namespace cyclone::queue {
namespace {

constexpr std::string_view k_oracle = "mutex_ring";

class queue_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static_assert(variant<shipped>);
    static constexpr traits k_declared = shipped::k_traits;

 public:
    [[nodiscard]] std::string component() const override { return "queue"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        return {{"serves", std::string(name_of(k_declared.serves))},
                {"order", std::string(name_of(k_declared.keeps))},
                {"empty", std::string(name_of(k_declared.empties))},
                {"full", std::string(name_of(k_declared.fills))},
                {"capacity", std::string(name_of(k_declared.holds))},
                {"push", std::string(name_of(k_declared.push))},
                {"pop", std::string(name_of(k_declared.pop))},
                {"reclamation", std::string(name_of(k_declared.frees))},
                {"visible", std::string(name_of(k_declared.shows))},
                {"items", std::string(name_of(k_declared.takes))},
                {"waits", k_waits_itself<shipped> ? "yes" : "no"},
                {"counts_work", "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"bytes_per_item", shipped::k_bytes_per_item}, {"fixed_bytes", sizeof(shipped)}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        return workloads_of<shipped>(name() == k_oracle);
    }
    [[nodiscard]] std::vector<std::string> params(const std::string& workload) const override {
        return params_of(workload);
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 24;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        return make_workload<shipped>(what);
    }

    /// Programs of one thread in lock step with a model, and crowds: some `cases` of each.
    [[nodiscard]] lab::check_outcome check(std::uint64_t seed, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        constexpr std::uint64_t k_most = 2000;
        const effort how{.programs = std::clamp<std::uint64_t>(cases, 1, k_most),
                         .items = std::clamp<std::uint64_t>(cases, 1, k_most),
                         .rounds = 2,
                         .seed = seed};
        const auto found = find_violation(&make_any<shipped>, how);
        if (found) return {false, cases, found->property + ": " + found->detail};
        return {true, how.programs,
                "programs of one thread, and crowds as large as the kind allows"};
    }
};

}  // namespace
}  // namespace cyclone::queue

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::queue::queue_subject{}, argc, argv);
}
