// What the build makes of a component's registry.def: one row a line, in the order of the file. A
// component names these types after itself in src/<component>/registry.hpp and says what its
// factory is; cmake/component.cmake generates the rows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace cyclone {

enum class registry_role : std::uint8_t { variant, peer, wrapper };

/// A seeded bug: the same variant with one thing broken. Some suite must fail on it.
template <class Factory>
struct registry_mutant {
    int number;
    std::string_view breaks;
    Factory make;
};

template <class Factory>
struct registry_row {
    std::string_view name;
    registry_role part;
    std::string_view kind;    ///< `seq`: one thread at a time; `shared`: as its contract says
    std::string_view note;    ///< what it is, in a line
    std::string_view source;  ///< bibliography key, or the package a peer comes from
    Factory make;             ///< with counted work where the variant counts
    std::span<const registry_mutant<Factory>> mutants;
};

}  // namespace cyclone
