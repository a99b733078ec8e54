#pragma once
// How the lab writes JSON: one line, keys in the order they were set. For the .cpp files of this
// folder only; nothing else should pay for compiling the library.

#include <nlohmann/json.hpp>
#include <string>

namespace cyclone::lab {

using json = nlohmann::ordered_json;

// The library prints the shortest decimal that reads back as the same double, and null for what
// is not finite. Bytes that are not UTF-8 become U+FFFD: a bad name must not cost the line.
inline std::string one_line(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace cyclone::lab
