// Recording what real threads do, as a history for linearize.hpp and queue_monitor.hpp.
//
//   model::recorder<> all(threads, operations_each);
//   // in thread i:
//   auto& mine = all.log_of(i);
//   mine.call(model::verb::push, value);
//   const bool stored = queue.try_push(value);
//   mine.back(stored ? model::answer::done : model::answer::full);
//   // when all have been joined:
//   const auto recorded = all.merged();
//   if (2 * model::overlap_of(*recorded).overlapped < recorded->size()) ...  // shows little
//
// Each thread writes to a log of its own, whose memory is touched before it begins: no thread waits
// for another, nothing is allocated, and the threads share no line, so that recording orders
// nothing that the algorithm does not order. That is also why ThreadSanitizer sees through it: the
// stamps are no synchronisation.
//
// An interval must hold the operation's effect. `call` writes its line before it takes the stamp;
// `back` takes the stamp first, and that waits until the operation's stores are seen by all.
// Without the wait a store could sit in the core's buffer while the operation is called over, and a
// correct queue would seem to forget its last item for a while. The price: two operations in a row
// have a full fence between them. What depends on its absence is for the explorer, not for stress.
//
// What it shows: a breach found is a breach, if the clock is one for all cores. None found shows
// nothing about schedules that did not happen; and where nothing overlapped, nothing at all was
// tried: always report overlap_of.
//
// Cost: two stamps (base/clock.hpp) and 56 bytes an operation.
// Errors: more operations than asked for are counted, not recorded, and merged() fails then, since
// a history with holes has wrong verdicts.
// Thread-safety: a log belongs to one thread at a time; merged() when all are done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/history.hpp"

namespace cyclone::model {

/// The processor's own counter.
struct tick_stamps {
    [[nodiscard]] static std::uint64_t now() noexcept { return clock::ordered_ticks(); }
};

template <class Stamps = tick_stamps>
class recorder {
 public:
    class log {
     public:
        void call(verb what, std::uint64_t argument = 0, std::uint64_t key = 0,
                  std::uint64_t extra = 0) noexcept {
            CYCLONE_ASSERT(!is_open_);
            is_open_ = true;
            if (used_ == lines_.size()) {
                ++lost_;
                return;
            }
            operation& line = lines_[used_];
            line.thread = thread_;
            line.what = what;
            line.argument = argument;
            line.key = key;
            line.extra = extra;
            line.back = k_never;
            line.call = Stamps::now();
        }

        void back(answer said, std::uint64_t result = 0) noexcept {
            const std::uint64_t now = Stamps::now();
            CYCLONE_ASSERT(is_open_);
            is_open_ = false;
            if (used_ == lines_.size()) return;
            operation& line = lines_[used_];
            line.back = now;
            line.said = said;
            line.result = result;
            ++used_;
        }

     private:
        friend class recorder;
        std::vector<operation> lines_;
        std::size_t used_ = 0;
        std::size_t lost_ = 0;
        std::uint32_t thread_ = 0;
        bool is_open_ = false;  // called and not back
    };

    recorder(std::uint32_t threads, std::size_t operations_each) : logs_(threads) {
        for (std::uint32_t i = 0; i < threads; ++i) {
            logs_[i]->thread_ = i;
            logs_[i]->lines_.resize(operations_each);  // writes, so that no page is missing later
        }
    }

    [[nodiscard]] log& log_of(std::uint32_t thread) {
        CYCLONE_ASSERT(thread < logs_.size());
        return *logs_[thread];
    }

    /// Everything recorded, thread after thread; an operation that is not back is pending. Instants
    /// count from the first. resource_exhausted: a log was too short.
    [[nodiscard]] cyclone::result<std::vector<operation>> merged() const {
        std::vector<operation> all;
        std::uint64_t first = k_never;
        for (const padded<log>& one : logs_) {
            if (one->lost_ > 0) {
                return cyclone::fail(error_code::resource_exhausted,
                                     "thread " + std::to_string(one->thread_) + " made " +
                                         std::to_string(one->lost_) +
                                         " operations too many to record; ask for at least " +
                                         std::to_string(one->lines_.size() + one->lost_) + " each");
            }
            const std::size_t count = one->used_ + (one->is_open_ ? 1 : 0);
            all.insert(all.end(), one->lines_.begin(),
                       one->lines_.begin() + static_cast<std::ptrdiff_t>(count));
        }
        for (const operation& o : all) first = std::min(first, o.call);
        for (operation& o : all) {
            o.call -= first;
            if (!o.pending()) o.back -= first;
        }
        return all;
    }

 private:
    std::vector<padded<log>> logs_;
};

}  // namespace cyclone::model
