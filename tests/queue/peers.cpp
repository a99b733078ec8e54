// What the peers do where they differ: each witness says who declares it, and is shown by threads
// that shake hands, or by one thread that does half of a call by hand. What only a race shows is in
// peers_races.cpp. A peer that is not built here is not spoken of.
//
// The library's own calls are made where an item must be able to stop inside one, or where half a
// call is needed; else the registry's rows.
#include "peers.hpp"

#include <functional>
#include <thread>

#include "base/cache_line.hpp"
#include "base/sync.hpp"
#include "support.hpp"

#ifdef CYCLONE_PEER_BOOST_QUEUE
#include <boost/lockfree/queue.hpp>
#endif
#ifdef CYCLONE_PEER_TBB_QUEUE
#include <oneapi/tbb/concurrent_queue.h>
#endif
#ifdef CYCLONE_PEER_MOODYCAMEL
#include <concurrentqueue/concurrentqueue.h>
#endif
#ifdef CYCLONE_PEER_XENIUM_VYUKOV
#include <xenium/vyukov_bounded_queue.hpp>
#endif
#ifdef CYCLONE_PEER_CDS_VYUKOV
#include <cds/container/vyukov_mpmc_cycle_queue.h>
#endif
#ifdef CYCLONE_PEER_CDS_MS
#include "variants/queue/cds_ms.hpp"
#endif
#ifdef CYCLONE_PEER_CK_RING_MPMC
#include "variants/queue/ck_ring_core.hpp"
#endif
#ifdef CYCLONE_PEER_URCU_WFC
#include "variants/queue/urcu_wfc.hpp"
#endif

#include "model/linearize.hpp"
#include "model/recorder.hpp"
#include "promise.hpp"

namespace cyclone::queue::test {
namespace {

/// Where a thread stops, until it is let go on.
class gate {
 public:
    void pass() {
        reached_.store(true, std::memory_order_release);
        while (!open_.load(std::memory_order_acquire)) std::this_thread::yield();
    }
    [[nodiscard]] bool reached() const { return reached_.load(std::memory_order_acquire); }
    void open() { open_.store(true, std::memory_order_release); }

 private:
    sync::native::atomic<bool> reached_{false};
    sync::native::atomic<bool> open_{false};
};

/// A number whose first way into a queue can be stopped: copied or moved from one that has a gate,
/// it waits there. What comes out of a copy has none.
class halting {
 public:
    halting() = default;
    explicit halting(int value, gate* stop = nullptr) noexcept : value_(value), stop_(stop) {}
    halting(const halting& other) noexcept : value_(other.passed()) {}
    halting(halting&& other) noexcept : value_(other.passed()) {}
    halting& operator=(const halting& other) noexcept {
        value_ = other.passed();
        return *this;
    }
    halting& operator=(halting&& other) noexcept {
        value_ = other.passed();
        return *this;
    }
    ~halting() = default;

    [[nodiscard]] int value() const noexcept { return value_; }

 private:
    [[nodiscard]] int passed() const noexcept {
        if (stop_ != nullptr) stop_->pass();
        return value_;
    }

    int value_ = 0;
    gate* stop_ = nullptr;
};

/// One call in a thread of its own. Its end is waited for: what it waits for must come first.
class call {
 public:
    explicit call(std::function<int()> what)
        : thread_([this, what = std::move(what)] {
              said_ = what();
              ended_.store(true, std::memory_order_release);
          }) {}
    ~call() { thread_.join(); }
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
    /// What it said; it must have ended.
    [[nodiscard]] int said() const { return said_; }

