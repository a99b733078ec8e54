// The rows of this program, and a fault as text.
#include "support.hpp"

namespace cyclone::sleep::test {

std::string text(const std::optional<violation>& found) {
    return found ? found->property + ": " + found->detail : std::string{};
}

}  // namespace cyclone::sleep::test

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"sleep", {}};
    for (const sleep::registration& row : sleep::registry()) {
        mine.variants.emplace_back(row.name);
    }
    return mine;
}

}  // namespace cyclone::test
