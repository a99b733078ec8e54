// Small programs around the work-stealing deque, for the explorer: an owner that pushes and takes,
// thieves that steal, and in the end every item was got by exactly one of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "variants/deque/chase_lev.hpp"

namespace cyclone::model::test {

struct deque_program {
    std::size_t capacity = 2;
    int before = 0;  ///< items pushed before there are thieves
    int during = 0;  ///< and while they are there
    int takes = 0;   ///< by the owner, after its pushes
    int after = 0;   ///< items pushed after that
    int thieves = 1;
    int steals = 1;  ///< of each thief
    std::uint64_t origin = 0;
};

inline constexpr int k_items_max = 4;

/// Who got which item, for one thread. Item 0 is none: a cell that nobody wrote.
class bag {
 public:
    using payloads = std::array<explored::var<int>, k_items_max + 1>;

    void add(const deque::taken<std::uint64_t>& got, const payloads& carried) {
        if (got.what != deque::got::item) return;
        require(got.value >= 1 && got.value <= k_items_max, "an item that nobody pushed");
        ++times_[got.value];
        require(carried[got.value].get() == static_cast<int>(got.value) + 100, "an old payload");
    }
    [[nodiscard]] int of(int item) const { return times_[static_cast<std::size_t>(item)]; }

 private:
    std::array<int, k_items_max + 1> times_{};
};

/// Deque is chase_lev over sync::explored.
template <class Deque>
void share(const deque_program& how) {
    Deque deque(how.capacity, how.origin);
    bag::payloads carried;
    int pushed = 0;
    const auto push = [&] {
        ++pushed;
        carried[static_cast<std::size_t>(pushed)].set(pushed + 100);
        deque.push(static_cast<std::uint64_t>(pushed));
    };
    for (int i = 0; i < how.before; ++i) push();
    std::array<bag, 2> stolen;
    std::array<std::optional<thread>, 2> thieves;
    for (std::size_t t = 0; t < static_cast<std::size_t>(how.thieves); ++t) {
        thieves[t].emplace([&, t] {
            for (int i = 0; i < how.steals; ++i) stolen[t].add(deque.steal(), carried);
        });
    }
    for (int i = 0; i < how.during; ++i) push();
    bag taken;
    for (int i = 0; i < how.takes; ++i) taken.add(deque.take(), carried);
    for (int i = 0; i < how.after; ++i) push();
    for (auto& thief : thieves) {
        if (thief) thief->join();
    }
    for (int i = 0; i <= k_items_max; ++i) taken.add(deque.take(), carried);
    for (int item = 1; item <= k_items_max; ++item) {
        const int times = taken.of(item) + stolen[0].of(item) + stolen[1].of(item);
        require(times <= 1, "an item was got twice");
        require(times == (item <= pushed ? 1 : 0), "an item was lost");
    }
}

}  // namespace cyclone::model::test
