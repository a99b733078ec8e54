// What is known of a row, and said once more in the evidence.
#include "breaks.hpp"

#include "native.hpp"
#include "support.hpp"

namespace cyclone::queue::test {

bool is_known_to_break(const registration& row, std::string_view rule) {
    const native_subject* const which = named(native_subjects(), row.name);
    const breach* const known = which == nullptr ? nullptr : breach_of(which->known, rule);
    if (known != nullptr) cyclone::test::note_fact("breaks " + known->property, known->why);
    return known != nullptr;
}

}  // namespace cyclone::queue::test
