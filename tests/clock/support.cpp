// The rows of this program, and a fault as text.
#include "support.hpp"

namespace cyclone::clock::test {

std::string text(const std::optional<violation>& found) {
    return found ? found->property + ": " + found->detail : std::string{};
}

}  // namespace cyclone::clock::test

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"clock", {}};
    for (const clock::registration& row : clock::registry()) {
        mine.variants.emplace_back(row.name);
    }
    return mine;
}

}  // namespace cyclone::test
