// One thread is stopped before every single step of a push or a pop, and the others go on: what is
// declared not to block must not, an answer must be true of what the others know to be inside, and
// once the thread goes on nothing is lost. Deterministic: the schedule is the test.
#include <algorithm>
#include <array>
#include <thread>

#include "base/sync_failing.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

using sync::failing;
using sync::puppet;

constexpr std::uint64_t k_steps_max = 200;  ///< more than any call here has
constexpr std::uint64_t k_of_victim = 100;  ///< the item that the stopped thread pushes

/// Runs `call` in a thread that stops before step `step`, `meanwhile` while it stands, and then
/// lets it go on, whatever `meanwhile` throws. False: the call has no such step.
template <class Call, class Meanwhile>
bool stopped_at(std::uint64_t step, Call call, Meanwhile meanwhile) {
    struct ending {
        puppet& victim;
        std::thread thread;
        bool stands = false;
        ~ending() {
            if (stands) victim.release();
            thread.join();
        }
    };
    puppet victim("victim", sync::stall_at(step));
    ending at_end{victim, std::thread([&] { victim.run(call); })};
    at_end.stands = victim.wait_until_stalled();
    if (at_end.stands) meanwhile();
    return at_end.stands;
}

/// A queue of 4, what the main thread knows of it, and what came out.
template <class Q>
class witness {
 public:
    static constexpr bool k_is_lifo = Q::k_traits.keeps == order::lifo;

    void push(bool must_fit) {
        const std::uint64_t item = pushed_.size() + 1;
        const bool done = queue.try_push(std::uint64_t{item});
        if (must_fit) CHECK(done);
        if (done) pushed_.push_back(item);
    }

    /// `hidden`: how many of the items that are in, or were, may be with the victim.
    void pop(std::size_t hidden) {
        const auto one = queue.try_pop();
        if (one) {
            popped_.push_back(*one);
            return;
        }
        INFO(name_of(one.said()) << ", " << pushed_.size() << " pushed, " << popped_.size()
                                 << " popped");
        if (one.said() == answer::empty) CHECK(pushed_.size() <= popped_.size() + hidden);
        if (one.said() == answer::would_block) {
            CHECK(Q::k_traits.empties == emptiness::three_valued);
        }
    }

    void also_pushed(std::uint64_t item) { pushed_.push_back(item); }
    void also_popped(std::uint64_t item) { others_.push_back(item); }

    /// Everything comes out, each once, in order.
    void finish() {
        for (std::size_t i = 0; i <= pushed_.size(); ++i) {
            const auto one = queue.try_pop();
            if (!one) {
                CHECK(one.said() == answer::empty);
                break;
            }
            popped_.push_back(*one);
        }
        std::vector<std::uint64_t> mine;  // the victim's item may come anywhere
        std::copy_if(popped_.begin(), popped_.end(), std::back_inserter(mine),
                     [](std::uint64_t item) { return item != k_of_victim; });
        if (!k_is_lifo) CHECK(std::is_sorted(mine.begin(), mine.end()));
        popped_.insert(popped_.end(), others_.begin(), others_.end());
        std::sort(popped_.begin(), popped_.end());
        std::sort(pushed_.begin(), pushed_.end());
        CHECK(popped_ == pushed_);
    }

    Q queue{4};

 private:
    std::vector<std::uint64_t> pushed_;
    std::vector<std::uint64_t> popped_;
    std::vector<std::uint64_t> others_;
};

template <class Q>
void stop_a_push() {
    bool stands = true;
    for (std::uint64_t step = 1; stands; ++step) {
        REQUIRE(step < k_steps_max);
        INFO("before step " << step << " of a push");
        witness<Q> rest;
        rest.push(true);
        bool done = false;
        stands = stopped_at(
            step, [&] { done = rest.queue.try_push(std::uint64_t{k_of_victim}); },
            [&] {
                rest.pop(0);
                rest.pop(0);
                if constexpr (Q::k_traits.serves != kind::spsc) {
                    rest.push(true);
                    rest.push(true);
                    for (int i = 0; i < 3; ++i) rest.pop(0);
                }
            });
        if (done) rest.also_pushed(k_of_victim);
        CHECK(done);
        rest.finish();
        count_cases(1);
    }
}

