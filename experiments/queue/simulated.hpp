// Workloads on processors that are simulated (sim/processors.hpp): figures in steps and lines, for
// claims of more processors than there are. They say so: value `simulated` is 1. Meter work only;
// equal requests give equal figures.
//
//   simulated    n: operations of each processor. Params: processors, schedule (random,
//   round_robin,
//                bursts, adversary, alone), mix (pairs, halves, fan_in, fan_out), capacity, inside
//                (items that are in at first), calls (try; own: those that wait, where a variant
//                has them), victim and between (of the adversary), burst (mean)
//   processors   the same with n processors, for what is claimed of their number; param operations
//   scu          of the oracle only, and of no queue: the bare SCU(q, s) on 2, 4 ... n processors,
//                and the law that its latency follows. Params: preamble (q), scan (s), operations
//
// An operation is a call with a result. `locked_*` are the locked instructions of a call that met
// nobody in schedule alone; `starved` is 1 if the victim had no result while the others had all.
#pragma once

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lab/bench.hpp"
#include "queue/simulated.hpp"
#include "sim/processors.hpp"
#include "sim/scu.hpp"

namespace cyclone::queue {

/// A whole number between two others, or a usage_error that says which.
[[nodiscard]] inline std::uint64_t simulated_param(const lab::request& what, const char* key,
                                                   std::uint64_t otherwise, std::uint64_t least,
                                                   std::uint64_t most) {
    const std::uint64_t value = what.param(key, otherwise);
    if (value < least || value > most) {
        throw lab::usage_error{fmt::format("--param {}: {} to {}", key, least, most)};
    }
    return value;
}

/// The machine that a request asks for.
[[nodiscard]] inline sim::machine machine_of(const lab::request& what) {
    constexpr std::uint64_t k_operations_max = 100'000;
    const bool by_number = what.workload == "processors";
    const std::uint64_t processors =
        by_number ? what.n : simulated_param(what, "processors", 4, 1, sim::k_processors_max);
    const std::uint64_t operations =
        by_number ? simulated_param(what, "operations", 500, 1, k_operations_max) : what.n;
    if (processors > sim::k_processors_max || operations > k_operations_max) {
        throw lab::usage_error{fmt::format("at most {} processors and {} operations of each",
                                           sim::k_processors_max, k_operations_max)};
    }
    const std::string name = what.param("schedule", std::string("random"));
    const auto how = sim::schedule_of(name);
    if (!how) throw lab::usage_error{"--param schedule: no such schedule: " + name};
    sim::machine m;
    m.processors = static_cast<std::uint32_t>(processors);
    m.how = *how;
    m.seed = what.seed;
    m.operations = operations;
    m.warmup = std::max<std::uint64_t>(operations / 4, 1);
    m.victim = static_cast<std::uint32_t>(
        simulated_param(what, "victim", 0, 0, std::max<std::uint64_t>(processors, 1) - 1));
    m.between = simulated_param(what, "between", 1, 1, 1000);
    m.mean_burst = simulated_param(what, "burst", 32, 1, 100'000);
    // Many more than any that ends takes: an adversary may stop what all the others wait for.
    constexpr std::uint64_t k_steps_each = 20'000;
    m.steps_max = std::max<std::uint64_t>(operations * processors * k_steps_each, 1'000'000);
    return m;
}

/// What a simulation has to say, by name.
[[nodiscard]] inline std::map<std::string, double> values_of(const sim::report& r) {
    const auto number = [](std::uint64_t v) { return static_cast<double>(v); };
    const sim::call_report all = r.total();
    const double done = number(std::max<std::uint64_t>(r.done, 1));
    const sim::processor_report& victim = r.each[r.asked.victim];
    std::map<std::string, double> values{
        {"simulated", 1},
        {"processors", number(r.asked.processors)},
        {"steps_per_op", r.system_latency()},
        {"own_steps_per_op", number(all.steps) / done},
        {"steps_worst", number(all.steps_worst)},
        {"steps_worst_per_processor", number(all.steps_worst) / number(r.asked.processors)},
        {"rmws_per_op", number(all.rmws) / done},
        {"failed_cas_per_op", number(all.failed_compares) / done},
        {"locked_per_op", number(all.locked) / done},
        {"transfers_per_op", number(all.transfers) / done},
        {"refused_per_op", number(all.refused) / done},
        {"would_block_per_op", number(all.blocked) / done},
        {"waits_per_op", number(r.waits) / done},
        {"individual_over_system", r.individual_latency() / std::max(r.system_latency(), 1e-9)},
        {"victim_done", number(victim.done)},
        {"victim_steps_worst", number(victim.steps_worst)},
        {"starved", victim.done == 0 && r.done > 0 ? 1.0 : 0.0}};
    double locked_most = 0;
    std::uint64_t gap = 0;
    for (const sim::processor_report& p : r.each) gap = std::max(gap, p.gap_worst);
    values["gap_worst"] = number(gap);
    for (const sim::call_report& c : r.calls) {
        const double calls = number(std::max<std::uint64_t>(c.calls, 1));
        values[c.name + "_steps_worst"] = number(c.steps_worst);
        values[c.name + "_locked"] = number(c.locked) / calls;
        values[c.name + "_failed_cas"] = number(c.failed_compares) / calls;
        locked_most = std::max(locked_most, number(c.locked) / calls);
        if (c.name == "pop" && c.done > 0) {
            values["transfers_per_item"] = number(all.transfers) / number(c.done);
        }
    }
    values["locked_short_of_one"] = std::max(0.0, 1 - locked_most);  // of the call with the most
    return values;
}

/// Params and n as above. A round is one simulation; it is the same each time.
template <over_a_policy V>
class simulated final : public lab::batches {
    using under_steps = under<V, sync::stepped>;

 public:
    explicit simulated(const lab::request& what) : machine_(machine_of(what)) {
        const std::string usual = V::k_traits.serves == kind::mpmc ? "pairs" : "fan_in";
        const std::string name = what.param("mix", usual);
        const auto who = roles_of(name);
        if (!who) throw lab::usage_error{"--param mix: no such mix: " + name};
        how_.who = *who;
        how_.processors = machine_.processors;
        how_.capacity = simulated_param(what, "capacity", 1024, 1, 1U << 20);
        const std::string calls = what.param("calls", std::string("try"));
        if (calls != "try" && calls != "own") {
            throw lab::usage_error{"--param calls: try or own, not " + calls};
        }
        how_.waits = calls == "own";
        how_.inside = simulated_param(what, "inside", 0, 0, how_.capacity);
        if (const std::string why = why_not(V::k_traits, how_); !why.empty()) {
            throw lab::usage_error{"--param mix: " + why};
        }
    }

    std::uint64_t run() override {
        ledger book;
        report_ = sim::simulate(crew_of<under_steps>(how_, book), machine_);
        if (!report_.broken.empty()) throw std::runtime_error("simulated: " + report_.broken);
        if (!book.whole()) throw std::runtime_error("simulated: items were lost, or came twice");
        return report_.done;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        std::map<std::string, double> all = values_of(report_);
        all["bytes_per_item"] = static_cast<double>(V::k_bytes_per_item);
        all["hidden_items"] = static_cast<double>(hidden_items<V>());
        return all;
    }
    /// What was asked for: two variants that did it have had as many results.
    [[nodiscard]] std::uint64_t digest() const override {
        return splitmix64(report_.done * sim::k_processors_max + machine_.processors)();
    }

 private:
    sim::machine machine_;
    crew_options how_;
    sim::report report_;
};

/// The bare SCU(q, s), and how its latencies grow with the processors.
class scu_law final : public lab::batches {
 public:
    explicit scu_law(const lab::request& what)
        : most_(what.n),
          preamble_(static_cast<std::uint32_t>(simulated_param(what, "preamble", 0, 0, 1000))),
          scan_(static_cast<std::uint32_t>(simulated_param(what, "scan", 1, 1, 1000))),
          operations_(simulated_param(what, "operations", 20'000, 100, 1'000'000)),
          seed_(what.seed) {
        if (most_ < 16 || most_ > sim::k_processors_max) {
            throw lab::usage_error{
                fmt::format("--n: 16 to {} processors, for a law", sim::k_processors_max)};
        }
    }

    std::uint64_t run() override {
        std::vector<double> x;
        std::vector<double> y;
        individual_off_ = failed_ = 0;
        for (std::uint64_t p = 2; p <= most_; p *= 2) {
            const sim::report r = one(static_cast<std::uint32_t>(p));
            if (!r.broken.empty()) throw std::runtime_error("simulated: " + r.broken);
            const auto processors = static_cast<double>(p);
            x.push_back(processors);
            y.push_back(r.system_latency());
            const double ratio = r.individual_latency() / r.system_latency();
            individual_off_ = std::max(individual_off_, std::abs(ratio / processors - 1));
            failed_ = static_cast<double>(r.total().failed_compares) / static_cast<double>(r.done);
        }
        law_ = sim::fit_power(x, y);
        root_misfit_ = sim::line_at(x, y, 0.5).misfit;
        return operations_ * x.size();
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        return {{"simulated", 1},
                {"exponent", law_.exponent},
                {"exponent_off_half", std::abs(law_.exponent - 0.5)},
                {"exponent_off_scan", std::abs(law_.exponent - scan_ / (scan_ + 1.0))},
                {"base", law_.base},
                {"slope", law_.slope},
                {"root_misfit", root_misfit_},
                {"individual_off", individual_off_},
                {"failed_cas_most", failed_}};
    }
    [[nodiscard]] std::uint64_t digest() const override { return splitmix64(most_)(); }

 private:
    /// `operations_` results in all, however many processors there are.
    [[nodiscard]] sim::report one(std::uint32_t processors) const {
        sim::machine m;
        m.processors = processors;
        m.seed = seed_;
        m.operations = std::max<std::uint64_t>(operations_ / processors, 1);
        m.warmup = std::max<std::uint64_t>(m.operations / 10, 1);
        m.steps_max = 500'000'000;
        return sim::simulate(
            [this, processors] {
                auto object =
                    model::steps::placed<sim::scu<sync::stepped>>(processors, preamble_, scan_);
                return model::steps::subject{
                    .object = object,
                    .operate =
                        [object](std::uint32_t me, std::uint64_t) {
                            object->next(me);
                            return model::steps::outcome::done;
                        },
                    .name = [](std::uint32_t, std::uint64_t) { return "next"; },
                    .ranges = {}};
            },
            m);
    }

    std::uint64_t most_;
    std::uint32_t preamble_;
    std::uint32_t scan_;
    std::uint64_t operations_;
    std::uint64_t seed_;
    sim::power_law law_;
    double root_misfit_ = 0;
    double individual_off_ = 0;
    double failed_ = 0;
};

// What bench.cpp asks for, of whatever V.

[[nodiscard]] inline bool is_simulated(std::string_view workload) noexcept {
    return workload == "simulated" || workload == "processors" || workload == "scu";
}

[[nodiscard]] inline std::vector<std::string> simulated_params(std::string_view workload) {
    if (workload == "scu") return {"operations", "preamble", "scan"};
    std::vector<std::string> names{"between", "burst", "calls",    "capacity",
                                   "inside",  "mix",   "schedule", "victim"};
    names.emplace_back(workload == "processors" ? "operations" : "processors");
    return names;
}

/// `oracle`: scu is of no queue, and is offered once.
template <class V>
[[nodiscard]] std::vector<std::string> simulated_workloads(bool oracle) {
    if constexpr (over_a_policy<V>) {
        std::vector<std::string> names{"simulated", "processors"};
        if (oracle) names.emplace_back("scu");
        return names;
    } else {
        return {};
    }
}

template <class V>
[[nodiscard]] std::unique_ptr<lab::batches> make_simulated(const lab::request& what) {
    if (what.by != lab::meter::work) {
        throw lab::usage_error{"what is simulated is counted: use --meter work"};
    }
    if (what.workload == "scu") return std::make_unique<scu_law>(what);
    if constexpr (over_a_policy<V>) {
        return std::make_unique<simulated<V>>(what);
    } else {
        throw lab::usage_error{"only variants over a sync policy can be simulated"};
    }
}

}  // namespace cyclone::queue
