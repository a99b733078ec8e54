// What the wheels on bitmapped_slots share: nodes that are linked into slots, STOP, the account of
// what is pending, and firing a list of due timers. Where a timer is placed, and when its slot
// comes up, is each wheel's own.
//
// Invariants  I1 that of bitmapped_slots.hpp
//             I2 size_ timers are pending: those in slots, and those in a list being fired
#pragma once

#include "timer/timer.hpp"
#include "variants/timer/bitmapped_slots.hpp"

namespace cyclone::timer {

template <class Work, class Slots>
class slotted_wheel {
 public:
    struct node : entry, list_link {
        using entry::entry;
    };

    slotted_wheel(const slotted_wheel&) = delete;
    slotted_wheel& operator=(const slotted_wheel&) = delete;

    bool stop(node& timer) {
        if (!timer.pending()) return false;
        slots_.remove(timer);
        timer.set_idle();
        --size_;
        return true;
    }

    [[nodiscard]] tick now() const noexcept { return now_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Work& work() const noexcept { return work_; }

 protected:
    explicit slotted_wheel(tick now) : now_(now) {}
    ~slotted_wheel() {
        slots_.clear([](list_link& timer) { static_cast<node&>(timer).set_idle(); });
    }

    /// Fires what is in `due`, front to back; a callback may stop what has not fired yet (S3).
    std::size_t fire_all(intrusive_list& due) {
        std::size_t fired = 0;
        while (!due.empty()) {
            auto& timer = static_cast<node&>(*due.next);
            list_unlink(timer);
            --size_;
            ++fired;
            timer.fire();
        }
        return fired;
    }

    [[no_unique_address]] mutable Work work_;
    Slots slots_;
    std::size_t size_ = 0;
    tick now_;
};

}  // namespace cyclone::timer
