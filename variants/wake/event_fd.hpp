// The kernel's event counter, and a flag that says whether anybody wants it written: for one thread
// that sleeps where it could also watch sockets (fd()).
//
// Source      eventfd(2); the flag is what event loops call coalescing: of a burst of notifies only
//             the first makes the system call
// Cost        notify: a fence and a load; the first one after a prepare also an exchange and a
//             system call. prepare: a store and a fence. sleep: two system calls
// Progress    wait-free but for the sleep
// Orders      Fences as in futex_word.hpp: if notify's is first the look sees the publication, else
//             notify sees the raised flag (W1). What a notify carries to the sleeper goes through
//             the kernel's number (W2): the thread that writes it is the one whose exchange took
//             the flag down, so everything can be relaxed
// Invariants  I1 the flag is raised by the sleeper only, and before its second look
//             I2 who takes the flag down adds to the number, before anything else it does
//             I3 outside sleep() the number is at most what came of notifies that found a thread
//                which then cancelled; sleep() takes it whole
// Limits      one sleeper. A thread stopped inside notify, the flag down and the number not yet
//             written, holds back the wakes of all others. At most one write follows each prepare,
//             so the number never comes near its end
#pragma once

#include <cerrno>

#include "wake/event.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class event_fd {
    using event = event_of<Sync>;

 public:
    static constexpr traits k_traits{.sleeps = sleepers::one, .remembers = true};
    static constexpr bool k_counts = Work::k_counts;

    [[nodiscard]] result<void> open() {
        using counting = typename event::counting;
        return event_.open(Mutant == 7 ? counting::one_by_one : counting::all);
    }

    [[nodiscard]] key prepare() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant == 3) return {};
        wanted_.store(true, std::memory_order_relaxed);
        if constexpr (Mutant != 2) Sync::fence(std::memory_order_seq_cst);
        return {};
    }
    void cancel(key) noexcept(Sync::k_nothrow) {
        if constexpr (Mutant != 5) wanted_.store(false, std::memory_order_relaxed);
    }

    void sleep(key) noexcept(Sync::k_nothrow) {
        // The flag goes up after the second look: a notify in between is for nobody.
        if constexpr (Mutant == 3) wanted_.store(true, std::memory_order_relaxed);
        asks_.add();
        if constexpr (Mutant == 6) {  // takes the number once, not every time
            event_.wait();
            if (!taken_) static_cast<void>(event_.try_take());
            taken_ = true;
        } else {
            event_.take();
        }
        if constexpr (Mutant == 8) wanted_.store(true, std::memory_order_relaxed);
    }

    void notify_one() noexcept(Sync::k_nothrow) { notify_all(); }
    void notify_all() noexcept(Sync::k_nothrow) {
        if constexpr (Mutant != 1) Sync::fence(std::memory_order_seq_cst);
        if (!wanted_.load(std::memory_order_relaxed)) return;
        if (!wanted_.exchange(false, std::memory_order_relaxed)) return;
        asks_.add();
        // Interrupted, nothing was written, and nobody else will write: the flag is down. A number
        // at its end (EAGAIN) wakes as it is.
        while (event_.try_post(1) == EINTR && Mutant != 4) {
        }
    }

    [[nodiscard]] std::uint64_t asks() const noexcept { return asks_.made(); }
    /// Becomes readable when a notify ends the sleep: for epoll. After that, sleep() returns at
    /// once.
    [[nodiscard]] int fd() const noexcept requires requires(const event& e) { e.fd(); }
    { return event_.fd(); }

 private:
    event event_;
    typename Sync::template atomic<bool> wanted_{false};
    bool taken_ = false;  // the sleeper's; for the seeded bug only
    [[no_unique_address]] ask_count<Work> asks_;
};

}  // namespace cyclone::wake