 private:
    sync::native::atomic<bool> ended_{false};
    int said_ = 0;
    std::thread thread_;  // last: it uses the others
};

[[maybe_unused]] constexpr int k_nothing = -1;  ///< what a pop says of an empty queue

/// What the others did while a push stood still inside the queue.
struct seen_meanwhile {
    bool push_ended = false;
    bool pop_ended = false;
    int popped = k_nothing;  ///< by the pop, when it had ended
    int rest = k_nothing;    ///< by another one, after all
};

/// Stops the push of 1 while its item is copied into the queue, pushes 2, and pops.
[[maybe_unused]] seen_meanwhile stop_a_push(const std::function<void(halting&&)>& push,
                                            const std::function<int()>& pop) {
    gate stop;
    seen_meanwhile seen;
    {
        struct opening {
            gate& held;
            ~opening() { held.open(); }
        };
        const call first([&] {
            push(halting(1, &stop));
            return 0;
        });
        std::unique_ptr<call> second;
        std::unique_ptr<call> third;
        const opening at_end{stop};  // before the threads are waited for
        REQUIRE(comes_true([&] { return stop.reached(); }));
        second = std::make_unique<call>([&] {
            push(halting(2));
            return 0;
        });
        seen.push_ended = comes_true([&] { return second->ended(); });
        third = std::make_unique<call>(pop);
        seen.pop_ended = comes_true([&] { return third->ended(); }, k_patience_of_a_stopped);
        stop.open();
        REQUIRE(comes_true([&] { return first.ended() && second->ended() && third->ended(); }));
        seen.popped = third->said();
    }
    seen.rest = pop();
    return seen;
}

/// The call waited for the stopped push and then had its item.
[[maybe_unused]] void check_waited(const seen_meanwhile& seen) {
    CHECK(seen.push_ended);
    CHECK_FALSE(seen.pop_ended);
    CHECK(seen.popped == 1);
    CHECK(seen.rest == 2);
}

}  // namespace

#ifdef CYCLONE_PEER_TBB_QUEUE
TEST_CASE("oneTBB: a pop waits for the push that has its ticket", "[peers]") {
    // The developer guide calls it a queue without blocking operations; moodycamel's README calls
    // it not lock-free. _concurrent_queue_base.h, micro_queue::pop, spins.
    on_peer("tbb_queue", "a stopped push", [](const registration&) {
        tbb::concurrent_queue<halting> queue;
        check_waited(stop_a_push([&](halting&& item) { queue.push(std::move(item)); },
                                 [&] {
                                     halting item;
                                     return queue.try_pop(item) ? item.value() : k_nothing;
                                 }));
    });
    on_peer("tbb_bounded", "a stopped push", [](const registration&) {
        tbb::concurrent_bounded_queue<halting> queue;
        queue.set_capacity(4);
        check_waited(stop_a_push([&](halting&& item) { queue.try_push(std::move(item)); },
                                 [&] {
                                     halting item;
                                     return queue.try_pop(item) ? item.value() : k_nothing;
                                 }));
    });
}

TEST_CASE("oneTBB: a bounded queue has fewer than no items while a pop waits", "[peers]") {
    // Specification, concurrent_bounded_queue::size(): pushes minus pops, those that wait counted.
    on_peer("tbb_bounded", "size", [](const registration&) {
        tbb::concurrent_bounded_queue<int> queue;
        const call waits([&] {
            int item = 0;
            queue.pop(item);
            return item;
        });
        CHECK(comes_true([&] { return queue.size() < 0; }));
        CHECK(queue.size() == -1);
        CHECK(queue.empty());
        queue.push(7);
        REQUIRE(comes_true([&] { return waits.ended(); }));
        CHECK(waits.said() == 7);
        CHECK(queue.size() == 0);
    });
}
#endif

#ifdef CYCLONE_PEER_MOODYCAMEL
TEST_CASE("moodycamel: a stopped push holds nobody up", "[peers]") {
    // README: lock-free; every producer has a queue of its own.
    on_peer("moodycamel_plain", "a stopped push", [](const registration&) {
        ::moodycamel::ConcurrentQueue<halting> queue;
        const auto seen = stop_a_push([&](halting&& item) { queue.enqueue(std::move(item)); },
                                      [&] {
                                          halting item;
                                          return queue.try_dequeue(item) ? item.value() : k_nothing;
                                      });
        CHECK(seen.push_ended);
        CHECK(seen.pop_ended);
        CHECK(seen.popped == 2);
        CHECK(seen.rest == 1);
    });
}

TEST_CASE("moodycamel: no order among producers", "[peers]") {
    // README, "Reasons not to use": not linearizable, even where producers agree who is first.
    on_peer("moodycamel", "items overtake", [](const registration& row) {
        bool overtaken = false;
        for (unsigned others = 0; others < 4 && !overtaken; ++others) {
            // Which producer a consumer begins with depends on how many consumers there were.
            const auto queue = made(row.make, {});
            std::vector<std::unique_ptr<any>> ends;
            for (unsigned i = 0; i < 3 + others; ++i) ends.push_back(queue->attach());
            model::recorder<> notes(3, 2);
            for (std::uint32_t producer = 0; producer < 2; ++producer) {
                notes.log_of(producer).call(model::verb::push, producer + 1);
                REQUIRE(ends[producer]->try_push(producer + 1));
                notes.log_of(producer).back(model::answer::done);
            }
            for (int i = 0; i < 2; ++i) {
                notes.log_of(2).call(model::verb::pop);
                const auto got = ends.back()->try_pop();
                REQUIRE(got);
                notes.log_of(2).back(model::answer::done, *got);
                overtaken |= i == 0 && *got == 2;
            }
            const auto all = model::history::by_time(notes.merged().value());
            REQUIRE(all);
            const auto as_fifo = model::linearize(*all, model::fifo_queue());
            const auto as_declared = judged(*all, queue->declared(), k_unbounded, false);
            CHECK((as_fifo.verdict == model::linearizable::no) == overtaken);
            CHECK(as_declared.verdict == model::linearizable::yes);
        }
        CHECK(overtaken);
        cyclone::test::note_fact("order",
                                 "the second of two pushes, of another producer, came "
                                 "out first: declared so, and no FIFO queue");
    });
}
#endif

#ifdef CYCLONE_PEER_XENIUM_VYUKOV
TEST_CASE("xenium: a strict pop waits for a stopped push", "[peers]") {
    // vyukov_bounded_queue.hpp, comment of the class: try_pop keeps spinning.
    on_peer("xenium_vyukov", "a stopped push", [](const registration&) {
        xenium::vyukov_bounded_queue<halting> queue(4);
        check_waited(stop_a_push([&](halting&& item) { queue.try_push_strong(std::move(item)); },
                                 [&] {
                                     halting item;
                                     return queue.try_pop_strong(item) ? item.value() : k_nothing;
                                 }));
    });
}

TEST_CASE("xenium: a weak pop says empty of a queue with an item", "[peers]") {
    // The same comment: it returns false at once, even though the queue is not empty.
    on_peer("xenium_vyukov_weak", "a stopped push", [](const registration&) {
        xenium::vyukov_bounded_queue<halting> queue(4);
        const auto seen =
            stop_a_push([&](halting&& item) { queue.try_push_weak(std::move(item)); },
                        [&] {
                            halting item;
                            return queue.try_pop_weak(item) ? item.value() : k_nothing;
                        });
        CHECK(seen.push_ended);
        CHECK(seen.pop_ended);
        CHECK(seen.popped == k_nothing);
        CHECK(seen.rest == 1);
        cyclone::test::note_fact("empty",
                                 "said of a queue with an item, while a push before that "
                                 "item's stood still: declared so");
    });
}
#endif

#ifdef CYCLONE_PEER_CDS_VYUKOV
TEST_CASE("libcds: a pop of the bounded queue waits for a stopped push", "[peers]") {
    // vyukov_mpmc_cycle_queue.h, comment of the class: blocking producers and consumers.
    on_peer("cds_vyukov", "a stopped push", [](const registration&) {
        cds::container::VyukovMPMCCycleQueue<halting> queue(4);
        check_waited(stop_a_push([&](halting&& item) { queue.push(std::move(item)); },
                                 [&] {
                                     halting item;
                                     return queue.pop(item) ? item.value() : k_nothing;
                                 }));
    });
}
#endif

#ifdef CYCLONE_PEER_CDS_MS
TEST_CASE("libcds: a push that makes its item is not in the list yet", "[peers]") {
    // msqueue.h, enqueue: the node is made first.
    on_peer("cds_ms", "a stopped push", [](const registration&) {
        join_cds();
        cds::container::MSQueue<cds::gc::HP, halting> queue;
        const auto seen = stop_a_push(
            [&](halting&& item) {
                join_cds();
                queue.push(std::move(item));
            },
            [&] {
                join_cds();
                halting item;
                return queue.pop(item) ? item.value() : k_nothing;
            });
        CHECK(seen.push_ended);
        CHECK(seen.pop_ended);
        CHECK(seen.popped == 2);
        CHECK(seen.rest == 1);
    });
}
#endif

#ifdef CYCLONE_PEER_CK_RING_MPMC
TEST_CASE("Concurrency Kit: a ring holds one item fewer than its size", "[peers]") {
    // man ck_ring_capacity.
    for (const char* name : {"ck_ring_spsc", "ck_ring_mpsc", "ck_ring_mpmc"}) {
        on_peer(name, "its capacity", [](const registration& row) {
            for (const std::size_t wanted : {4U, 5U, 8U, 64U}) {
                const auto queue = made(row.make, {.capacity = wanted});
                const std::size_t due = capacity_for(queue->declared(), wanted).value();
                std::size_t held = 0;
                while (held <= due && queue->try_push(held)) ++held;
                CHECK(held == due - 1);
                CHECK(queue->capacity() == held);
            }
            cyclone::test::note_fact("breaks S5 capacity",
                                     "a ring of a power of two holds one "
                                     "item fewer: declared so");
        });
    }
}

TEST_CASE("Concurrency Kit: a place that is not committed stops all later pushes", "[peers]") {
    // ck_ring.h, _ck_ring_enqueue_mp: "Wait until all concurrent producers have completed".
    on_peer("ck_ring_mpmc", "a stopped push", [](const registration&) {
        ::ck_ring_t ring;
        ::ck_ring_buffer_t slots[4];
        ::ck_ring_init(&ring, 4);
        const auto as_item = [](int value) { return reinterpret_cast<void*>(intptr_t{value}); };
        const auto popped = [&] {
            void* item = nullptr;
            const bool any = ::ck_ring_dequeue_mpmc(&ring, slots, &item);
            return any ? static_cast<int>(reinterpret_cast<intptr_t>(item)) : k_nothing;
        };
        unsigned ticket = 0;
        void** const place =
            static_cast<void**>(::ck_ring_enqueue_reserve_mpmc(&ring, slots, &ticket));
        REQUIRE(place != nullptr);
        *place = as_item(1);
        bool ended_before = true;
        {
            const call second(
                [&] { return ::ck_ring_enqueue_mpmc(&ring, slots, as_item(2)) ? 1 : 0; });
            ended_before = comes_true([&] { return second.ended(); }, k_patience_of_a_stopped);
            CHECK(popped() == k_nothing);
            ::ck_ring_enqueue_commit_mpmc(&ring, ticket);
            CHECK(comes_true([&] { return second.ended(); }));
            CHECK(second.said() == 1);
        }
        CHECK_FALSE(ended_before);
        CHECK(popped() == 1);
        CHECK(popped() == 2);
        CHECK(popped() == k_nothing);
    });
}
#endif

#ifdef CYCLONE_PEER_URCU_WFC
TEST_CASE("liburcu: a push that is half done blocks, and is not called empty", "[peers]") {
    // wfcqueue.h, __cds_wfcq_dequeue_nonblocking: CDS_WFCQ_WOULDBLOCK if it needs to block.
    on_peer("urcu_wfc", "half a push", [](const registration&) {
        __cds_wfcq_head head;
        cds_wfcq_tail tail;
        __cds_wfcq_init(&head, &tail);
        const auto pop = [&] {
            return __cds_wfcq_dequeue_nonblocking(__cds_wfcq_head_cast(&head), &tail);
        };
        CHECK(pop() == nullptr);
        cds_wfcq_node one;
        cds_wfcq_node_init(&one);
        cds_wfcq_node* const before = uatomic_xchg(&tail.p, &one);  // the first half
        CHECK(pop() == CDS_WFCQ_WOULDBLOCK);
        cds_wfcq_node two;
        cds_wfcq_node_init(&two);
        cds_wfcq_enqueue(__cds_wfcq_head_cast(&head), &tail, &two);  // a whole one behind it
        CHECK(pop() == CDS_WFCQ_WOULDBLOCK);
        before->next = &one;  // the second half
        CHECK(pop() == &one);
        CHECK(pop() == &two);
        CHECK(pop() == nullptr);
    });
}
#endif

#ifdef CYCLONE_PEER_BOOST_QUEUE
TEST_CASE("Boost: a fixed-sized queue has no more than 65534 items", "[peers]") {
    // queue.hpp, policy fixed_sized: "usually 2**16-2".
    on_peer("boost_queue_bounded", "fixed_sized", [](const registration& row) {
        using fixed = boost::lockfree::queue<std::uint64_t, boost::lockfree::fixed_sized<true>>;
        constexpr std::size_t k_most = 65534;
        CHECK_THROWS_AS(fixed(k_most + 1), std::runtime_error);
        fixed largest(k_most);
        std::size_t held = 0;
        while (held <= k_most && largest.push(held)) ++held;
        CHECK(held == k_most);
        const auto ours = made(row.make, {.capacity = k_most + 1});  // the row has no such end
        CHECK(ours->capacity() == k_most + 1);
    });
}
#endif

}  // namespace cyclone::queue::test
