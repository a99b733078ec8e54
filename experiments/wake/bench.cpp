// The wake benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched) and is checked with real threads.
#include "experiments/wake/workloads.hpp"
#include "subject.hpp"
#include "wake/check.hpp"

namespace cyclone::wake {
namespace {

const char* yes(bool is) { return is ? "yes" : "no"; }

class wake_subject final : public lab::bench_subject {
    using shipped = subject<no_work>;
    static_assert(variant<shipped> && variant<subject<counted_work>>);
    static constexpr traits k_declared = shipped::k_traits;

 public:
    [[nodiscard]] std::string component() const override { return "wake"; }
    [[nodiscard]] std::string name() const override { return k_subject_name; }
    [[nodiscard]] std::string kind() const override { return k_subject_kind; }
    [[nodiscard]] std::string note() const override { return k_subject_note; }
    [[nodiscard]] std::string source() const override { return k_subject_source; }
    [[nodiscard]] std::map<std::string, std::string> declared() const override {
        return {{"sleepers", name_of(k_declared.sleeps)},
                {"wakes_one", yes(k_declared.wakes_one)},
                {"remembers", yes(k_declared.remembers)},
                {"notify_progress", name_of(k_declared.notifies)},
                {"prepare_progress", name_of(k_declared.prepares)},
                {"counts_work", "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"fixed_bytes", sizeof(shipped)}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        return {"idle", "announce", "pingpong"};
    }
    [[nodiscard]] std::vector<std::string> params(const std::string&) const override { return {}; }
    [[nodiscard]] std::vector<lab::meter> meters() const override {
        return {lab::meter::time, lab::meter::instructions, lab::meter::system};
    }
    [[nodiscard]] std::unique_ptr<lab::batches> make(const lab::request& what) const override {
        constexpr std::uint64_t k_n_max = 1U << 24;
        if (what.n > k_n_max) throw lab::usage_error{fmt::format("--n at most {}", k_n_max)};
        if (what.by == lab::meter::work) {
            throw lab::usage_error{"wakers do not count their work; use --meter system"};
        }
        if (what.workload == "pingpong") return std::make_unique<ping_pong<shipped>>(what);
        return std::make_unique<alone<shipped>>(what);
    }

    /// Real threads; `cases` turns and items.
    [[nodiscard]] lab::check_outcome check(std::uint64_t seed, std::uint64_t cases) const override {
        if (k_is_control) return {true, 0, "a control is not a variant: nothing to check"};
        constexpr std::uint64_t k_most = 20000;
        effort how{.rounds = std::min(cases, k_most), .items = std::min(cases, k_most)};
        how.patience_ms = 10000;
        how.seed = seed;
        // With a Work policy that counts, so that W6 is looked at too.
        const auto found = find_violation(&make_any<subject<counted_work>>, how);
        if (found) return {false, cases, found->property + ": " + found->detail};
        return {true, how.rounds, "notifies and sleeps of one to four threads"};
    }
};

}  // namespace
}  // namespace cyclone::wake

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::wake::wake_subject{}, argc, argv);
}
