// Scenarios for the explorer: a few threads, a few pushes and pops each, on any queue under
// sync::explored; and what must be true of every execution: one order of all operations, not
// against happens-before, in which the queue of the contract gives every answer that was given.
//
// That one demand holds S1 to S4: a lost item makes the last "empty" impossible, a doubled or
// invented one its pop, a wrong "full" the push. S7, S9 and memory are the explorer's own findings
// (race, leak, use after free).
//
// Thread-safety: none; one scenario at a time.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/check.hpp"
#include "model/explored.hpp"
#include "model/linearize.hpp"
#include "model/specs.hpp"
#include "queue/queue.hpp"

namespace cyclone::queue::test {

/// What threads do: '+' pushes, '-' pops.
struct plan {
    std::string name{};
    std::size_t capacity = 2;
    std::string before{};                // the body's, before there are threads
    std::vector<std::string> threads{};  // at most 4
    std::uint64_t origin = 0;
    bool drained = true;               ///< else the queue is destroyed with what is inside
    bool strict_at_both_ends = false;  ///< demand of "full" what S4 calls strict
};

/// One run of a plan on a queue; made anew in every execution.
template <class Q>
class play {
 public:
    explicit play(const plan& how) : how_(how), queue_(std::in_place, how.capacity, how.origin) {}

    void run() {
        perform(0, how_.before, 0);
        std::array<std::optional<model::thread>, k_threads_max> threads;
        std::size_t first = how_.before.size();
        for (std::size_t t = 0; t < how_.threads.size(); ++t) {
            const std::string& script = how_.threads[t];
            threads[t].emplace([this, t, &script, first] { perform(t + 1, script, first); });
            first += script.size();
        }
        during_ = first;
        for (auto& one : threads) {
            if (one) one->join();
        }
        all_ = during_;
        if (how_.drained) drain();
        queue_.reset();
        judge();
    }

 private:
    static constexpr std::size_t k_threads_max = 4;
    static constexpr std::size_t k_operations_max = 32;

    model::operation& operation_at(std::size_t number) {
        model::require(number < k_operations_max, "a plan of at most 32 operations");
        return told_[number];
    }

    /// Operations of a thread are numbered from `first`. Those before the threads begin are before
    /// all others anyway, and have no events.
    void perform(std::size_t thread, const std::string& script, std::size_t first) {
        const bool is_timed = &script != &how_.before;
        for (std::size_t i = 0; i < script.size(); ++i) {
            const std::size_t number = first + i;
            const bool is_push = script[i] == '+';
            if (is_timed) model::call(number, is_push ? "push" : "pop");
            operation_at(number) = is_push ? one_push(thread, number + 1) : one_pop(thread);
            if (is_timed) model::back(number);
        }
    }

    /// As many pops as items can be inside, and "empty".
    void drain() {
        for (std::size_t i = 0; i <= during_; ++i) {
            operation_at(all_) = one_pop(0);
            if (operation_at(all_++).said != model::answer::done) return;
        }
    }

    model::operation one_push(std::size_t thread, std::uint64_t item) {
        const bool in = queue_->try_push(std::uint64_t{item});
        return {.thread = static_cast<std::uint32_t>(thread),
                .what = model::verb::push,
                .said = in ? model::answer::done : model::answer::full,
                .call = 0,
                .back = 0,
                .argument = item};
    }
    model::operation one_pop(std::size_t thread) {
        const auto got = queue_->try_pop();
        return {.thread = static_cast<std::uint32_t>(thread),
                .what = model::verb::pop,
                .said = got                           ? model::answer::done
                        : got.said() == answer::empty ? model::answer::empty
                                                      : model::answer::would_block,
                .call = 0,
                .back = 0,
                .result = got ? *got : 0};
    }

    [[nodiscard]] bool precedes(std::size_t i, std::size_t j) const {
        const auto phase = [this](std::size_t n) {
            return n < how_.before.size() ? 0 : n < during_ ? 1 : 2;
        };
        if (phase(i) != 1 || phase(j) != 1) return phase(i) < phase(j);
        return model::precedes(i, j);
    }

    void judge() {
        std::vector<model::operation> given(told_.begin(),
                                            told_.begin() + static_cast<std::ptrdiff_t>(all_));
        for (std::size_t i = 0; i < given.size(); ++i) {
            given[i].call = 2 * i;
            given[i].back = 2 * i + 1;
        }
        const auto recorded = model::history::by_order(
            given, [this](std::size_t i, std::size_t j) { return precedes(i, j); });
        model::require(recorded.has_value(), "a history that can be judged");
        const model::queue_rules rules{
            .capacity = capacity_,
            .empty = Q::k_traits.empties == emptiness::three_valued ? model::emptiness::three_valued
                                                                    : model::emptiness::strict,
            .weak_full = Q::k_traits.fills == fullness::weak && !how_.strict_at_both_ends};
        const auto found = Q::k_traits.keeps == order::lifo
                               ? model::linearize(*recorded, model::stack(rules))
                               : model::linearize(*recorded, model::fifo_queue(rules));
        if (found.verdict != model::linearizable::yes) {
            model::fail(model::fault::not_linearizable, found.text);
        }
    }

    const plan& how_;
    std::optional<Q> queue_;
    const std::size_t capacity_ = queue_->capacity();
    std::array<model::operation, k_operations_max> told_{};
    std::size_t during_ = 0;
    std::size_t all_ = 0;
};

template <class Q>
void act(const plan& how) {
    play<Q> once(how);
    once.run();
}

}  // namespace cyclone::queue::test
