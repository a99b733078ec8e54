// A mutex and a condition variable around a number of notifies: obviously correct, so everything
// else is held to it.
//
// Source      Hoare 1974 (the condition variable); Reed and Kanodia 1979 (the number is their
//             eventcount)
// Cost        notify: the mutex, and a system call only if somebody sleeps; prepare: the mutex
// Progress    blocking throughout
// Invariants  I1 epoch_ and asleep_ are touched only under mutex_
//             I2 a key is the epoch at its prepare(); a thread sleeps only while that is the epoch
// Limits      every sleep is ended by every notify, also by notify_one()
#pragma once

#include "variants/wake/condvar.hpp"
#include "wake/wake.hpp"

namespace cyclone::wake {

template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native>
class condvar_oracle {
 public:
    static constexpr traits k_traits{.notifies = progress::blocking,
                                     .prepares = progress::blocking};
    static constexpr bool k_counts = Work::k_counts;
    static constexpr await_mutant k_await_mutant = Mutant == 4   ? await_mutant::no_second_look
                                                   : Mutant == 5 ? await_mutant::looks_before_only
                                                                 : await_mutant::none;

    [[nodiscard]] result<void> open() noexcept { return {}; }

    [[nodiscard]] key prepare() {
        mutex_.lock();
        const key seen{epoch_.get()};
        mutex_.unlock();
        return seen;
    }
    void cancel(key) noexcept {}

    void sleep(key seen) {
        mutex_.lock();
        asleep_.set(asleep_.get() + 1);
        if constexpr (Mutant == 1) {  // the look and the sleep are two critical sections
            const bool moved = epoch_.get() != seen.value;
            mutex_.unlock();
            mutex_.lock();
            if (!moved) wait();
        } else {
            while (epoch_.get() == seen.value) wait();
        }
        asleep_.set(asleep_.get() - 1);
        mutex_.unlock();
    }

    void notify_one() { notify_all(); }
    void notify_all() {
        mutex_.lock();
        if constexpr (Mutant != 2) epoch_.set(epoch_.get() + 1);
        const bool anybody = asleep_.get() != 0;
        mutex_.unlock();
        if (!anybody) return;
        asks_.add();
        moved_.notify_all();
    }

    [[nodiscard]] std::uint64_t asks() const noexcept { return asks_.made(); }

 private:
    void wait() {
        asks_.add();
        moved_.wait(mutex_);
    }

    typename Sync::mutex mutex_;
    condvar<Sync, Mutant == 3 ? 1 : Mutant == 6 ? 2 : 0> moved_;
    typename Sync::template var<std::uint64_t> epoch_{0};
    typename Sync::template var<std::uint64_t> asleep_{0};  // between the locks of sleep()
    [[no_unique_address]] ask_count<Work> asks_;
};

}  // namespace cyclone::wake
