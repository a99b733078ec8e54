// Which program this is, for the evidence.
#include "support.hpp"

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"reclamation", {}};
    for (const reclamation::registration& row : reclamation::registry()) {
        mine.variants.emplace_back(row.name);
    }
    return mine;
}

}  // namespace cyclone::test
