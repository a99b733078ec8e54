// Properties. On one thread a queue is a std::deque, so RapidCheck can draw and shrink a program of
// pushes and pops, the capacity, and where the positions begin.
#include <deque>
#include <rapidcheck.h>

#include "breaks.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

std::string shown(const std::vector<std::uint8_t>& program) {
    std::string steps;
    for (const std::uint8_t step : program) steps += step < 128 ? '+' : '-';
    return steps;
}

/// What fails; on a peer that is known to do this it is only noted.
void fail_unless_known(const registration& row, const violation& found, const std::string& with) {
    if (is_known_to_break(row, found.property)) return;
    RC_FAIL(text(found) + " with " + with);
}

/// Batches in and out of `sizes`, in turns, against a deque. Single calls are batches of one.
std::optional<violation> batches(any& queue, const std::vector<std::size_t>& sizes) {
    std::deque<std::uint64_t> inside;
    std::uint64_t next = 0;
    const bool is_lifo = queue.declared().keeps == order::lifo;
    for (std::size_t turn = 0; turn < sizes.size(); ++turn) {
        std::vector<std::uint64_t> items(sizes[turn], 0);
        if (turn % 2 == 0) {
            for (std::uint64_t& item : items) item = ++next;
            const std::size_t due = std::min(items.size(), queue.capacity() - inside.size());
            const std::size_t in = queue.push_many(items);
            queue.flush_pushes();
            if (in != due) {
                return violation{"S12 batch",
                                 std::to_string(in) + " went in and not " + std::to_string(due)};
            }
            inside.insert(inside.end(), items.begin(),
                          items.begin() + static_cast<std::ptrdiff_t>(in));
            continue;
        }
        const std::size_t out = queue.pop_many(items);
        queue.flush_pops();
        if (out != std::min(items.size(), inside.size())) {
            return violation{"S12 batch",
                             std::to_string(out) + " came out of " + std::to_string(inside.size())};
        }
        for (std::size_t i = 0; i < out; ++i) {
            const std::uint64_t due = is_lifo ? inside.back() : inside.front();
            if (items[i] != due) {
                return violation{"S2 order", "item " + std::to_string(i) + " of a batch is " +
                                                 std::to_string(items[i]) + " and not " +
                                                 std::to_string(due)};
            }
            is_lifo ? inside.pop_back() : inside.pop_front();
        }
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("any program of one thread", "[property]") {
    on_each("programs", [](const registration& row) {
        const std::string name = std::string(row.name) + " programs";
        const bool held = rc::check(name, [&](const std::vector<std::uint8_t>& program) {
            count_cases(1);
            const auto capacity = *rc::gen::inRange<std::size_t>(1, 10);
            const auto before = *rc::gen::inRange<std::uint64_t>(0, 20);
            // So many positions before 2^64, before 2^32, or from 0.
            const auto where = *rc::gen::inRange(0, 3);
            const std::uint64_t edge = where == 0   ? 0
                                       : where == 1 ? std::uint64_t{1} << 32
                                                    : before;
            const auto queue = made(row.make, {.capacity = capacity, .origin = edge - before});
            if (const auto found = lock_step(*queue, program)) {
                fail_unless_known(row, *found,
                                  shown(program) + " on capacity " + std::to_string(capacity) +
                                      " from " + std::to_string(edge - before));
            }
        });
        CHECK(held);
    });
}

TEST_CASE("programs that fill and drain a queue again and again", "[property]") {
    on_each("floods", [](const registration& row) {
        const std::string name = std::string(row.name) + " floods";
        const bool held = rc::check(name, [&] {
            count_cases(1);
            const auto capacity = *rc::gen::inRange<std::size_t>(1, 70);
            const auto runs = *rc::gen::container<std::vector<std::size_t>>(
                *rc::gen::inRange<std::size_t>(1, 12), rc::gen::inRange<std::size_t>(0, 80));
            std::vector<std::uint8_t> program;
            for (std::size_t i = 0; i < runs.size(); ++i) {
                program.insert(program.end(), runs[i], i % 2 == 0 ? 1 : 255);
            }
            const auto queue = made(row.make, {.capacity = capacity});
            if (const auto found = lock_step(*queue, program)) {
                fail_unless_known(row, *found, shown(program));
            }
        });
        CHECK(held);
    });
}

TEST_CASE("batches of any size", "[property]") {
    on_each("batches", [](const registration& row) {
        const std::string name = std::string(row.name) + " batches";
        const bool held = rc::check(name, [&] {
            count_cases(1);
            const auto capacity = *rc::gen::inRange<std::size_t>(1, 40);
            const auto before = *rc::gen::inRange<std::uint64_t>(0, 50);
            const auto sizes = *rc::gen::container<std::vector<std::size_t>>(
                *rc::gen::inRange<std::size_t>(1, 20), rc::gen::inRange<std::size_t>(0, 60));
            const auto queue =
                made(row.make, {.capacity = capacity, .origin = std::uint64_t{0} - before});
            if (const auto found = batches(*queue, sizes)) {
                fail_unless_known(row, *found, "capacity " + std::to_string(capacity));
            }
        });
        CHECK(held);
    });
}

}  // namespace cyclone::queue::test
