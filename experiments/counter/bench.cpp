// The counter benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched) and is checked with real threads.
#include "counter/check.hpp"
#include "experiments/counter/workloads.hpp"
#include "subject.hpp"

namespace cyclone::counter {
namespace {

class counter_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static_assert(variant<shipped>);
    static constexpr traits k_declared = shipped::k_traits;

 public:
    [[nodiscard]] std::string component() const override { return "counter"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        return {{"order", std::string(name_of(k_declared.rises))},
                {"progress", std::string(name_of(k_declared.progresses))},
                {"first_come", k_declared.first_come ? "yes" : "no"},
                {"dense", k_declared.batch == 1 ? "yes" : "no"},
                {"counts_work", "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"bytes_per_handle", sizeof(typename shipped::handle)},
                {"fixed_bytes", sizeof(shipped)}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override { return {"next", "paced"}; }
    [[nodiscard]] std::vector<std::string> params(const std::string& workload) const override {
        if (workload == "paced") return {"arrivals", "rate"};
        return {"think", "threads"};
    }
    [[nodiscard]] std::vector<lab::meter> meters() const override {
        return {lab::meter::time, lab::meter::instructions, lab::meter::system};
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 24;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        if (what.by == lab::meter::work) {
            throw lab::usage_error{"counters do not count their work; use --meter instructions"};
        }
        if (what.workload == "paced") return std::make_unique<paced<shipped>>(what);
        return std::make_unique<crowd<shipped>>(what);
    }

    /// Crowds of threads on what ships, some `cases` calls. The seed has nothing to choose.
    [[nodiscard]] lab::check_outcome check(std::uint64_t, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        effort how{.threads = 4, .calls = std::max<std::uint64_t>(cases / 9, 1), .rounds = 1};
        const auto found = find_violation(&make_any<shipped>, how);
        if (found) return {false, cases, found->property + ": " + found->detail};
        return {true, cases, "numbers of 2, 3 and 4 threads: unique, dense, rising"};
    }
};

}  // namespace
}  // namespace cyclone::counter

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::counter::counter_subject{}, argc, argv);
}
