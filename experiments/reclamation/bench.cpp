// The reclamation benchmark, compiled once per variant: subject.hpp is generated and names it. The
// same binary measures (statically dispatched) and is checked, with real threads too.
#include "experiments/reclamation/workloads.hpp"
#include "reclamation/check.hpp"
#include "subject.hpp"

namespace cyclone::reclamation {
namespace {

class reclamation_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static_assert(variant<shipped>);
    static constexpr traits k_declared = shipped::k_traits;

 public:
    [[nodiscard]] std::string component() const override { return "reclamation"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        const bool region = k_declared.reach == protects::region;
        return {{"protects", std::string(name_of(k_declared.reach))},
                {"a_guard_holds", region ? "all" : std::to_string(k_declared.holds)},
                {"protect_progress", std::string(name_of(k_declared.protecting))},
                {"retire_progress", std::string(name_of(k_declared.retiring))},
                {"bounded", k_declared.bounded ? "yes" : "no"},
                {"needs_rest", k_declared.needs_rest ? "yes" : "no"},
                {"counts_work", "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"bytes_per_handle", sizeof(typename shipped::handle)},
                {"bytes_per_node", sizeof(retirable<>)},
                {"fixed_bytes", sizeof(shipped)}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        return {"read", "replace"};
    }
    [[nodiscard]] std::vector<std::string> params(const std::string&) const override {
        return {"threads"};
    }
    [[nodiscard]] std::vector<lab::meter> meters() const override {
        return {lab::meter::time, lab::meter::instructions, lab::meter::system};
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 20;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        if (what.by == lab::meter::work) {
            throw lab::usage_error{"domains do not count their work; use --meter instructions"};
        }
        if (what.workload == "read") return std::make_unique<crowd<shipped, task::read>>(what);
        return std::make_unique<crowd<shipped, task::replace>>(what);
    }

    /// Every scenario, programs, and a crowd of some `cases` steps.
    [[nodiscard]] lab::check_outcome check(std::uint64_t seed, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        const factory make_domain = &make_any<shipped>;
        for (const scenario& one : scenarios()) {
            if (finding found = one.run(make_domain); !found.empty()) return {false, cases, found};
        }
        finding found = run_programs(make_domain, seed, std::min<std::uint64_t>(cases, 100));
        if (!found.empty()) return {false, cases, found};
        const effort how{
            .threads = 4, .steps = std::max<std::uint64_t>(cases / 8, 1), .seed = seed};
        found = run_crowds(make_domain, how);
        if (!found.empty()) return {false, cases, found};
        return {true, cases,
                "scenarios, programs, and crowds of 4 threads: none too early, none "
                "lost"};
    }
};

}  // namespace
}  // namespace cyclone::reclamation

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::reclamation::reclamation_subject{}, argc, argv);
}
