// Peer: libcds' Michael-Scott queue with hazard pointers.
//
// Source      libcds 2.3.3, cds/container/msqueue.h over cds/gc/hp.h
// Declares    the class comment: Michael and Scott's lock-free queue; enqueue makes a node in
//             dynamic memory; dequeue is false where the queue is empty
// Cost        push: an allocation and two read-modify-writes when alone; pop: one, two hazard
//             pointers with a fence each, and a scan of all of them now and then
// Progress    lock-free as declared, but for the allocator. tests/queue/peers.cpp stops a push
//             while its item is made, before it touches the queue; other steps cannot be stopped
// Limits      every thread must be known to the library: it is made known with its first call and
//             forgotten at its end, which costs each call a look at a thread-local byte. At most
//             100 threads at a time, the library's default
#pragma once

#include <cds/container/msqueue.h>
#include <cds/gc/hp.h>
#include <cds/init.h>
#include <new>

#include "base/cache_line.hpp"
#include "base/work.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue {

/// The library, from the first thread that needs it to the end of the process.
inline void open_cds() {
    struct opened {
        opened() { cds::Initialize(); }
        ~opened() { cds::Terminate(); }
    };
    struct house {
        opened library;
        cds::gc::HP collector;
    };
    static house open;
}

/// Makes this thread known, until it ends.
inline void join_cds() {
    struct member {
        member() {
            open_cds();
            cds::threading::Manager::attachThread();
        }
        ~member() { cds::threading::Manager::detachThread(); }
    };
    thread_local member mine;
}

template <class Work = no_work, int Mutant = 0>
class cds_ms {
 public:
    using value_type = std::uint64_t;
    static constexpr traits k_traits{.fills = fullness::never,
                                     .holds = capacity_rule::unbounded,
                                     .push = progress::lock_free,
                                     .pop = progress::lock_free,
                                     .frees = reclamation::hazard_pointers};
    static constexpr std::size_t k_bytes_per_item = 2 * sizeof(value_type);  // and its link

    explicit cds_ms(std::size_t /*capacity*/, std::uint64_t /*origin*/ = 0) { join_cds(); }
    ~cds_ms() {
        join_cds();
        queue_.clear();
    }
    cds_ms(const cds_ms&) = delete;
    cds_ms& operator=(const cds_ms&) = delete;

    bool try_push(value_type&& item) {
        join_cds();
        if (!queue_.push(std::move(item))) throw std::bad_alloc();
        return true;
    }

    popped<value_type> try_pop() {
        join_cds();
        value_type item = 0;
        if (!queue_.pop(item)) return answer::empty;
        return popped<value_type>(std::move(item));
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }

 private:
    alignas(k_no_false_sharing) cds::container::MSQueue<cds::gc::HP, value_type> queue_;
};

}  // namespace cyclone::queue
