// Peer: Boost.Lockfree's stack: the latest first.
//
// Source      Boost 1.74, boost/lockfree/stack.hpp: Treiber's stack over tagged pointers; nodes
//             come from a list of free ones, which is the same kind of stack, and go back to it
// Declares    the class comment: pushing and popping is lock-free; freed nodes are not given back
//             before the stack is destroyed. push: where no node is free one is allocated, and that
//             may not be lock-free. pop: false if the stack was empty
// Cost        two read-modify-writes a call when alone
// Progress    lock-free as declared, but for the allocator; read off the source, as no thread of a
//             peer can be stopped inside a call
// Limits      tags of 16 bits, as those of boost_queue
#pragma once

#include <algorithm>
#include <boost/lockfree/stack.hpp>
#include <new>

#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class boost_stack {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.keeps = order::lifo,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::reuse};
    static constexpr std::size_t k_bytes_per_item = sizeof(void*) + sizeof(value_type);

    /// `capacity` nodes are there from the beginning, as far as that is reasonable.
    explicit boost_stack(std::size_t capacity, std::uint64_t /*origin*/ = 0)
        : stack_(std::min(capacity, k_made_first)) {}

    bool try_push(value_type&& item) {
        if (!stack_.push(item)) throw std::bad_alloc();
        return true;
    }

    popped<value_type> try_pop() {
        value_type item = 0;
        if (!stack_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    static constexpr std::size_t k_made_first = std::size_t{1} << 16;

    alignas(64) boost::lockfree::stack<value_type> stack_;
};

}  // namespace cyclone::queue
