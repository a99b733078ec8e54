#pragma once
// The sync policy that goes wrong on purpose. Same interface as sync::native; before each step (an
// atomic operation, an access to a var, a fence, a pause) it asks the hook of the running thread
// what shall happen: go on, yield, stall until released, or die. With it a test stops a producer
// in the middle of a push, or kills it at every step in turn, and looks at what the others see.
//
// Use: give each thread a `puppet` with a name and a hook, and run its body through it:
//
//   puppet producer("producer", stall_at(4));
//   std::thread t([&] { producer.run([&] { queue.push(7); }); });
//   REQUIRE(producer.wait_until_stalled());   // 3 steps done, the 4th not begun
//   ... look at the queue ...
//   producer.release();  t.join();
//
// Steps are numbered from 1 and stop before their effect: kill_at(k) leaves k-1 steps done.
// A thread without a puppet takes its steps undisturbed.
//
// Death is an exception of a private type that `run` catches. What a dead thread would still do to
// shared memory while it unwinds (a lock guard that unlocks) has no effect, because a thread that
// is really gone does nothing: stores are dropped, exchanges and fetches return the value and leave
// it, compare-exchange reports success and writes nothing so that no clean-up loops for ever.
//
// Thread safety: `run` belongs to one thread; wait_until_stalled, release and steps may be called
// from others. The puppet outlives its thread.

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <thread>
#include <utility>

#include "base/assert.hpp"
#include "base/rng.hpp"
#include "base/sync.hpp"

namespace cyclone::sync {

enum class operation : std::uint8_t {
    load,
    store,
    rmw,
    compare_exchange,
    wait,
    notify,
    lock,
    unlock,
    get,
    set,
    fence,
    pause,
    make,
    dispose
};
enum class verdict : std::uint8_t { go, yield, stall, kill };

struct step {
    std::uint64_t number;  // counts from 1 in each run
    operation what;
    std::source_location place;
};

// Called on the puppet's thread before each step; must not use the policy itself.
using step_hook = std::function<verdict(const step&)>;

inline step_hook stall_at(std::uint64_t number) {
    return [=](const step& s) { return s.number == number ? verdict::stall : verdict::go; };
}

inline step_hook kill_at(std::uint64_t number) {
    return [=](const step& s) { return s.number == number ? verdict::kill : verdict::go; };
}

// Yields before one step in `one_in` on average; the same seed yields at the same steps.
inline step_hook yield_one_in(std::uint64_t one_in, std::uint64_t seed) {
    CYCLONE_ASSERT(one_in > 0);
    return [one_in, random = std::make_shared<rng>(seed)](const step&) {
        return random->uniform(one_in) == 0 ? verdict::yield : verdict::go;
    };
}

class puppet {
 public:
    enum class outcome : std::uint8_t { finished, killed };

    explicit puppet(std::string name, step_hook hook = {})
        : name_(std::move(name)), hook_(std::move(hook)) {}
    puppet(const puppet&) = delete;
    puppet& operator=(const puppet&) = delete;

    // Runs `body` on the calling thread under the hook. Once for each puppet. An exception of the
    // body's own passes through.
    template <class F>
    outcome run(F&& body) {
        CYCLONE_ASSERT(current_ == nullptr);
        const ending at_end(*this);
        try {
            std::forward<F>(body)();
        } catch (const killed&) {
        }
        return dead_ ? outcome::killed : outcome::finished;
    }

    // Blocks until the thread stands still before a step (true), or has ended without (false).
    bool wait_until_stalled() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stalled_ || ended_; });
        return stalled_;
    }

    // Lets a stalled thread go on. Only after wait_until_stalled returned true.
    void release() {
        const std::lock_guard lock(mutex_);
        CYCLONE_ASSERT(stalled_);
        stalled_ = false;
        changed_.notify_all();
    }

    const std::string& name() const noexcept { return name_; }

    // Steps asked for, including the one that stalled or killed. Call it once the thread has
    // stalled or was joined.
    std::uint64_t steps() const noexcept { return steps_; }

    // Asks the hook of the running thread. False: the thread is dead and the step has no effect.
    static bool before(operation what, const std::source_location& place) {
        return current_ == nullptr || current_->take(what, place);
    }

 private:
    struct killed {};

    // Puts the puppet in charge of the thread, and tells a waiter when the body is over.
    struct ending {
        explicit ending(puppet& p) : owner(p) { current_ = &p; }
        ~ending() {
            current_ = nullptr;
            const std::lock_guard lock(owner.mutex_);
            owner.ended_ = true;
            owner.changed_.notify_all();
        }
        ending(const ending&) = delete;
        ending& operator=(const ending&) = delete;
        puppet& owner;
    };

    bool take(operation what, const std::source_location& place) {
        if (!dead_) {
            const verdict v = hook_ ? hook_({++steps_, what, place}) : (++steps_, verdict::go);
            if (v == verdict::yield) std::this_thread::yield();
            if (v == verdict::stall) stall();
            dead_ = v == verdict::kill;
        }
        if (!dead_) return true;
        // A throw while another exception unwinds would end the process, not the thread.
        if (std::uncaught_exceptions() == 0) throw killed{};
        return false;
    }

    void stall() {
        std::unique_lock lock(mutex_);
        stalled_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !stalled_; });
    }

    static inline thread_local puppet* current_ = nullptr;

    std::string name_;
    step_hook hook_;
    std::uint64_t steps_ = 0;
    bool dead_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stalled_ = false;  // under mutex_
    bool ended_ = false;    // under mutex_
};

