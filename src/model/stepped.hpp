#pragma once
// The sync policy of the second engine: sync::native's interface, and before each step control goes
// to a scheduler (schedule.hpp) that decides who goes on. Memory is sequentially consistent; the
// memory orders are reported and have no effect.
//
// Everything has the size and the alignment that it has under sync::native, so that what is counted
// by cache line is the layout that ships; `counted` is the same policy under the name that says
// what for. Not counted on: a weak compare-exchange does not fail for nothing here.
//
// Cost        two fiber switches a step
// Invariants  the effect of a step happens after its turn has come and before anyone else's
// Errors      a mutex locked twice by its holder, unlocked by another, use of what was disposed of,
//             double disposal: the run fails and says where
// Thread-safety: the tasks of one scheduler; without one, one thread, and steps are undisturbed.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "base/sync.hpp"
#include "model/schedule.hpp"

namespace cyclone::model::steps {

/// One step from its turn to its effect: made before the effect, gone after it.
class turn {
 public:
    turn(action what, const void* where, std::size_t size, std::memory_order order,
         const std::source_location& site)
        : turn(scheduler::here(), {what, order, static_cast<std::uint32_t>(size), where, site}) {}
    ~turn() {
        if (scheduler_ != nullptr) scheduler_->after(value_, changed_);
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    void read(std::uint64_t value) noexcept { value_ = value; }
    void wrote(std::uint64_t before, std::uint64_t now) noexcept {
        value_ = now;
        changed_ = before != now;
    }
    void changed() noexcept { changed_ = true; }

 private:
    turn(scheduler* by, const point& p) : scheduler_(by) {
        if (scheduler_ != nullptr) scheduler_->before(p);
    }

    scheduler* scheduler_;
    std::uint64_t value_ = 0;
    bool changed_ = false;
};

/// The value representation of what an atomic can hold.
template <class T>
[[nodiscard]] std::uint64_t bits_of(const T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8,
                  "atomics of the models hold trivially copyable types of up to 8 bytes");
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
}

}  // namespace cyclone::model::steps

namespace cyclone::sync {

struct stepped {
    static constexpr bool k_nothrow = true;
    using location = std::source_location;
    using order = std::memory_order;

    template <class T>
    class atomic {
        using action = model::steps::action;
        using turn = model::steps::turn;

     public:
        constexpr atomic() noexcept = default;
        constexpr explicit atomic(T value) noexcept : value_(value) {}
        atomic(const atomic&) = delete;
        atomic& operator=(const atomic&) = delete;

        T load(order o, location at = location::current()) const {
            turn t(action::load, this, sizeof(T), o, at);
            t.read(model::steps::bits_of(value_));
            return value_;
        }
        void store(T v, order o, location at = location::current()) {
            turn t(action::store, this, sizeof(T), o, at);
            put(t, v);
        }
        T exchange(T v, order o, location at = location::current()) {
            return rmw(o, at, [&](T) { return v; });
        }
        bool compare_exchange_strong(T& expected, T desired, order success, order,
                                     location at = location::current()) {
            turn t(action::compare_exchange, this, sizeof(T), success, at);
            if (model::steps::bits_of(value_) == model::steps::bits_of(expected)) {
                put(t, desired);
                return true;
            }
            t.read(model::steps::bits_of(value_));
            expected = value_;
            return false;
        }
        bool compare_exchange_weak(T& expected, T desired, order success, order failure,
                                   location at = location::current()) {
            return compare_exchange_strong(expected, desired, success, failure, at);
        }

        T fetch_add(detail::difference<T> d, order o, location at = location::current()) {
            return rmw(o, at, [&](T v) { return static_cast<T>(v + d); });
        }
        T fetch_sub(detail::difference<T> d, order o, location at = location::current()) {
            return rmw(o, at, [&](T v) { return static_cast<T>(v - d); });
        }
        T fetch_and(T d, order o, location at = location::current()) {
            return rmw(o, at, [&](T v) { return static_cast<T>(v & d); });
        }
        T fetch_or(T d, order o, location at = location::current()) {
            return rmw(o, at, [&](T v) { return static_cast<T>(v | d); });
        }
        T fetch_xor(T d, order o, location at = location::current()) {
            return rmw(o, at, [&](T v) { return static_cast<T>(v ^ d); });
        }

