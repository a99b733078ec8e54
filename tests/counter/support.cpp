#include "support.hpp"

namespace cyclone::counter::test {

std::string text(const std::optional<violation>& found) {
    return found ? found->property + ": " + found->detail : std::string{};
}

}  // namespace cyclone::counter::test

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"counter", {}};
    for (const counter::registration& row : counter::registry()) {
        mine.variants.emplace_back(row.name);
    }
    return mine;
}

}  // namespace cyclone::test
