// The program that `cyclone prove` makes of a file of scenarios: it goes through them and says what
// it found. Exit codes: 0 all passed, 1 a counterexample, 2 a bound was hit before the end.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "model/prove.hpp"
#include "model/trace.hpp"
#include "model/weaken.hpp"

namespace cyclone::model {
namespace {

std::vector<scenario>& lines() {
    static std::vector<scenario> all;
    return all;
}

struct asked {
    options how;
    std::vector<std::string> only;
    std::string dot;
    bool list = false;
    bool weaken = false;
    bool cxx11 = false;
    std::uint64_t random = 0;
};

void add_options(CLI::App& app, asked& what) {
    app.add_flag("--list", what.list, "name the scenarios and end");
    app.add_option("--only", what.only, "go through these scenarios only");
    app.add_flag("--weaken", what.weaken,
                 "try every weaker memory order at every site: which of them are needed?");
    app.add_option("--random", what.random,
                   "this many executions at random, where all of them are too many");
    app.add_option("--seed", what.how.seed, "of --random")->capture_default_str();
    app.add_option("--events", what.how.events_max, "events that one execution may have")
        ->capture_default_str();
    app.add_option("--graphs", what.how.graphs_max, "executions to go through at most")
        ->capture_default_str();
    app.add_option("--seconds", what.how.seconds_max, "seconds to spend on a scenario at most")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--spurious", what.how.spurious_max,
                   "how often a weak compare-exchange may fail for no reason, by thread and place")
        ->capture_default_str();
    app.add_flag("--cxx11", what.cxx11, "release sequences as in C++11 (C++20 by default)");
    app.add_flag("!--no-leaks", what.how.leaks, "do not look for memory that is not given back");
    app.add_option("--replay", what.how.replay, "only the execution that a counterexample names");
    app.add_option("--dot", what.dot, "write the counterexample to this file, for Graphviz");
}

bool is_asked(const asked& what, const scenario& one) {
    return what.only.empty() ||
           std::find(what.only.begin(), what.only.end(), one.name) != what.only.end();
}

/// A name that is no scenario's, if there is one.
std::optional<std::string> unknown(const asked& what) {
    for (const std::string& name : what.only) {
        const auto known = [&](const scenario& s) { return name == s.name; };
        if (std::none_of(lines().begin(), lines().end(), known)) return name;
    }
    return std::nullopt;
}

std::string how_much(const result& found) {
    std::string text =
        fmt::format("{} execution{}", found.complete, found.complete == 1 ? "" : "s");
    if (found.blocked > 0) text += fmt::format(" and {} in which somebody waits", found.blocked);
    return text + fmt::format(", {} events at most, {:.3f} s", found.events_most, found.seconds);
}

/// False if the picture could not be written.
bool draw(const asked& what, const counterexample& found) {
    if (what.dot.empty()) return true;
    std::ofstream file(what.dot);
    file << found.dot;
    file.close();
    if (file) {
        fmt::print("picture: {} (dot -Tsvg {} > found.svg)\n", what.dot, what.dot);
        return true;
    }
    fmt::print(stderr,
               "prove: error: cannot write {}\n  remedy: name a file in a folder that is "
               "there and may be written\n",
               what.dot);
    return false;
}

int tell(const asked& what, const scenario& one, const result& found) {
    if (found.said == verdict::passed && found.complete == 0) {
        fmt::print(
            "{}: PARTIAL, no execution came to its end, so nothing was shown: an assumption "
            "never holds; {}\n",
            one.name, how_much(found));
        return 2;
    }
    if (found.said == verdict::passed) {
        const char* const all = what.random > 0 ? "none found in" : "all of";
        fmt::print("{}: PASSED, {} {}\n", one.name, all, how_much(found));
        return 0;
    }
    if (found.said == verdict::partial || !found.found) {
        fmt::print("{}: PARTIAL, nothing found in {}; {}\n", one.name, how_much(found),
                   found.bound);
        return 2;
    }
    fmt::print("{}: FAILED after {}\n\n{}\n\n{}\nrepro: --only {} --replay '{}'\n", one.name,
               how_much(found), found.found->message, found.found->trace, one.name,
               found.found->replay);
    return draw(what, *found.found) ? 1 : 74;
}

/// Every weaker order at every site, against all scenarios that were asked for.
int weaken_all(const asked& what) {
    std::vector<named_body> bodies;
    for (const scenario& s : lines()) {
        if (is_asked(what, s)) bodies.push_back({s.name, s.body});
    }
    const weaken_report found = weaken(what.how, bodies);
    if (!found.unsound.empty()) {
        fmt::print(stderr,
                   "prove: error: {} fails, or is not gone through whole, as it is\n  remedy: "
                   "mend it, or raise its bound, before its orders are weakened\n",
                   found.unsound);
        return 1;
    }
    fmt::print("{}{} weaker orders: {} caught, {} survived, {} undecided\n", found.table(),
               found.rows.size(), found.count(fate_of::caught), found.count(fate_of::survived),
               found.count(fate_of::undecided));
    return found.count(fate_of::undecided) > 0 ? 2 : 0;
}

int run(asked what) {
    if (lines().empty()) {
        fmt::print(stderr,
                   "prove: error: no scenario\n  remedy: write CYCLONE_PROVE(name) {{ ... "
                   "}} in the file, see src/model/prove.hpp\n");
        return 66;
    }
    if (what.list) {
        for (const scenario& s : lines()) fmt::print("{}\n", s.name);
        return 0;
    }
    if (const auto name = unknown(what)) {
        fmt::print(stderr, "prove: error: no scenario '{}'\n  remedy: --list names them\n", *name);
        return 64;
    }
    if (const auto steps = parse_script(what.how.replay); !steps) {
        fmt::print(stderr,
                   "prove: error: --replay: {}\n  remedy: give the text of a repro line, whole\n",
                   steps.error());
        return 64;
    }
    if (what.cxx11) what.how.sequences = release_sequences::cxx11;
    if (what.random > 0) {
        what.how.how = mode::random;
        what.how.runs = what.random;
    }
    if (what.weaken) return weaken_all(what);
    int worst = 0;
    for (const scenario& s : lines()) {
        if (!is_asked(what, s)) continue;
        const int code = tell(what, s, check(what.how, s.body));
        if (worst == 0 || code == 1) worst = code;
        std::fflush(stdout);
    }
    return worst;
}

}  // namespace

std::span<const scenario> scenarios() { return lines(); }

scenario_line::scenario_line(const char* name, void (*body)(), std::source_location at) {
    lines().push_back({name, body, at});
}

}  // namespace cyclone::model

int main(int argc, char** argv) {
    CLI::App app{"Goes through every execution that the C++ memory model allows the scenarios."};
    cyclone::model::asked what;
    cyclone::model::add_options(app, what);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    }
    try {
        return cyclone::model::run(std::move(what));
    } catch (const std::exception& error) {
        fmt::print(stderr, "prove: error: {}\n", error.what());
        return 70;
    }
}
