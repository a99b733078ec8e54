// The type-erased queue of 64-bit numbers: one virtual call an operation, any variant behind it.
//
// Correctness code is compiled once against this; benchmarks never go through it.
#pragma once

#include <memory>
#include <new>
#include <span>

#include "queue/queue.hpp"

namespace cyclone::queue {

struct options {
    std::size_t capacity = 64;
    std::uint64_t origin = 0;  ///< the first position (S10)
};

/// A queue variant whose type is known only at run time, as one thread sees it: the calls are those
/// of one access (S11), and attach() makes another. Same semantics as queue.hpp.
///
/// Thread-safety: one thread at a time, or any number where a variant needs nothing of its threads;
/// attach() is any thread's.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    [[nodiscard]] virtual bool try_push(std::uint64_t item) = 0;
    [[nodiscard]] virtual popped<std::uint64_t> try_pop() = 0;
    [[nodiscard]] virtual std::size_t push_many(std::span<std::uint64_t> items) = 0;
    [[nodiscard]] virtual std::size_t pop_many(std::span<std::uint64_t> room) = 0;
    virtual void flush_pushes() = 0;
    virtual void flush_pops() = 0;

    [[nodiscard]] virtual std::size_t capacity() const = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;

    /// The same queue for one thread more. It must outlive what is made here.
    [[nodiscard]] virtual std::unique_ptr<any> attach() = 0;
};

namespace detail {

/// One access of a V, which somebody else keeps.
template <variant V>
class attached : public any {
 public:
    explicit attached(V& queue) : queue_(queue), end_(queue) {}

    [[nodiscard]] bool try_push(std::uint64_t item) override {
        return end_.try_push(std::move(item));
    }
    [[nodiscard]] popped<std::uint64_t> try_pop() override { return end_.try_pop(); }
    [[nodiscard]] std::size_t push_many(std::span<std::uint64_t> items) override {
        return queue::push_many(end_, items);
    }
    [[nodiscard]] std::size_t pop_many(std::span<std::uint64_t> room) override {
        return queue::pop_many(end_, room);
    }
    void flush_pushes() override { queue::flush_pushes(end_); }
    void flush_pops() override { queue::flush_pops(end_); }
    [[nodiscard]] std::size_t capacity() const override { return queue_.capacity(); }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }
    [[nodiscard]] std::unique_ptr<any> attach() override {
        return std::make_unique<attached<V>>(queue_);
    }

 private:
    V& queue_;
    access_of<V> end_;
};

template <variant V>
struct kept {
    explicit kept(const options& how) : queue(how.capacity, how.origin) {}
    V queue;
};

/// The queue and its first access.
template <variant V>
class erased final : private kept<V>, public attached<V> {
 public:
    explicit erased(const options& how) : kept<V>(how), attached<V>(kept<V>::queue) {}
};

}  // namespace detail

/// Makes a type-erased, empty V. invalid_argument, out_of_range: no such capacity (S5);
/// resource_exhausted: no memory for it.
template <variant V>
[[nodiscard]] result<std::unique_ptr<any>> make_any(const options& how) {
    if (auto holds = capacity_for(V::k_traits, how.capacity); !holds) {
        return std::unexpected(std::move(holds).error());
    }
    try {
        return result<std::unique_ptr<any>>(std::make_unique<detail::erased<V>>(how));
    } catch (const std::bad_alloc&) {
        return fail(
            error_code::resource_exhausted,
            "no memory for a queue of " + std::to_string(how.capacity) + " items: ask for fewer");
    }
}

}  // namespace cyclone::queue
