// Levels of 64 lists, with one bitmap a level that says which lists hold anything: what the wheels
// with bitmaps are made of. On request a summary as well: one word that says which levels hold
// anything, for those who must find the first level in one step. All operations O(1).
//
// Invariants  I1 bit s of level l is set exactly if list (l, s) holds a timer
//             I2 with a summary: bit l of it is set exactly if the bitmap of level l is not 0
// Mutant (LeaveBit): the bit stays when the last timer of a list is removed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/intrusive_list.hpp"

namespace cyclone::timer {

template <unsigned Levels, bool LeaveBit = false, bool Summary = false>
class bitmapped_slots {
    static_assert(Levels <= 64);

 public:
    static constexpr unsigned k_levels = Levels;
    static constexpr unsigned k_slots = 64;

    void push(unsigned level, unsigned slot, list_link& timer) noexcept {
        lists_[level * k_slots + slot].push_back(timer);
        bitmaps_[level] |= bit(slot);
        if constexpr (Summary) summary_ |= bit(level);
    }

    /// Takes a timer out of the list that holds it: one of these, or one that take() filled.
    void remove(list_link& timer) noexcept {
        const list_link* const emptied = list_unlink(timer);
        if (LeaveBit || emptied == nullptr) return;
        const auto* list = static_cast<const intrusive_list*>(emptied);
        if (list < lists_.data() || list >= lists_.data() + lists_.size()) return;
        const auto index = static_cast<unsigned>(list - lists_.data());
        clear_bit(index / k_slots, index % k_slots);
    }

    /// Moves everything in a list to the end of `into`.
    void take(unsigned level, unsigned slot, intrusive_list& into) noexcept {
        into.splice_back(lists_[level * k_slots + slot]);
        clear_bit(level, slot);
    }

    [[nodiscard]] std::uint64_t bitmap(unsigned level) const noexcept { return bitmaps_[level]; }
    /// Which levels hold anything.
    [[nodiscard]] std::uint64_t summary() const noexcept requires Summary { return summary_; }
    [[nodiscard]] bool occupied(unsigned level, unsigned slot) const noexcept {
        return (bitmaps_[level] & bit(slot)) != 0;
    }

    /// Removes every timer and calls visit(link) for each: what a destructor does. O(n).
    template <class Visit>
    void clear(Visit visit) noexcept {
        bitmaps_.fill(0);
        if constexpr (Summary) summary_ = 0;
        for (intrusive_list& list : lists_) {
            while (!list.empty()) {
                list_link& first = *list.next;
                list_unlink(first);
                visit(first);
            }
        }
    }

    /// Recomputes I1 and I2, and calls visit(level, slot, link) for every timer. False if one of
    /// them is broken.
    template <class Visit>
    [[nodiscard]] bool audit(Visit visit) const {
        for (unsigned i = 0; i < Levels * k_slots; ++i) {
            const intrusive_list& list = lists_[i];
            if (list.audit() < 0 || occupied(i / k_slots, i % k_slots) == list.empty())
                return false;
            for (list_link* l = list.next; l != &list; l = l->next) {
                visit(i / k_slots, i % k_slots, *l);
            }
        }
        for (unsigned level = 0; Summary && level < Levels; ++level) {
            if ((bitmaps_[level] != 0) != ((summary_ & bit(level)) != 0)) return false;
        }
        return true;
    }

 private:
    [[nodiscard]] static constexpr std::uint64_t bit(unsigned slot) noexcept {
        return std::uint64_t{1} << slot;
    }

    void clear_bit(unsigned level, unsigned slot) noexcept {
        bitmaps_[level] &= ~bit(slot);
        if constexpr (Summary) {
            if (bitmaps_[level] == 0) summary_ &= ~bit(level);
        }
    }

    std::array<intrusive_list, std::size_t{Levels} * k_slots> lists_;
    std::array<std::uint64_t, Levels> bitmaps_{};
    std::uint64_t summary_ = 0;  ///< kept up to date only with Summary
};

}  // namespace cyclone::timer
