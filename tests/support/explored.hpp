#pragma once
// The suite `explored` of concurrent components: a scenario is given to the explorer, its verdict
// is asserted, and what was gone through, to which bound, is evidence of the section now running.

#include <functional>
#include <string>

#include "model/check.hpp"

namespace cyclone::test {

/// What to do with a scenario; the bounds of what runs in every build.
[[nodiscard]] model::options every_build();

/// Explores `body` and notes the outcome under `name`. A counterexample is printed whole.
model::result explore(const std::string& name, const std::function<void()>& body,
                      model::options how = every_build());

/// The same, and fails the test unless every execution was gone through and was well.
void explore_all(const std::string& name, const std::function<void()>& body,
                 model::options how = every_build());

/// How many ways there are to interleave what the threads of a graph do with what they share: what
/// an enumeration of schedules would have to visit. As a double: it soon leaves 64 bits.
[[nodiscard]] double interleavings(const model::graph& g);

}  // namespace cyclone::test