        void wait(T old, order o, location at = location::current()) const {
            model::steps::scheduler* const s = model::steps::scheduler::here();
            const std::uint64_t bits = model::steps::bits_of(old);
            if (s == nullptr) {
                // Nobody else runs who could change it.
                CYCLONE_ASSERT(model::steps::bits_of(value_) != bits);
                return;
            }
            s->before({action::wait, o, sizeof(T), this, at});
            for (;;) {
                s->after(model::steps::bits_of(value_), false);
                if (model::steps::bits_of(value_) != bits) return;
                s->sleep_at(this, bits, sizeof(T));
            }
        }
        void notify_one(location at = location::current()) { notify(false, at); }
        void notify_all(location at = location::current()) { notify(true, at); }

     private:
        void put(turn& t, T v) {
            t.wrote(model::steps::bits_of(value_), model::steps::bits_of(v));
            value_ = v;
        }
        template <class F>
        T rmw(order o, const location& at, F next) {
            turn t(action::rmw, this, sizeof(T), o, at);
            const T before = value_;
            put(t, next(before));
            return before;
        }
        void notify(bool all, const location& at) {
            const turn t(action::notify, this, sizeof(T), order::relaxed, at);
            if (auto* const s = model::steps::scheduler::here()) s->wake_at(this, all);
        }

        alignas(native::atomic<T>) T value_{};
    };

    class mutex {
     public:
        constexpr mutex() noexcept = default;
        mutex(const mutex&) = delete;
        mutex& operator=(const mutex&) = delete;

        void lock(location at = location::current()) {
            if (auto* const s = model::steps::scheduler::here()) {
                if (holder_ == s->running() + 1) {
                    s->note(model::fault::requirement,
                            "a thread locks a mutex that it holds, at " + model::steps::text(at));
                    s->stop();
                }
                s->before_when(
                    {model::steps::action::lock, order::acquire, sizeof holder_, &holder_, at},
                    is_free, this);
                holder_ = s->running() + 1;
                s->after(holder_, true);
                return;
            }
            CYCLONE_ASSERT(holder_ == 0);
            holder_ = k_outside;
        }
        [[nodiscard]] bool try_lock(location at = location::current()) {
            model::steps::turn t(model::steps::action::try_lock, &holder_, sizeof holder_,
                                 order::acquire, at);
            if (holder_ != 0) return false;
            auto* const s = model::steps::scheduler::here();
            holder_ = s == nullptr ? k_outside : s->running() + 1;
            t.wrote(0, holder_);
            return true;
        }
        void unlock(location at = location::current()) {
            model::steps::turn t(model::steps::action::unlock, &holder_, sizeof holder_,
                                 order::release, at);
            auto* const s = model::steps::scheduler::here();
            if (s != nullptr && holder_ != s->running() + 1) {
                s->note(
                    model::fault::requirement,
                    "a thread unlocks a mutex that it does not hold, at " + model::steps::text(at));
                s->stop();
            }
            t.wrote(holder_, 0);
            holder_ = 0;
        }

     private:
        static constexpr std::uint32_t k_outside = ~std::uint32_t{0};
        static bool is_free(const void* self) {
            return static_cast<const mutex*>(self)->holder_ == 0;
        }

        alignas(native::mutex) std::uint32_t holder_ = 0;  ///< 1 + task; 0: free
        [[maybe_unused]] std::byte rest_[sizeof(native::mutex) - sizeof(std::uint32_t)]{};
    };

    template <class T>
    class var {
     public:
        constexpr var() = default;
        constexpr explicit var(T value) : value_(std::move(value)) {}

        T get(location at = location::current()) const {
            const step s(model::steps::action::get, this, at);
            return value_;
        }
        void set(T value, location at = location::current()) {
            step s(model::steps::action::set, this, at);
            s.change();
            value_ = std::move(value);
        }

     private:
        /// Like turn, but only where plain data is to be stepped on.
        class step {
         public:
            step(model::steps::action what, const void* where, const location& at)
                : scheduler_(model::steps::scheduler::here()) {
                if (scheduler_ != nullptr && !scheduler_->plain_steps()) scheduler_ = nullptr;
                if (scheduler_ != nullptr)
                    scheduler_->before(
                        {what, order::relaxed, static_cast<std::uint32_t>(sizeof(T)), where, at});
            }
            ~step() {
                if (scheduler_ != nullptr) scheduler_->after(0, changed_);
            }
            step(const step&) = delete;
            step& operator=(const step&) = delete;
            void change() noexcept { changed_ = true; }

         private:
            model::steps::scheduler* scheduler_;
            bool changed_ = false;
        };

        T value_{};
    };

