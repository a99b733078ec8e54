// Small programs under the explorer, for the tests.
#include "litmus_support.hpp"

#include <array>

namespace cyclone::test {
suite_identity identity() { return {"model", {"explorer"}}; }
}  // namespace cyclone::test

namespace cyclone::model::test {

using litmus::program;

observed explore(const program& p, options how) {
    observed seen;
    how.on_graph = [&](const graph& g) {
        ++seen.graphs;
        seen.shapes.insert(litmus::shape_of(g));
        if (const auto end = litmus::replay(p, g, seen.wrong))
            seen.outcomes.insert(litmus::text_of(p, *end));
    };
    seen.said = check(how, litmus::body_of(p));
    return seen;
}

const char* name_of(oracle by) noexcept {
    constexpr std::array<const char*, 4> k_names{"all rf and mo", "interleavings", "views",
                                                 "naive check"};
    return k_names[static_cast<std::size_t>(by)];
}

}  // namespace cyclone::model::test
