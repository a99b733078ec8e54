// The rows of variants/reclamation/registry.def (src/base/registry.hpp).
#pragma once

#include <memory>
#include <span>

#include "base/registry.hpp"
#include "reclamation/any.hpp"

namespace cyclone::reclamation {

using factory = std::unique_ptr<any> (*)(const limits&);
using role = registry_role;
using mutant = registry_mutant<factory>;
using registration = registry_row<factory>;

/// All that was built. The first row is the oracle.
[[nodiscard]] std::span<const registration> registry();

}  // namespace cyclone::reclamation
