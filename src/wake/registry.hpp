// The rows of variants/wake/registry.def (src/base/registry.hpp).
#pragma once

#include <memory>
#include <span>

#include "base/registry.hpp"
#include "wake/any.hpp"

namespace cyclone::wake {

using factory = result<std::unique_ptr<any>> (*)();
using role = registry_role;
using mutant = registry_mutant<factory>;
using registration = registry_row<factory>;

/// All that was built. The first row is the oracle.
[[nodiscard]] std::span<const registration> registry();

}  // namespace cyclone::wake
