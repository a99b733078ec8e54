// The timer benchmark, compiled once per variant: subject.hpp is generated and names it. The same
// binary measures (statically dispatched), counts work, and is checked against the model.
#include <fmt/format.h>

#include "experiments/timer/workloads_claims.hpp"
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
                {"counts_work", timer::counts_work<subject<counted_work>> ? "yes" : "no"}};
    }
    [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const override {
        return {{"bytes_per_timer", sizeof(typename shipped::node)},
                {"fixed_bytes", std::make_unique<shipped>(0)->fixed_bytes()}};
    }
    [[nodiscard]] std::vector<std::string> workloads() const override {
        std::vector<std::string> names{"start", "stop", "timeouts", "restart", "tick", "hold"};
        if (k_is_control) return names;
        names.insert(names.end(), {"poisson", "boundary"});
        if (k_can_tell_next) names.emplace_back("accuracy");
        return names;
    }
    [[nodiscard]] std::vector<std::string> params(const std::string& workload) const override {
        if (workload == "tick") return {"mode", "table"};
        if (workload == "hold" || workload == "poisson") return {"dist"};
        return {};
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
    template <class V>
    [[nodiscard]] static std::unique_ptr<lab::batches> make_with(const lab::request& what) {
        const rng random(what.seed);
        if (what.workload == "start") return std::make_unique<start_or_stop<V>>(what, random, true);
        if (what.workload == "stop") return std::make_unique<start_or_stop<V>>(what, random, false);
        if (what.workload == "timeouts") return std::make_unique<timeouts<V>>(what, random);
        if (what.workload == "restart") return std::make_unique<restarts<V>>(what, random);
        if (what.workload == "tick") return std::make_unique<ticks<V>>(what, random);
        if (what.workload == "hold") return std::make_unique<hold<V>>(what, random);
        if constexpr (!k_is_control) {
            if (what.workload == "poisson")
                return std::make_unique<poisson_starts<V>>(what, random);
            if (what.workload == "boundary")
                return std::make_unique<boundary_tick<V>>(what, random);
            if constexpr (k_can_tell_next) return std::make_unique<accuracy<V>>(what, random);
        }
        throw lab::usage_error{"no such workload: " + what.workload};
    }
};

}  // namespace
}  // namespace cyclone::timer

int main(int argc, char** argv) {
    return cyclone::lab::bench_main(cyclone::timer::timer_subject{}, argc, argv);
}
