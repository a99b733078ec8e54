// Which event counter a waker sleeps on, by sync policy: the kernel's under the native policy, and
// under any other one made of that policy's own words, so that the same waker can be explored,
// counted and stopped at every step. A policy with a better one says so by specialising event_for.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "base/sync.hpp"
#include "sys/event.hpp"

namespace cyclone::wake {

/// What sys::event is, in a word. Waiting is a loop that pauses: the policy knows what to do with
/// such loops. Every access both acquires and releases, as the kernel's lock makes it.
template <sync::policy Sync>
class word_event {
 public:
    using counting = sys::event::counting;

    [[nodiscard]] result<void> open(counting how = counting::all) {
        how_ = how;
        return {};
    }
    [[nodiscard]] int try_post(std::uint64_t n) noexcept(Sync::k_nothrow) {
        number_.fetch_add(n, std::memory_order_acq_rel);
        return 0;
    }
    void wait() noexcept(Sync::k_nothrow) {
        while (number_.load(std::memory_order_acquire) == 0) Sync::pause();
    }
    [[nodiscard]] std::uint64_t try_take() noexcept(Sync::k_nothrow) {
        if (how_ == counting::all) return number_.exchange(0, std::memory_order_acq_rel);
        std::uint64_t seen = number_.load(std::memory_order_acquire);
        while (seen != 0) {
            if (number_.compare_exchange_strong(seen, seen - 1, std::memory_order_acq_rel,
                                                std::memory_order_acquire)) {
                return 1;
            }
        }
        return 0;
    }
    std::uint64_t take() noexcept(Sync::k_nothrow) {
        for (;;) {
            wait();
            if (const std::uint64_t n = try_take(); n != 0) return n;
        }
    }

 private:
    typename Sync::template atomic<std::uint64_t> number_{0};
    counting how_ = counting::all;  // set by open(), before there is anybody else
};

template <sync::policy Sync>
struct event_for {
    using type = word_event<Sync>;
};
template <>
struct event_for<sync::native> {
    using type = sys::event;
};

template <sync::policy Sync>
using event_of = typename event_for<Sync>::type;

}  // namespace cyclone::wake
