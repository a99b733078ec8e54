// The rows of variants/counter/registry.def (src/base/registry.hpp).
#pragma once

#include <memory>
#include <span>

#include "base/registry.hpp"
#include "counter/any.hpp"

namespace cyclone::counter {

using factory = std::unique_ptr<any> (*)();
using role = registry_role;
using mutant = registry_mutant<factory>;
using registration = registry_row<factory>;

/// All that was built. The first row is the oracle.
[[nodiscard]] std::span<const registration> registry();

}  // namespace cyclone::counter
