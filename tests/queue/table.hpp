// Looking things up in the tables of variants that the build generates: native.hpp, modelled.hpp.
#pragma once

#include <span>
#include <string_view>

namespace cyclone::queue::test {

/// The subject of this name, or null.
template <class Subject>
[[nodiscard]] const Subject* named(std::span<const Subject* const> all, std::string_view name) {
    for (const Subject* one : all) {
        if (one->name == name) return one;
    }
    return nullptr;
}

/// The row of a seeded bug, 0 for what ships, or null.
template <class Row>
[[nodiscard]] const Row* numbered(std::span<const Row> all, int number) {
    for (const Row& one : all) {
        if (one.number == number) return &one;
    }
    return nullptr;
}

}  // namespace cyclone::queue::test
