// A queue of T under whatever policy, as one thread sees it, with the type erased: what the suites
// need beyond queue::any (src/queue/any.hpp), which is a queue of numbers under the native policy
// and never waits. All suites are written against this, so that a variant costs its own calls and
// nothing of theirs.
//
// Thread-safety: that of an access (S11); attach() is any thread's.
#pragma once

#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "queue/any.hpp"

namespace cyclone::queue::test {

template <class T>
class end_of {
 public:
    end_of() = default;
    end_of(const end_of&) = delete;
    end_of& operator=(const end_of&) = delete;
    // Under sync::explored a queue's own may throw, to end a thread.
    virtual ~end_of() noexcept(false) {}

    virtual bool try_push(T&& item) = 0;
    virtual popped<T> try_pop() = 0;
    /// Of items that can be assigned only.
    virtual std::size_t push_many(std::span<T> items) = 0;
    virtual std::size_t pop_many(std::span<T> room) = 0;
    virtual void flush_pushes() = 0;
    virtual void flush_pops() = 0;

    /// Whether there are the two that wait (S15); calling them is a mistake where there are none.
    [[nodiscard]] virtual bool waits() const = 0;
    virtual void push(T&& item) = 0;
    virtual T pop() = 0;

    [[nodiscard]] virtual std::size_t capacity() const = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;
    /// The same queue for one thread more. It must outlive what is made here.
    [[nodiscard]] virtual std::unique_ptr<end_of> attach() = 0;
};

/// Makes an empty queue and its first end; `how` must be a capacity that gives a queue.
template <class T>
using maker_of = std::unique_ptr<end_of<T>> (*)(const options& how);

/// A queue of numbers.
using end = end_of<std::uint64_t>;
using maker = maker_of<std::uint64_t>;

namespace detail {

template <class T>
T item_in(T&& got) {
    return std::move(got);
}
template <class T>
T item_in(popped<T>&& got) {
    CYCLONE_ASSERT(static_cast<bool>(got));  // a pop that waits comes back with an item
    return std::move(*got);
}

/// One access of a V, which somebody else keeps. V is a variant; the concept, which the registry
/// asks for, wants destructors that do not throw, and under sync::failing they may.
template <class V>
class end_on : public end_of<typename V::value_type> {
    using item_type = typename V::value_type;
    static constexpr bool k_is_assigned = std::is_move_assignable_v<item_type>;

 public:
    explicit end_on(V& queue) : queue_(queue), access_(queue) {}

    bool try_push(item_type&& item) override { return access_.try_push(std::move(item)); }
    popped<item_type> try_pop() override { return access_.try_pop(); }
    std::size_t push_many([[maybe_unused]] std::span<item_type> items) override {
        if constexpr (k_is_assigned) return queue::push_many(access_, items);
        CYCLONE_ASSERT(false);
        return 0;
    }
    std::size_t pop_many([[maybe_unused]] std::span<item_type> room) override {
        if constexpr (k_is_assigned) return queue::pop_many(access_, room);
        CYCLONE_ASSERT(false);
        return 0;
    }
    void flush_pushes() override { queue::flush_pushes(access_); }
    void flush_pops() override { queue::flush_pops(access_); }

    [[nodiscard]] bool waits() const override { return k_waits<access_of<V>> || k_waits<V>; }
    void push([[maybe_unused]] item_type&& item) override {
        if constexpr (k_waits<access_of<V>>) {
            access_.push(std::move(item));
        } else if constexpr (k_waits<V>) {
            queue_.push(std::move(item));
        } else {
            CYCLONE_ASSERT(false);
        }
    }
    item_type pop() override {
        if constexpr (k_waits<access_of<V>>) {
            return item_in<item_type>(access_.pop());
        } else if constexpr (k_waits<V>) {
            return item_in<item_type>(queue_.pop());
        } else {
            CYCLONE_ASSERT(false);
            std::abort();
        }
    }

    [[nodiscard]] std::size_t capacity() const override { return queue_.capacity(); }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }
    [[nodiscard]] std::unique_ptr<end_of<item_type>> attach() override {
        return std::make_unique<end_on>(queue_);
    }

 private:
    template <class Where>
    static constexpr bool k_waits = requires(Where& where, item_type item) {
        where.push(std::move(item));
        where.pop();
    };

    V& queue_;
    access_of<V> access_;
};

template <class V>
struct kept {
    explicit kept(const options& how) : queue(how.capacity, how.origin) {}
    V queue;
};

/// The queue and its first access.
template <class V>
class whole final : private kept<V>, public end_on<V> {
 public:
    explicit whole(const options& how) : kept<V>(how), end_on<V>(kept<V>::queue) {}
};

}  // namespace detail

template <class V>
[[nodiscard]] std::unique_ptr<end_of<typename V::value_type>> make_end(const options& how) {
    return std::make_unique<detail::whole<V>>(how);
}

}  // namespace cyclone::queue::test