template <class Q>
void stop_a_pop() {
    bool stands = true;
    for (std::uint64_t step = 1; stands; ++step) {
        REQUIRE(step < k_steps_max);
        INFO("before step " << step << " of a pop");
        witness<Q> rest;
        for (int i = 0; i < 3; ++i) rest.push(true);
        std::uint64_t got = 0;
        stands = stopped_at(
            step,
            [&] {
                if (const auto one = rest.queue.try_pop()) got = *one;
            },
            [&] {
                rest.push(true);
                rest.push(false);
                if constexpr (Q::k_traits.serves == kind::mpmc) {
                    for (int i = 0; i < 5; ++i) rest.pop(1);
                    rest.push(false);  // a ring is full where the stopped pop stands
                    rest.pop(1);
                }
            });
        // Where others pop too, it may find the queue empty.
        if (Q::k_traits.serves != kind::mpmc) CHECK(got != 0);
        if (got != 0) rest.also_popped(got);
        rest.finish();
        count_cases(1);
    }
}

/// Three nodes of a list of numbers.
class shelf {
 public:
    [[nodiscard]] auto& next(std::uint32_t of) { return next_[of - 1]; }

 private:
    std::array<failing::atomic<std::uint32_t>, 3> next_;
};

/// A take is stopped; meanwhile the top goes, comes back over what was below it no more, and
/// comes and goes another `turns` times. Afterwards every node is somewhere, once.
template <int Mutant>
void bring_the_top_back(std::uint64_t step, unsigned turns, bool& stands) {
    shelf nodes;
    nodes.next(1).store(2, std::memory_order_relaxed);
    nodes.next(2).store(3, std::memory_order_relaxed);
    using list_type = tagged_list<failing, Mutant>;
    list_type list(1, 0);
    std::vector<std::uint32_t> found;
    std::uint32_t got = list_type::k_none;
    stands = stopped_at(
        step, [&] { got = list.take(nodes); },
        [&] {
            const std::uint32_t top = list.take(nodes);
            found.push_back(list.take(nodes));
            list.give(nodes, top);
            for (unsigned i = 0; i < turns; ++i) list.give(nodes, list.take(nodes));
        });
    found.push_back(got);
    for (int i = 0; i < 4; ++i) {
        const std::uint32_t one = list.take(nodes);
        if (one == list_type::k_none) break;
        found.push_back(one);
    }
    std::sort(found.begin(), found.end());
    INFO("before step " << step << " of a take, " << turns << " more turns");
    CHECK(found == std::vector<std::uint32_t>{1, 2, 3});
    count_cases(1);
}

}  // namespace

TEST_CASE("stalled: a push stopped before each of its steps", "[stress]") {
    on_each("a stopped push", [](const registration& row) {
        with_subject<failing>(row.name, chosen_mutant(), []<class Q>(std::type_identity<Q>) {
            if constexpr (Q::k_traits.push != progress::blocking) stop_a_push<Q>();
        });
    });
}

TEST_CASE("stalled: a pop stopped before each of its steps", "[stress]") {
    on_each("a stopped pop", [](const registration& row) {
        with_subject<failing>(row.name, chosen_mutant(), []<class Q>(std::type_identity<Q>) {
            if constexpr (Q::k_traits.pop != progress::blocking) stop_a_pop<Q>();
        });
    });
}

TEST_CASE("stalled: a top that comes back is not the top that was", "[stress]") {
    for (const registration* row : chosen_rows()) {
        if (row->name != "treiber_stack") continue;
        DYNAMIC_SECTION(row->name << ": the top comes back") {
            const auto all = [&]<int... Mutant>(std::integer_sequence<int, Mutant...>) {
                for (const unsigned turns : {0U, 1U, 254U}) {
                    bool stands = true;
                    for (std::uint64_t step = 1; stands; ++step) {
                        REQUIRE(step < k_steps_max);
                        static_cast<void>(
                            ((chosen_mutant() == Mutant &&
                              (bring_the_top_back<Mutant>(step, turns, stands), true)) ||
                             ...));
                    }
                }
            };
            all(std::make_integer_sequence<int, k_mutants_max + 1>{});
        }
    }
}

}  // namespace cyclone::queue::test
