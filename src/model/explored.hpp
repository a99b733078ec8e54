// The sync policy of the explorer: every step is an event of an execution graph, and what a read
// returns is a choice of model::check (check.hpp). The code is the code that ships; only its
// atomics are others.
//
//   atomic<T>   T is trivially copyable, of 8 bytes at most, without padding. The object holds a
//               name only; its values are in the graph.
//   var<T>      holds the real T. Accesses are events that may race and never branch.
//   mutex       lock takes 0 to 1 by an acquiring read-modify-write and waits while it cannot;
//               unlock is a releasing store. Unlocking what one does not hold is an error.
//   wait, notify_one, notify_all   as a futex does it: a waiter joins the queue of its atomic and
//               looks at the value once more, in one step as far as notifiers can tell; a notifier
//               takes waiters off the queue, the oldest first. Joining acquires and notifying
//               releases, because the kernel's lock on the queue orders them: a waiter that queues
//               up after a notification sees what was stored before it. Being woken orders nothing:
//               what the woken thread sees depends on its own loads. A wake-up that nobody sent is
//               not modelled.
//   pause       a turn of a loop that waits. If it read what the turn before it read, and wrote
//               nothing, the loop goes on only when that changes. So pause() has no place in a loop
//               that ends by itself: one that counts its turns looks like one that hangs, and
//               what it does after the last of them is not seen. Nothing here can tell: leave
//               pause() out of such a loop.
//   compare_exchange_weak   fails for no reason options::spurious_max times at one place in the
//               code, for each thread; more failures than that are not seen.
//   make, dispose   memory from the arena: use after disposal, double disposal and leaks are found.
//
// Beside the policy: condvar, event_counter (an eventfd) and await, for protocols that block.
//
// Source  the futex of Linux (futex(2)); the events are those of graph.hpp
// Cost    two fiber switches a step, and what the explorer does with it
// Errors  findings of the exploration. Steps outside of model::check end the program, except that
//         objects may be made and ended there; they are of no use inside
// Thread-safety: threads here are model::thread; an object belongs to one check
#pragma once

#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/sync.hpp"
#include "model/arena.hpp"
#include "model/runtime.hpp"

namespace cyclone::model::detail {

template <class T>
constexpr std::uint64_t encode(T value) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    return bits;
}
template <class T>
T decode(std::uint64_t bits) noexcept {
    T value;
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}
template <class T>
inline constexpr std::uint64_t k_mask = sizeof(T) == 8
                                            ? ~std::uint64_t{0}
                                            : (std::uint64_t{1} << (8 * sizeof(T) % 64)) - 1;

namespace effects {
inline std::uint64_t exchange(std::uint64_t, std::uint64_t v) { return v; }
inline std::uint64_t add(std::uint64_t b, std::uint64_t v) { return b + v; }
inline std::uint64_t subtract(std::uint64_t b, std::uint64_t v) { return b - v; }
inline std::uint64_t both(std::uint64_t b, std::uint64_t v) { return b & v; }
inline std::uint64_t either(std::uint64_t b, std::uint64_t v) { return b | v; }
inline std::uint64_t differ(std::uint64_t b, std::uint64_t v) { return b ^ v; }
}  // namespace effects

// The name of a type, for messages; ends at the bracket that closes the signature's list.
template <class T>
const char* name_of_type() noexcept {
    static constexpr std::string_view k_signature = __PRETTY_FUNCTION__;
    static constexpr std::size_t k_from = k_signature.find("T = ") + 4;
    static constexpr std::size_t k_size = k_signature.size() - k_from - 1;
    static constexpr auto k_text = [] {
        std::array<char, k_size + 1> text{};
        for (std::size_t i = 0; i < k_size; ++i) text[i] = k_signature[k_from + i];
        return text;
    }();
    return k_text.data();
}

// Bits of a plain object as traces show them; 0 for what has no bits of its own.
template <class T>
constexpr std::size_t shown_bytes() noexcept {
    return std::is_trivially_copyable_v<T> && sizeof(T) <= 8 ? sizeof(T) : 0;
}

