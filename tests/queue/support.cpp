// Which rows are tested, and the identity of the suites.
#include "support.hpp"

#include <charconv>
#include <cstdlib>

namespace cyclone::queue::test {

int chosen_mutant() {
    const std::string wanted = cyclone::test::environment("CYCLONE_MUTANT");
    int number = 0;
    const auto read = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (!wanted.empty() && (read.ec != std::errc{} || number < 0)) {
        FAIL("CYCLONE_MUTANT=" << wanted << " is no number");
    }
    return number;
}

bool is_hunting() { return cyclone::test::environment("CYCLONE_HUNT") == "1"; }

std::size_t effort(std::size_t hunting, std::size_t small, std::size_t large) {
    return is_hunting() ? hunting : cyclone::test::effort(small, large);
}

std::vector<const registration*> chosen_rows() {
    std::vector<const registration*> rows = cyclone::test::chosen_of(registry());
    const int wanted = chosen_mutant();
    if (wanted == 0) return rows;
    if (rows.size() != 1) FAIL("CYCLONE_MUTANT needs CYCLONE_VARIANT to name one variant");
    static registration broken = *rows.front();  // of the one row, for all of the process
    for (const mutant& m : rows.front()->mutants) {
        if (m.number != wanted) continue;
        broken.make = m.make;
        broken.mutants = {};
        return {&broken};
    }
    FAIL("CYCLONE_MUTANT=" << wanted << " is no seeded bug of " << broken.name);
    return {};
}

std::string text(const std::optional<violation>& found) {
    return found ? found->property + ": " + found->detail : std::string{};
}

}  // namespace cyclone::queue::test

namespace cyclone::test {

suite_identity identity() {
    suite_identity mine{"queue", {}};
    for (const queue::registration& row : queue::registry()) mine.variants.emplace_back(row.name);
    return mine;
}

}  // namespace cyclone::test
