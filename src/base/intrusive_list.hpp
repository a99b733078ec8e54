// A doubly linked, circular, intrusive list: the element carries its links, the list owns nothing.
//
// Every operation is O(1) and allocates nothing. An element leaves without knowing its list, which
// is what lets a timer be stopped while the list that held it is being drained.
//
// Invariants: (I1) for each link l in a list, l.next->prev == &l and l.prev->next == &l;
//             (I2) an element outside every list has both links null.
// Thread-safety: none; the owner serialises.
#pragma once

#include <cstddef>

#include "base/assert.hpp"

namespace cyclone {

/// may_alias: at -O2, g++ 12 holds the first element of a list in a register while elements are
/// linked and unlinked through pointers to this base of the sentinel, and so loses them (a list in
/// a loop of starts and stops, tests/base/intrusive_list_test.cpp). Nothing here breaks the
/// aliasing rules; clang and g++ -fno-strict-aliasing agree on the result.
struct [[gnu::may_alias]] list_link {
    list_link* next = nullptr;
    list_link* prev = nullptr;

    [[nodiscard]] bool linked() const noexcept { return next != nullptr; }
};

/// Takes `link` out of the list that holds it and returns its former neighbours' shared address if
/// that list is now empty (its sentinel), else nullptr.
inline list_link* list_unlink(list_link& link) noexcept {
    CYCLONE_ASSERT(link.linked());
    list_link* const after = link.next;
    list_link* const before = link.prev;
    before->next = after;
    after->prev = before;
    link.next = link.prev = nullptr;
    return before == after ? before : nullptr;
}

/// Puts `link` before `position`, which is an element or a sentinel.
inline void list_insert_before(list_link& position, list_link& link) noexcept {
    CYCLONE_ASSERT(!link.linked());
    link.next = &position;
    link.prev = position.prev;
    position.prev->next = &link;
    position.prev = &link;
}

/// The sentinel of a list. Neither copyable nor movable: its neighbours point at it.
class intrusive_list : public list_link {
 public:
    intrusive_list() noexcept { next = prev = this; }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return next == this; }
    void push_back(list_link& link) noexcept { list_insert_before(*this, link); }

    /// Moves all of `other` to the end of this list, in order.
    void splice_back(intrusive_list& other) noexcept {
        if (other.empty()) return;
        other.next->prev = prev;
        prev->next = other.next;
        other.prev->next = this;
        prev = other.prev;
        other.next = other.prev = &other;
    }

    /// Recomputes I1 over the whole list. O(length). Returns the length, or -1 if a link is broken.
    [[nodiscard]] std::ptrdiff_t audit() const noexcept {
        std::ptrdiff_t length = 0;
        for (const list_link* l = this;; l = l->next) {
            if (l->next == nullptr || l->next->prev != l) return -1;
            if (l->next == this) return length;
            ++length;
        }
    }
};

}  // namespace cyclone
