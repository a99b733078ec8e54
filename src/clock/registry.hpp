// The rows of variants/clock/registry.def (src/base/registry.hpp).
#pragma once

#include <memory>
#include <span>

#include "base/registry.hpp"
#include "clock/any.hpp"

namespace cyclone::clock {

using factory = std::unique_ptr<any> (*)(const settings&, const sample&);
using role = registry_role;
using mutant = registry_mutant<factory>;
using registration = registry_row<factory>;

/// All that was built. The first row is the oracle.
[[nodiscard]] std::span<const registration> registry();

}  // namespace cyclone::clock