struct failing {
    static constexpr bool k_nothrow = false;
    using location = std::source_location;

    template <class T>
    class atomic {
     public:
        constexpr atomic() noexcept = default;
        constexpr explicit atomic(T value) noexcept : value_(value) {}

        T load(std::memory_order o, location at = location::current()) const {
            puppet::before(operation::load, at);
            return value_.load(o);
        }
        void store(T v, std::memory_order o, location at = location::current()) {
            if (puppet::before(operation::store, at)) value_.store(v, o);
        }
        T exchange(T v, std::memory_order o, location at = location::current()) {
            return rmw(at, [&] { return value_.exchange(v, o); });
        }

        bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                     std::memory_order failure, location at = location::current()) {
            if (!puppet::before(operation::compare_exchange, at)) return true;
            return value_.compare_exchange_strong(expected, desired, success, failure);
        }
        bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                                   std::memory_order failure, location at = location::current()) {
            if (!puppet::before(operation::compare_exchange, at)) return true;
            return value_.compare_exchange_weak(expected, desired, success, failure);
        }

        T fetch_add(detail::difference<T> d, std::memory_order o,
                    location at = location::current()) {
            return rmw(at, [&] { return value_.fetch_add(d, o); });
        }
        T fetch_sub(detail::difference<T> d, std::memory_order o,
                    location at = location::current()) {
            return rmw(at, [&] { return value_.fetch_sub(d, o); });
        }
        T fetch_and(T v, std::memory_order o, location at = location::current()) {
            return rmw(at, [&] { return value_.fetch_and(v, o); });
        }
        T fetch_or(T v, std::memory_order o, location at = location::current()) {
            return rmw(at, [&] { return value_.fetch_or(v, o); });
        }
        T fetch_xor(T v, std::memory_order o, location at = location::current()) {
            return rmw(at, [&] { return value_.fetch_xor(v, o); });
        }

        void wait(T old, std::memory_order o, location at = location::current()) const {
            if (puppet::before(operation::wait, at)) value_.wait(old, o);
        }
        void notify_one(location at = location::current()) {
            if (puppet::before(operation::notify, at)) value_.notify_one();
        }
        void notify_all(location at = location::current()) {
            if (puppet::before(operation::notify, at)) value_.notify_all();
        }

     private:
        template <class F>
        T rmw(const location& at, F effect) {
            if (puppet::before(operation::rmw, at)) return effect();
            return value_.load(std::memory_order_relaxed);
        }

        std::atomic<T> value_{};
    };

    // A mutex that its holder took along when it died stays held; the dead unlock nothing.
    class mutex {
     public:
        void lock(location at = location::current()) {
            if (puppet::before(operation::lock, at)) held_.lock();
        }
        [[nodiscard]] bool try_lock(location at = location::current()) {
            return puppet::before(operation::lock, at) && held_.try_lock();
        }
        void unlock(location at = location::current()) {
            if (puppet::before(operation::unlock, at)) held_.unlock();
        }

     private:
        std::mutex held_;
    };

    template <class T>
    class var {
     public:
        constexpr var() = default;
        constexpr explicit var(T value) : value_(std::move(value)) {}

        T get(location at = location::current()) const {
            puppet::before(operation::get, at);
            return value_;
        }
        void set(T value, location at = location::current()) {
            if (puppet::before(operation::set, at)) value_ = std::move(value);
        }

     private:
        T value_{};
    };

    static void fence(std::memory_order order, location at = location::current()) {
        if (puppet::before(operation::fence, at)) detail::fence(order);
    }
    static void pause(location at = location::current()) {
        if (puppet::before(operation::pause, at)) std::this_thread::yield();
    }

    // What a killed thread would have freed is lost, as its memory would be.
    template <class T, class... Args>
    [[nodiscard]] static T* make(Args&&... args) {
        puppet::before(operation::make, location::current());
        return new T(std::forward<Args>(args)...);
    }
    template <class T>
    static void dispose(T* old, location at = location::current()) {
        if (puppet::before(operation::dispose, at)) delete old;
    }
};
static_assert(policy<failing>);

}  // namespace cyclone::sync
