// Peer: liburcu's wait-free concurrent queue: many producers, one consumer.
//
// Source      liburcu 0.13.2, urcu/wfcqueue.h and urcu/static/wfcqueue.h: a linked list whose end
//             is swapped, as vyukov_mpsc, with the head itself for the stub
// Declares    the comments of its members: cds_wfcq_enqueue is wait-free, with a full barrier
//             before it; __cds_wfcq_dequeue_nonblocking gives NULL where the queue is empty and
//             CDS_WFCQ_WOULDBLOCK where an enqueue is half done; consumers exclude one another; a
//             node may be freed as soon as it is out
// Cost        push: an allocation, one read-modify-write, one store. pop: loads and a free, one
//             read-modify-write more where it takes the last node. The nodes are the caller's: here
//             each is made by its push with new and deleted by its pop, as vyukov_mpsc does
// Progress    as declared. tests/queue/peers.cpp does the first half of an enqueue by hand and sees
//             the third answer; other steps cannot be stopped
// Limits      its atomics are inline assembly and volatile reads: no sanitizer of threads sees them
#pragma once

#ifndef _LGPL_SOURCE
#define _LGPL_SOURCE  // the library's word for: inline the calls
#endif
#include <urcu/wfcqueue.h>

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

template <class Work = no_work, int Mutant = 0>
class urcu_wfc {
    struct node {
        cds_wfcq_node link;  // first: a pointer to it is one to the node
        std::uint64_t item;
    };

 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.serves = kind::mpsc,
                                     .empties = emptiness::three_valued,
                                     .fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::wait_free,
                                     .pop = progress::wait_free,
                                     .frees = reclamation::consumer};
    static constexpr std::size_t k_bytes_per_item = sizeof(node);

    explicit urcu_wfc(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) {
        __cds_wfcq_init(&head_, &tail_);
    }
    ~urcu_wfc() {
        while (try_pop()) {
        }
    }
    urcu_wfc(const urcu_wfc&) = delete;
    urcu_wfc& operator=(const urcu_wfc&) = delete;

    bool try_push(value_type&& item) {
        node* const added = new node{{nullptr}, item};
        cds_wfcq_enqueue(__cds_wfcq_head_cast(&head_), &tail_, &added->link);
        return true;
    }

    popped<value_type> try_pop() {
        cds_wfcq_node* const got =
            __cds_wfcq_dequeue_nonblocking(__cds_wfcq_head_cast(&head_), &tail_);
        if (got == nullptr) return answer::empty;
        if (got == CDS_WFCQ_WOULDBLOCK) return answer::would_block;
        node* const done = reinterpret_cast<node*>(got);
        popped<value_type> out(std::move(done->item));
        delete done;
        return out;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    // Its own advice: the ends on lines of their own.
    alignas(k_no_false_sharing) cds_wfcq_tail tail_;
    alignas(k_no_false_sharing) __cds_wfcq_head head_;
};

}  // namespace cyclone::queue
