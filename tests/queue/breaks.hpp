// Peers that are known to do otherwise than they declare (knowledge::breaks). What they are known
// to break is evidence and no failure; that it can be seen is shown by stress.cpp and peers.cpp.
#pragma once

#include <string_view>

#include "queue/registry.hpp"

namespace cyclone::queue::test {

/// Whether the row is known to break this rule ("S3", or "S3 empty"); notes it as a fact if so.
[[nodiscard]] bool is_known_to_break(const registration& row, std::string_view rule);

}  // namespace cyclone::queue::test