template <class T>
class explored_atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8,
                  "explored: an atomic holds a trivially copyable type of 8 bytes at most");
    static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>,
                  "explored: padding has no value, so a type with padding cannot be compared; "
                  "give the padding a name");
    using site = std::source_location;
    using order = std::memory_order;
    using difference = sync::detail::difference<T>;

 public:
    // The place is this line, not the caller's: clang 19 takes a default argument that names the
    // caller for a constant inside of aggregates, and refuses them.
    explored_atomic() : explored_atomic(T{}, site::current()) {}
    explicit explored_atomic(T value, site at = site::current())
        : where_(init(true, encode(value), nullptr, 0, at)) {}
    explored_atomic(const explored_atomic&) = delete;
    explored_atomic& operator=(const explored_atomic&) = delete;
    ~explored_atomic() { drop(where_, true, site::current()); }

    T load(order o, site at = site::current()) const {
        return decode<T>(detail::load(where_, o, at));
    }
    void store(T v, order o, site at = site::current()) { detail::store(where_, encode(v), o, at); }
    T exchange(T v, order o, site at = site::current()) {
        return change(effects::exchange, encode(v), o, at);
    }

    bool compare_exchange_strong(T& expected, T desired, order success, order failure,
                                 site at = site::current()) {
        return compare(expected, desired, success, failure, false, at);
    }
    bool compare_exchange_weak(T& expected, T desired, order success, order failure,
                               site at = site::current()) {
        return compare(expected, desired, success, failure, true, at);
    }

    T fetch_add(difference d, order o, site at = site::current()) requires(
        !std::is_floating_point_v<T>)  // the sum of two patterns of bits is no sum
    {
        return change(effects::add, amount(d), o, at);
    }
    T fetch_sub(difference d, order o,
                site at = site::current()) requires(!std::is_floating_point_v<T>) {
        return change(effects::subtract, amount(d), o, at);
    }
    T fetch_and(T v, order o, site at = site::current()) {
        return change(effects::both, encode(v), o, at);
    }
    T fetch_or(T v, order o, site at = site::current()) {
        return change(effects::either, encode(v), o, at);
    }
    T fetch_xor(T v, order o, site at = site::current()) {
        return change(effects::differ, encode(v), o, at);
    }

    void wait(T old, order o, site at = site::current()) const {
        wait_while(where_, encode(old), o, at);
    }
    void notify_one(site at = site::current()) { wake(where_, false, at); }
    void notify_all(site at = site::current()) { wake(where_, true, at); }

    /// For await, and for those who read graphs.
    [[nodiscard]] location where() const noexcept { return where_; }

 private:
    static std::uint64_t amount(difference d) noexcept {
        if constexpr (std::is_pointer_v<T>) {
            return static_cast<std::uint64_t>(d) * sizeof(std::remove_pointer_t<T>);
        } else {
            return encode(d);
        }
    }

    T change(effect_fn effect, std::uint64_t operand, order o, site at) {
        return decode<T>(update(where_, effect, operand, k_mask<T>, o, at));
    }

    bool compare(T& expected, T desired, order success, order failure, bool weak, site at) {
        request r;
        r.what = ask::compare;
        r.where = where_;
        r.expected = encode(expected);
        r.value = encode(desired);
        r.order = success;
        r.failure = failure;
        r.weak = weak;
        r.site = at;
        perform(r);
        if (!r.success) expected = decode<T>(r.seen);
        return r.success;
    }

    location where_;
};

template <class T>
class explored_var {
    using site = std::source_location;

 public:
    explored_var() : value_(), where_(made(site::current())) {}
    explicit explored_var(T value, site at = site::current())
        : value_(std::move(value)), where_(made(at)) {}
    explored_var(const explored_var& other, site at = site::current())
        : value_(other.get(at)), where_(made(at)) {}
    explored_var& operator=(const explored_var& other) {
        if (this != &other) set(other.get());
        return *this;
    }
    ~explored_var() { drop(where_, false, site::current()); }

    T get(site at = site::current()) const {
        access(ask::get, &value_, at);
        return value_;
    }
    void set(T value, site at = site::current()) {
        access(ask::set, &value, at);
        value_ = std::move(value);
    }

    [[nodiscard]] location where() const noexcept { return where_; }

 private:
    location made(site at) const { return init(false, 0, &value_, shown_bytes<T>(), at); }

    void access(ask what, const T* bits, site at) const {
        request r;
        r.what = what;
        r.where = where_;
        r.data = bits;
        r.bytes = shown_bytes<T>();
        r.site = at;
        perform(r);
    }

