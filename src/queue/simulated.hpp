// A queue on simulated processors (sim/processors.hpp): who pushes, who pops, and whether every
// item that went in has come out.
//
//   ledger book;
//   auto r = sim::simulate(crew_of<my_queue<no_work, 0, sync::stepped>>({.who = roles::pairs},
//   book),
//                          {.processors = 4});
//
// Every processor has an access of its own (S11), made before it begins, in an order that is the
// same each time. Items are numbers that say who pushed them and as the how manieth.
//
// Invariants  I1 book.whole() after a simulation that is not broken: items pushed, less those
//                popped, are those left inside
// Errors      a mix that the kind of the queue does not allow: why_not() says so
// Thread-safety: tasks of one scheduler.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/rng.hpp"
#include "model/subject.hpp"
#include "queue/queue.hpp"
#include "sim/processors.hpp"

namespace cyclone::queue {

namespace detail {

template <class V, class Sync>
struct under_policy {};
template <template <class, int, sync::policy, class> class Q, class Work, int Mutant, class Old,
          class T, class Sync>
struct under_policy<Q<Work, Mutant, Old, T>, Sync> {
    using type = Q<Work, Mutant, Sync, T>;
};

}  // namespace detail

/// The same variant over another policy; controls and peers are over none.
template <class V, class Sync>
using under = typename detail::under_policy<V, Sync>::type;
template <class V>
concept over_a_policy = requires {
    typename under<V, sync::stepped>;
};

/// What the processors do.
enum class roles : std::uint8_t {
    pairs,   ///< each pushes, pops, pushes ...
    halves,  ///< the first half pushes, the others pop
    fan_in,  ///< the first pops, the others push
    fan_out  ///< the first pushes, the others pop
};

[[nodiscard]] inline std::optional<roles> roles_of(std::string_view name) noexcept {
    if (name == "pairs") return roles::pairs;
    if (name == "halves") return roles::halves;
    if (name == "fan_in") return roles::fan_in;
    if (name == "fan_out") return roles::fan_out;
    return std::nullopt;
}

struct crew_options {
    roles who = roles::fan_in;
    std::uint32_t processors = 2;
    std::size_t capacity = 1024;
    std::uint64_t inside = 0;  ///< items that are in before anybody begins
    bool waits = false;        ///< by the calls that wait (S15), where the queue has both
};

/// Why a queue cannot be worked like that, or nothing.
[[nodiscard]] inline std::string why_not(const traits& declared, const crew_options& how) {
    if (how.who != roles::pairs && how.processors < 2) return "a queue between two needs two";
    if (declared.serves == kind::spsc && (how.who != roles::fan_in || how.processors != 2)) {
        return "spsc queues are for mix fan_in of 2 processors";
    }
    if (declared.serves == kind::mpsc && how.who != roles::fan_in) {
        return "mpsc queues are for mix fan_in";
    }
    return {};
}

/// What went through a queue, as sums of mixed items: equal for equal sets, whatever the order.
struct ledger {
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    std::uint64_t left = 0;

    [[nodiscard]] bool whole() const noexcept { return pushed == popped + left; }
    static std::uint64_t mixed(std::uint64_t item) noexcept { return splitmix64(item)() | 1; }
};

namespace detail {

template <class End>
concept waiting_end = requires(End& end, typename End::value_type item) {
    end.push(std::move(item));
    { end.pop() } -> std::same_as<typename End::value_type>;
};

}  // namespace detail

/// How many items a queue keeps from sight that are in it: as many as one end pushes until the
/// other, which looks after each, finds the first; less that one. In one thread, no flush.
template <class V>
[[nodiscard]] std::uint64_t hidden_items() {
    constexpr std::size_t k_most = 4096;
    V queue(k_most, std::uint64_t{0});
    access_of<V> in(queue);
    access_of<V> out(queue);
    for (std::uint64_t pushed = 1; pushed < k_most; ++pushed) {
        if (!in.try_push(std::uint64_t{pushed})) return pushed;
        if (out.try_pop()) return pushed - 1;
    }
    return k_most;
}

/// The queue and its processors' accesses. On the scheduler's memory: see placed().
template <class Q>
class crew {
    using steps_outcome = model::steps::outcome;

