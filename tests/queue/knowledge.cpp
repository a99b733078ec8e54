// Scenarios for those who name none, by kind.
#include "knowledge.hpp"

#include <algorithm>

namespace cyclone::queue::test {
namespace {

std::vector<plan> of_two_ends(bool flushes) {
    if (flushes) {
        return {{.name = "2 pushes, 2 pops", .threads = {"++f", "--g"}},
                {.name = "3 pushes, 3 pops: a slot is used again", .threads = {"+++f", "---"}},
                {.name = "a flush between", .capacity = 4, .threads = {"+f+f", "-g-"}},
                {.name = "a queue of one", .capacity = 1, .threads = {"+f+f", "-g-g"}},
                {.name = "both ends at once", .before = "+f", .threads = {"++f", "--g"}}};
    }
    return {{.name = "2 pushes, 2 pops", .threads = {"++", "--"}},
            {.name = "3 pushes, 3 pops: a slot is used again", .threads = {"+++", "---"}},
            {.name = "a queue of one", .capacity = 1, .threads = {"++", "--"}},
            {.name = "both ends at once", .before = "+", .threads = {"++", "--"}},
            {.name = "a queue of three, at 2^64",
             .capacity = 3,
             .before = "++",
             .threads = {"+++", "---"},
             .origin = std::uint64_t{0} - 3},
            {.name = "destroyed with items inside", .threads = {"++", "-"}, .drained = false}};
}

std::vector<plan> of_one_consumer() {
    return {{.name = "2 producers of 1", .threads = {"+", "+", "--"}},
            {.name = "2 producers, 3 items", .threads = {"++", "+", "--"}},
            {.name = "3 producers of 1", .threads = {"+", "+", "+", "-"}},
            {.name = "the consumer pushes too", .threads = {"+", "+-"}},
            {.name = "the last item while more come", .before = "+", .threads = {"+", "+", "--"}},
            {.name = "a place is used again", .before = "++", .threads = {"+", "--"}},
            {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}};
}

std::vector<plan> of_many() {
    return {{.name = "2 producers of 1", .threads = {"+", "+"}},
            {.name = "1 and 1 of 2", .threads = {"++", "--"}},
            {.name = "two want the only item", .before = "+", .threads = {"-", "-"}},
            {.name = "a place changes hands", .capacity = 1, .before = "+", .threads = {"+", "-"}},
            {.name = "each does both", .threads = {"+-", "+-"}},
            {.name = "its own push behind another's", .threads = {"+", "+-"}},
            {.name = "destroyed with items inside", .threads = {"+", "+-"}, .drained = false}};
}

}  // namespace

std::vector<plan> plans_of(const knowledge& known, const traits& declared, bool all) {
    std::vector<plan> plans = known.plans;
    if (plans.empty()) {
        plans = declared.serves == kind::spsc   ? of_two_ends(declared.shows != visibility::at_once)
                : declared.serves == kind::mpsc ? of_one_consumer()
                                                : of_many();
    }
    if (all) plans.insert(plans.end(), known.long_plans.begin(), known.long_plans.end());
    return plans;
}

const breach* breach_of(const knowledge& known, std::string_view property) {
    const std::string_view rule = property.substr(0, property.find(' '));
    const auto is_it = [&](const breach& one) {
        return std::string_view(one.property).substr(0, one.property.find(' ')) == rule;
    };
    const auto found = std::find_if(known.breaks.begin(), known.breaks.end(), is_it);
    return found == known.breaks.end() ? nullptr : &*found;
}

}  // namespace cyclone::queue::test
