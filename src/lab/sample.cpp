// The JSON library is compiled here and in evidence.cpp only: it is slow to compile.

#include "lab/sample.hpp"

#include <cstddef>
#include <utility>

#include "lab/json.hpp"

namespace cyclone::lab {

namespace {

std::string hex_16(std::uint64_t value) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

json work_json(const std::optional<work_totals>& work) {
    if (!work) return nullptr;
    return {{"nodes", work->nodes},
            {"comparisons", work->comparisons},
            {"relinks", work->relinks},
            {"slots", work->slots}};
}

// An empty std::map would otherwise become null and not {}.
template <class Map>
json object_json(const Map& map) {
    json object = json::object();
    for (const auto& [key, value] : map) object[key] = value;
    return object;
}

json figure_json(const sys::figure& f) { return f ? json(*f) : json("unavailable"); }

json counters_json(const counter_record& counters) {
    json out = {{"rung", counters.read.rung}, {"why", counters.read.why}};
    for (const auto& [what, got] : counters.read.figures) {
        out[std::string(sys::name_of(what))] = figure_json(got);
    }
    out["covers"] = counters.covers;
    return out;
}

json histogram_json(const histogram_record& h) {
    json buckets = json::array();
    for (const auto& [upper_ns, count] : h.buckets) buckets.push_back({upper_ns, count});
    return {{"buckets", std::move(buckets)}, {"max", h.max_ns}, {"mean", h.mean_ns}};
}

json latency_json(const std::optional<latency_record>& latency) {
    if (!latency) return nullptr;
    return {{"unit", "ns"},
            {"count", latency->count},
            {"intended", histogram_json(latency->intended)},
            {"raw", histogram_json(latency->raw)},
            {"lateness", histogram_json(latency->lateness)},
            {"missed", latency->missed},
            {"rate_per_s", latency->rate_per_s}};
}

json threads_json(const std::vector<thread_record>& threads) {
    if (threads.empty()) return nullptr;
    json out = json::array();
    for (const thread_record& t : threads) {
        out.push_back({{"cpu", t.cpu}, {"ops", t.ops}, {"failed", t.failed}, {"ns", t.wall_ns}});
    }
    return out;
}

json system_json(const std::optional<system_record>& system) {
    if (!system) return nullptr;
    json out;
    json why = json::object();
    const auto put = [&](const char* name, const sys::figure& f) {
        out[name] = figure_json(f);
        if (!f) why[name] = f.error();
    };
    put("allocations", system->allocations);
    put("allocated_bytes", system->allocated_bytes);
    put("syscalls", system->syscalls);
    out["why"] = std::move(why);
    return out;
}

json sw_json(const sample& s) {
    return {{"ctx_voluntary", s.sw.ctx_voluntary},
            {"ctx_involuntary", s.sw.ctx_involuntary},
            {"migrations", s.migrations ? json(*s.migrations) : json(nullptr)},
            {"faults_minor", s.sw.faults_minor},
            {"faults_major", s.sw.faults_major},
            {"cpu_ns", s.sw.cpu_ns}};
}

}  // namespace

std::string to_json(const sample& s) {
    json out;
    out["schema"] = 1;
    out["component"] = s.component;
    out["variant"] = s.variant;
    out["workload"] = s.workload;
    out["n"] = s.n;
    out["params"] = object_json(s.params);
    out["seed"] = s.seed;
    out["meter"] = s.meter;
    out["ops"] = s.ops;
    out["ns_per_op"] = s.ns_per_op ? json(*s.ns_per_op) : json(nullptr);
    out["iter_ns"] = s.iter_ns ? json(*s.iter_ns) : json(nullptr);
    out["work"] = work_json(s.work);
    out["values"] = object_json(s.values);
    out["result_hash"] = hex_16(s.result_hash);
    out["sw"] = sw_json(s);
    out["main_ns"] = s.main_ns;
    out["warmup_ns"] = s.warmup_ns;
    out["planted"] = s.planted ? json(*s.planted) : json(nullptr);
    out["counters"] = counters_json(s.counters);
    out["latency"] = latency_json(s.latency);
    out["threads"] = threads_json(s.threads);
    out["system"] = system_json(s.system);
    return one_line(out);
}

}  // namespace cyclone::lab