 public:
    crew(const crew_options& how, ledger& book)
        : how_(how), book_(book), queue_(made(how)), next_(how.processors, 0) {
        CYCLONE_ASSERT(why_not(Q::k_traits, how).empty());
        for (std::uint32_t p = 0; p < how.processors; ++p) {
            ends_.push_back(model::steps::placed<access_of<Q>>(*queue_));
        }
        const std::uint32_t pusher = how.who == roles::fan_in ? 1 : 0;
        for (std::uint64_t i = 0; i < how.inside; ++i) {
            if (push(pusher) != steps_outcome::done) break;
        }
        flush_pushes(*ends_[pusher]);
    }
    ~crew() {
        for (auto& end : ends_) {
            flush_pushes(*end);
            flush_pops(*end);
        }
        access_of<Q>& popper = *ends_[first_popper()];
        // Bounded: a queue that has gone in circles gives what it has for ever.
        for (std::uint64_t i = 0; i <= pushed_; ++i) {
            const auto one = popper.try_pop();
            if (!one) break;
            book_.left += ledger::mixed(*one);
        }
    }
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;

    [[nodiscard]] bool pushes(std::uint32_t me) const noexcept {
        switch (how_.who) {
            case roles::pairs: return next_[me] % 2 == 0;
            case roles::halves: return me < how_.processors / 2;
            case roles::fan_in: return me != 0;
            case roles::fan_out: return me == 0;
        }
        return false;
    }

    steps_outcome call(std::uint32_t me) {
        const steps_outcome how = pushes(me) ? push(me) : pop(me);
        if (how == steps_outcome::done && how_.who == roles::pairs) ++next_[me];
        return how;
    }

 private:
    static constexpr std::uint64_t k_origin = 0;

    static std::shared_ptr<Q> made(const crew_options& how) {
        // Variants that walk over all places of accesses are told how many there are (S11).
        if constexpr (std::constructible_from<Q, std::size_t, std::uint64_t, unsigned>) {
            return model::steps::placed<Q>(how.capacity, k_origin,
                                           static_cast<unsigned>(how.processors));
        } else {
            return model::steps::placed<Q>(how.capacity, k_origin);
        }
    }
    [[nodiscard]] std::uint32_t first_popper() const noexcept {
        return how_.who == roles::halves ? how_.processors - 1 : how_.who == roles::fan_out ? 1 : 0;
    }

    steps_outcome push(std::uint32_t me) {
        constexpr int k_bits = 48;
        const std::uint64_t item = (std::uint64_t{me} << k_bits) + pushed_ + 1;
        // Counted first: who is let in must not find the same number again.
        ++pushed_;
        if (!put(me, item)) return steps_outcome::refused;
        book_.pushed += ledger::mixed(item);
        return steps_outcome::done;
    }
    steps_outcome pop(std::uint32_t me) {
        auto one = get(me);
        if (!one) {
            return one.said() == answer::would_block ? steps_outcome::would_block
                                                     : steps_outcome::refused;
        }
        book_.popped += ledger::mixed(*one);
        return steps_outcome::done;
    }

    bool put(std::uint32_t me, std::uint64_t item) {
        if (how_.waits) {
            if constexpr (detail::waiting_end<access_of<Q>>) {
                ends_[me]->push(std::move(item));
                return true;
            } else if constexpr (detail::waiting_end<Q>) {
                queue_->push(std::move(item));
                return true;
            }
        }
        return ends_[me]->try_push(std::move(item));
    }
    popped<std::uint64_t> get(std::uint32_t me) {
        if (how_.waits) {
            if constexpr (detail::waiting_end<access_of<Q>>) {
                return popped<std::uint64_t>(ends_[me]->pop());
            } else if constexpr (detail::waiting_end<Q>) {
                return popped<std::uint64_t>(queue_->pop());
            }
        }
        return ends_[me]->try_pop();
    }

    crew_options how_;
    ledger& book_;
    std::shared_ptr<Q> queue_;
    std::vector<std::shared_ptr<access_of<Q>>> ends_;
    std::vector<std::uint64_t> next_;  ///< calls of each that had a result: pairs take turns
    std::uint64_t pushed_ = 0;
};

/// For sim::simulate; `book` must outlive the simulation and is begun anew by it.
template <class Q>
[[nodiscard]] model::steps::subject_maker crew_of(const crew_options& how, ledger& book) {
    return [how, &book] {
        book = {};
        auto all = std::make_shared<crew<Q>>(how, book);
        return model::steps::subject{
            .object = all,
            .operate = [all](std::uint32_t me, std::uint64_t) { return all->call(me); },
            .name = [all](std::uint32_t me,
                          std::uint64_t) { return all->pushes(me) ? "push" : "pop"; },
            .ranges = {}};
    };
}

}  // namespace cyclone::queue