    static void fence(order o, location at = location::current()) {
        const model::steps::turn t(model::steps::action::fence, nullptr, 0, o, at);
    }
    static void pause(location at = location::current()) {
        const model::steps::turn t(model::steps::action::pause, nullptr, 0, order::relaxed, at);
    }

    template <class T, class... Args>
    [[nodiscard]] static T* make(Args&&... args) {
        const location at = location::current();
        auto* const s = model::steps::scheduler::in_charge();
        if (s == nullptr) return new T(std::forward<Args>(args)...);
        { const model::steps::turn t(model::steps::action::make, nullptr, 0, order::relaxed, at); }
        return ::new (s->allocate(sizeof(T), alignof(T), at)) T(std::forward<Args>(args)...);
    }
    template <class T>
    static void dispose(T* old, location at = location::current()) {
        if (old == nullptr) return;
        auto* const s = model::steps::scheduler::in_charge();
        const std::uint32_t size = s == nullptr ? 0 : s->size_of(old);
        if (size == 0) {
            delete old;
            return;
        }
        {
            const model::steps::turn t(model::steps::action::dispose, old, size, order::relaxed,
                                       at);
            if (!s->alive(old)) s->release(old, at);  // says that it is the second time
        }
        old->~T();
        s->release(old, at);
    }
};
static_assert(policy<stepped>);
static_assert(sizeof(stepped::atomic<int>) == sizeof(native::atomic<int>));
static_assert(sizeof(stepped::atomic<void*>) == sizeof(native::atomic<void*>));
static_assert(sizeof(stepped::mutex) == sizeof(native::mutex));

/// The coherence counter's name for it: what is counted is the layout.
using counted = stepped;

}  // namespace cyclone::sync

/// What bodies under sync::stepped say beside the policy. On a task only, unless said otherwise.
namespace cyclone::model::steps {

using location = std::source_location;

/// The scheduler of the running task; asking outside of one is a mistake of the body.
[[nodiscard]] inline scheduler& mine() {
    CYCLONE_ASSERT(scheduler::here() != nullptr);  // call it from inside a body
    return *scheduler::here();
}

inline void require(bool holds, const char* what = "requirement",
                    location at = location::current()) {
    if (!holds) {
        mine().note(fault::requirement, std::string(what) + " at " + text(at));
        mine().stop();
    }
}
/// This run is of no interest unless it holds.
inline void assume(bool holds) {
    if (!holds) mine().drop();
}

/// The virtual clock. It moves only when no thread can go on otherwise: a loop that waits for the
/// time must sleep.
[[nodiscard]] inline std::uint64_t now() { return mine().now(); }
inline void sleep_until(std::uint64_t when, location at = location::current()) {
    mine().sleep_until(when, at);
}

/// What traces call it.
inline void name(const void* where, std::string text) {
    mine().name_memory(where, std::move(text));
}

class thread {
 public:
    explicit thread(std::function<void()> body) : id_(mine().add(std::move(body))) {}
    thread(const thread&) = delete;
    thread& operator=(const thread&) = delete;
    ~thread() { join(); }
    void join(location at = location::current()) {
        if (!joined_) mine().join(id_, at);
        joined_ = true;
    }

 private:
    std::uint32_t id_;
    bool joined_ = false;
};

/// A counter that a thread can sleep on, as a kernel's event descriptor in its plain mode.
class event {
 public:
    void post(std::uint64_t n = 1, location at = location::current()) {
        turn t(action::post, &count_, sizeof count_, std::memory_order_acq_rel, at);
        t.wrote(count_, count_ + n);
        count_ += n;
    }
    /// Waits until there is something and takes all of it.
    std::uint64_t take(location at = location::current()) {
        scheduler& s = mine();
        s.before_when(
            {action::take, std::memory_order_acq_rel, sizeof count_, &count_, at},
            [](const void* self) { return static_cast<const event*>(self)->count_ > 0; }, this);
        const std::uint64_t got = std::exchange(count_, 0);
        s.after(got, true);
        return got;
    }
    std::uint64_t try_take(location at = location::current()) {
        turn t(action::take, &count_, sizeof count_, std::memory_order_acq_rel, at);
        t.wrote(count_, 0);
        return std::exchange(count_, 0);
    }

 private:
    std::uint64_t count_ = 0;
};

/// An operation of an object, for what is said and counted by operation.
class operation {
 public:
    explicit operation(const char* name) { mine().begin_operation(name); }
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;
    ~operation() { mine().end_operation(how_); }
    void ends(outcome how) noexcept { how_ = how; }

 private:
    outcome how_ = outcome::done;
};

}  // namespace cyclone::model::steps
