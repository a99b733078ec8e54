// The event counter of a waker under the explorer: the explorer's own, of one event a call, in
// place of a word and a loop.
#pragma once

#include "model/explored.hpp"
#include "wake/event.hpp"

namespace cyclone::wake {

class explored_event {
 public:
    using counting = sys::event::counting;

    [[nodiscard]] result<void> open(counting how = counting::all) {
        one_by_one_ = how == counting::one_by_one;
        return {};
    }
    [[nodiscard]] int try_post(std::uint64_t n) {
        number_.post(n);
        return 0;
    }
    [[nodiscard]] std::uint64_t try_take() { return number_.try_take(one_by_one_); }
    /// What is taken is put back: there is one sleeper, so nobody can see it gone.
    void wait() { number_.post(number_.take(one_by_one_)); }
    std::uint64_t take() { return number_.take(one_by_one_); }

 private:
    model::event_counter number_;
    bool one_by_one_ = false;  // set by open(), before there is anybody else
};

template <>
struct event_for<sync::explored> {
    using type = explored_event;
};

}  // namespace cyclone::wake
