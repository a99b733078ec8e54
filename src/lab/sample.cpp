// The JSON library is compiled here and in evidence.cpp only: it is slow to compile.

#include "lab/sample.hpp"

#include <cstddef>

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
    out["sw"] = {{"ctx_voluntary", s.sw.ctx_voluntary},
                 {"ctx_involuntary", s.sw.ctx_involuntary},
                 {"faults_minor", s.sw.faults_minor},
                 {"cpu_ns", s.sw.cpu_ns}};
    return one_line(out);
}

}  // namespace cyclone::lab
