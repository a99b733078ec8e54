// Evidence lines; see the header for when they are written.

#include "lab/evidence.hpp"

#include <cstdlib>
#include <utility>

#include "lab/json.hpp"
#include "sys/file.hpp"

namespace cyclone::lab {

std::string to_json(const evidence& e) {
    json out;
    out["component"] = e.component;
    out["variant"] = e.variant;
    out["suite"] = e.suite;
    out["tool"] = e.tool;
    out["preset"] = e.preset;
    out["compiler"] = e.compiler;
    out["passed"] = e.passed;
    out["cases"] = e.cases;
    out["seed"] = e.seed;
    out["detail"] = e.detail;
    if (e.mutants) {
        json by = json::object();
        for (const auto& [number, check] : e.mutants->by) by[number] = check;
        out["mutants"] = {
            {"killed", e.mutants->killed}, {"total", e.mutants->total}, {"by", std::move(by)}};
        if (!e.mutants->checkers.empty()) {
            out["mutants"]["checkers"] = e.mutants->checkers;
            out["mutants"]["killers"] = e.mutants->killers;
            out["mutants"]["breaks"] = e.mutants->breaks;
        }
    }
    for (const explored_scenario& s : e.scenarios) {
        out["scenarios"].push_back({{"name", s.name},
                                    {"said", s.said},
                                    {"bound", s.bound},
                                    {"complete", s.complete},
                                    {"blocked", s.blocked},
                                    {"events_most", s.events_most},
                                    {"interleavings", s.interleavings},
                                    {"seconds", s.seconds}});
    }
    if (!e.facts.empty()) out["facts"] = e.facts;
    return one_line(out);
}

result<void> append_evidence(const evidence& e) {
    const char* const file = std::getenv("CYCLONE_EVIDENCE");
    if (file == nullptr || *file == '\0') return {};
    auto written = sys::append_once(file, to_json(e) + '\n');
    if (!written) {
        return wrap(std::move(written).error(),
                    "evidence is lost; let CYCLONE_EVIDENCE name a file that can be written");
    }
    return {};
}

}  // namespace cyclone::lab
