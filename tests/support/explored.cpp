#include "support/explored.hpp"

#include <cmath>

#include "support/suite.hpp"

namespace cyclone::test {
namespace {

/// What an interleaving would order: accesses to atomics, an RMW once, and fences.
std::size_t visible(const std::vector<model::event>& thread) {
    std::size_t count = 0;
    for (const model::event& e : thread) {
        const bool second_half = e.what == model::kind::write && e.how == model::access::rmw;
        const bool shared = e.what == model::kind::read || e.what == model::kind::write ||
                            e.what == model::kind::fence;
        count += shared && !second_half ? 1 : 0;
    }
    return count;
}

const char* word(model::verdict said) {
    switch (said) {
        case model::verdict::passed: return "passed";
        case model::verdict::failed: return "failed";
        case model::verdict::partial: return "partial";
    }
    return "failed";
}

}  // namespace

double interleavings(const model::graph& g) {
    // The first thread makes the others and joins them: what it does between is not interleaved.
    double log_of = 0;
    std::size_t total = 0;
    for (std::size_t t = 1; t < g.threads.size(); ++t) {
        const std::size_t own = visible(g.threads[t]);
        total += own;
        log_of -= std::lgamma(static_cast<double>(own) + 1);
    }
    return std::round(std::exp(log_of + std::lgamma(static_cast<double>(total) + 1)));
}

model::options every_build() {
    model::options how;
    how.seconds_max = environment("CYCLONE_FULL") == "1" ? 600 : 20;
    return how;
}

model::result explore(const std::string& name, const std::function<void()>& body,
                      model::options how) {
    double most = 0;
    const auto asked = how.on_graph;
    how.on_graph = [&](const model::graph& g) {
        most = std::max(most, interleavings(g));
        if (asked) asked(g);
    };
    model::result found = model::check(how, body);
    lab::explored_scenario note;
    note.name = name;
    note.said = word(found.said);
    note.bound = found.bound;
    note.complete = found.complete;
    note.blocked = found.blocked;
    note.events_most = found.events_most;
    note.interleavings = most;
    note.seconds = found.seconds;
    note_scenario(std::move(note));
    count_cases(found.complete + found.blocked);
    return found;
}

void explore_all(const std::string& name, const std::function<void()>& body, model::options how) {
    const model::result found = explore(name, body, std::move(how));
    INFO(name);
    if (found.found) {
        FAIL_CHECK(found.found->message << "\n"
                                        << found.found->trace
                                        << "\nreplay: " << found.found->replay);
    }
    CHECK(found.bound == "");
    CHECK(found.said == model::verdict::passed);
    CHECK(found.complete > 0);
}

}  // namespace cyclone::test
