#pragma once
// Sync policies: where atomics come from. Concurrent code is a template over a policy
// (`template <class T, class Sync = sync::native>`), so that the code which ships is the code that
// is explored, counted and made to fail. A policy P gives
//
//   P::atomic<T>   load, store, exchange, compare_exchange_strong/weak, fetch_add/sub/and/or/xor,
//                  wait(old, o), notify_one(), notify_all() with C++20's meaning.
//                  Orders are always written: the order of a site is part of the algorithm.
//   P::var<T>      plain shared data; the algorithm promises that accesses never race.
//   P::mutex       lock, try_lock, unlock.
//   P::fence(o)
//   P::pause()     in every turn of a loop that waits for another thread, and nowhere else.
//   P::make<T>(args...), P::dispose(T*)   new and delete of what threads hand to one another.
//   P::k_nothrow   false when a step may throw to end a thread. Code over a policy writes
//                  noexcept(P::k_nothrow), also on destructors that take a step.
//
// `native` is std::atomic and nothing else: tests/base/native_is_free holds that the machine code
// is that of hand-written std::atomic. This file and sync_failing.hpp are the only ones that may
// name std::atomic.

#include <atomic>
#include <concepts>
#include <cstddef>
#include <mutex>
#include <type_traits>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#define CYCLONE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CYCLONE_THREAD_SANITIZER 1
#endif
#endif

namespace cyclone::sync {

namespace detail {
// What fetch_add takes: the value itself for integers, a count of elements for pointers.
template <class T>
using difference = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

#ifdef CYCLONE_THREAD_SANITIZER
inline std::atomic<int> fence_line{0};
#endif

inline void fence(std::memory_order order) noexcept {
#ifdef CYCLONE_THREAD_SANITIZER
    // The sanitizer does not model fences and would report every fence-based publication as a
    // race. All fences meet in one location instead: stronger than a fence, so this hides a
    // missing fence from the sanitizer; finding those is the explorer's work.
    if (order != std::memory_order_relaxed) fence_line.fetch_add(0, std::memory_order_acq_rel);
#else
    std::atomic_thread_fence(order);
#endif
}

// Tells the core that this is a spin loop.
inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield" ::: "memory");
#endif
}
}  // namespace detail

struct native {
    static constexpr bool k_nothrow = true;

    template <class T>
    class atomic {
     public:
        constexpr atomic() noexcept = default;
        constexpr explicit atomic(T value) noexcept : value_(value) {}

        T load(std::memory_order o) const noexcept { return value_.load(o); }
        void store(T v, std::memory_order o) noexcept { value_.store(v, o); }
        T exchange(T v, std::memory_order o) noexcept { return value_.exchange(v, o); }

        bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                     std::memory_order failure) noexcept {
            return value_.compare_exchange_strong(expected, desired, success, failure);
        }
        bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                                   std::memory_order failure) noexcept {
            return value_.compare_exchange_weak(expected, desired, success, failure);
        }

        T fetch_add(detail::difference<T> d, std::memory_order o) noexcept {
            return value_.fetch_add(d, o);
        }
        T fetch_sub(detail::difference<T> d, std::memory_order o) noexcept {
            return value_.fetch_sub(d, o);
        }
        T fetch_and(T v, std::memory_order o) noexcept { return value_.fetch_and(v, o); }
        T fetch_or(T v, std::memory_order o) noexcept { return value_.fetch_or(v, o); }
        T fetch_xor(T v, std::memory_order o) noexcept { return value_.fetch_xor(v, o); }

        void wait(T old, std::memory_order o) const noexcept { value_.wait(old, o); }
        void notify_one() noexcept { value_.notify_one(); }
        void notify_all() noexcept { value_.notify_all(); }

     private:
        std::atomic<T> value_{};
    };

    class mutex {
     public:
        void lock() { held_.lock(); }
        [[nodiscard]] bool try_lock() { return held_.try_lock(); }
        void unlock() noexcept { held_.unlock(); }

     private:
        std::mutex held_;
    };

    template <class T>
    class var {
     public:
        constexpr var() = default;
        constexpr explicit var(T value) : value_(std::move(value)) {}

        T get() const { return value_; }
        void set(T value) { value_ = std::move(value); }

     private:
        T value_{};
    };

    static void fence(std::memory_order order) noexcept { detail::fence(order); }
    static void pause() noexcept { detail::pause(); }

    template <class T, class... Args>
    [[nodiscard]] static T* make(Args&&... args) {
        return new T(std::forward<Args>(args)...);
    }
    template <class T>
    static void dispose(T* old) noexcept {
        delete old;
    }
};

// Every policy has this shape; a new policy that misses a piece fails here and not deep inside a
// variant.
template <class P>
concept policy = requires(typename P::template atomic<int> a, typename P::template atomic<int*> p,
                          typename P::template var<int> v, typename P::mutex m, int e, int* i,
                          std::memory_order o) {
    { P::k_nothrow } -> std::convertible_to<bool>;
    { a.load(o) } -> std::same_as<int>;
    { a.store(e, o) } -> std::same_as<void>;
    { a.exchange(e, o) } -> std::same_as<int>;
    { a.compare_exchange_strong(e, 1, o, o) } -> std::same_as<bool>;
    { a.compare_exchange_weak(e, 1, o, o) } -> std::same_as<bool>;
    { a.fetch_add(1, o) } -> std::same_as<int>;
    { a.fetch_sub(1, o) } -> std::same_as<int>;
    { a.fetch_and(1, o) } -> std::same_as<int>;
    { a.fetch_or(1, o) } -> std::same_as<int>;
    { a.fetch_xor(1, o) } -> std::same_as<int>;
    { p.fetch_add(std::ptrdiff_t{1}, o) } -> std::same_as<int*>;
    { p.fetch_sub(std::ptrdiff_t{1}, o) } -> std::same_as<int*>;
    { v.get() } -> std::same_as<int>;
    { v.set(e) } -> std::same_as<void>;
    a.wait(e, o);
    a.notify_one();
    a.notify_all();
    m.lock();
    { m.try_lock() } -> std::same_as<bool>;
    m.unlock();
    P::fence(o);
    P::pause();
    { P::template make<int>(1) } -> std::same_as<int*>;
    P::dispose(i);
};
static_assert(policy<native>);

}  // namespace cyclone::sync