    T value_;
    location where_;
};

class explored_mutex {
    using site = std::source_location;

 public:
    explored_mutex() : where_(init(true, 0, nullptr, 0, site::current())) {}
    explored_mutex(const explored_mutex&) = delete;
    explored_mutex& operator=(const explored_mutex&) = delete;
    ~explored_mutex();

    void lock(site at = site::current());
    [[nodiscard]] bool try_lock(site at = site::current());
    void unlock(site at = site::current());

 private:
    void taken() noexcept;

    location where_;
    std::uint32_t holder_ = 0;  // thread plus one; written by who locks, so the lock orders it
};

}  // namespace cyclone::model::detail

namespace cyclone::sync {

struct explored {
    static constexpr bool k_nothrow = true;  // a thread that ends in the middle is dropped

    template <class T>
    using atomic = model::detail::explored_atomic<T>;
    template <class T>
    using var = model::detail::explored_var<T>;
    using mutex = model::detail::explored_mutex;

    static void fence(std::memory_order order,
                      std::source_location at = std::source_location::current());
    static void pause(std::source_location at = std::source_location::current());

    template <class T, class... Args>
    [[nodiscard]] static T* make(Args&&... args) {
        void* const p =
            model::detail::make_block(sizeof(T), alignof(T), model::detail::name_of_type<T>(),
                                      std::source_location::current());
        return ::new (p) T(std::forward<Args>(args)...);
    }
    template <class T>
    static void dispose(T* old, std::source_location at = std::source_location::current()) {
        if (old == nullptr) return;
        model::detail::dispose_block(old, at);
        delete old;
    }
};
static_assert(policy<explored>);

}  // namespace cyclone::sync

namespace cyclone::model {

using explored = sync::explored;

/// Loads until `wanted(value)`, without turns in between: a loop that the explorer need not unroll.
/// `wanted` depends on its argument and on constants only.
template <class T, class Predicate>
T await(const sync::explored::atomic<T>& from, std::memory_order order, const Predicate& wanted,
        std::source_location at = std::source_location::current()) {
    detail::request r;
    r.what = detail::ask::await;
    r.where = from.where();
    r.order = order;
    r.site = at;
    r.context = &wanted;
    r.wanted = [](const void* predicate, std::uint64_t bits) {
        return static_cast<bool>(
            (*static_cast<const Predicate*>(predicate))(detail::decode<T>(bits)));
    };
    detail::perform(r);
    return detail::decode<T>(r.seen);
}

/// A condition variable: wait gives the mutex up and queues in one step; the oldest waiter is
/// notified first. It does not wake for nothing.
class condvar {
    using site = std::source_location;

 public:
    explicit condvar(site at = site::current()) : queue_(detail::init(true, 0, nullptr, 0, at)) {}
    condvar(const condvar&) = delete;
    condvar& operator=(const condvar&) = delete;
    ~condvar() { detail::drop(queue_, true, site::current()); }

    void wait(sync::explored::mutex& held, site at = site::current());
    void notify_one(site at = site::current()) { detail::call_first(queue_, at); }
    void notify_all(site at = site::current()) { detail::call_all(queue_, at); }

 private:
    location queue_;
};

/// An eventfd: a counter that the kernel guards, so that every operation is ordered with every
/// other. It does not overflow here: a post that would make it is an error.
class event_counter {
    using site = std::source_location;

 public:
    explicit event_counter(std::uint64_t initial = 0, site at = site::current())
        : where_(detail::init(true, initial, nullptr, 0, at)) {}
    event_counter(const event_counter&) = delete;
    event_counter& operator=(const event_counter&) = delete;
    ~event_counter() { detail::drop(where_, true, site::current()); }

    /// write(2): adds n > 0.
    void post(std::uint64_t n = 1, site at = site::current());
    /// read(2): waits until it is not 0, returns what was there and leaves 0; one less with
    /// EFD_SEMAPHORE, which returns 1.
    std::uint64_t take(bool semaphore = false, site at = site::current());
    /// The same with EFD_NONBLOCK: 0 instead of waiting.
    std::uint64_t try_take(bool semaphore = false, site at = site::current());

 private:
    location where_;
};

}  // namespace cyclone::model
