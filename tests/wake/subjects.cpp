// The table of subjects: one line a variant.
#include "subjects.hpp"

#include <cerrno>
#include <utility>

#include "base/assert.hpp"
#include "variants/wake/condvar_oracle.hpp"
#include "variants/wake/event_fd.hpp"
#include "variants/wake/eventcount.hpp"
#include "variants/wake/eventcount_packed.hpp"
#include "variants/wake/futex_word.hpp"

namespace cyclone::wake {

namespace test {

/// The native policy, on a kernel of the test's own.
struct interrupting : sync::native {};

class interrupted_event : public sys::event {
 public:
    [[nodiscard]] int try_post(std::uint64_t n) noexcept {
        if (writes_.fetch_add(1, std::memory_order_relaxed) % 2 == 0) return EINTR;
        return sys::event::try_post(n);
    }

 private:
    sync::native::atomic<std::uint64_t> writes_{0};
};

}  // namespace test

template <>
struct event_for<test::interrupting> {
    using type = test::interrupted_event;
};

namespace test {
namespace {

template <class V>
model::steps::subject notifiers_and_passers() {
    auto waker = model::steps::placed<V>();
    CYCLONE_ASSERT(waker->open().has_value());  // made of words: there is nothing that could fail
    return {.object = waker,
            .operate =
                [waker](std::uint32_t thread, std::uint64_t number) {
                    if (thread == k_passer) {
                        waker->cancel(waker->prepare());
                    } else if (number % 2 == 0) {
                        waker->notify_one();
                    } else {
                        waker->notify_all();
                    }
                    return model::steps::outcome::done;
                },
            .name = [](std::uint32_t thread,
                       std::uint64_t) { return thread == k_passer ? "prepare" : "notify"; },
            .ranges = {}};
}

template <template <class, int, sync::policy> class V, int... Numbers>
void add(std::vector<subject>& all, std::string_view name, std::integer_sequence<int, Numbers...>) {
    (all.push_back({name, Numbers, &scenarios<V<no_work, Numbers, sync::explored>>,
                    &large_scenarios<V<no_work, Numbers, sync::explored>>,
                    &notifiers_and_passers<V<no_work, Numbers, sync::stepped>>,
                    &make_any<V<no_work, Numbers, interrupting>>}),
     ...);
}

std::vector<subject> every_subject() {
    std::vector<subject> all;
    add<condvar_oracle>(all, "condvar_oracle", std::make_integer_sequence<int, 7>());
    add<futex_word>(all, "futex_word", std::make_integer_sequence<int, 8>());
    add<event_fd>(all, "event_fd", std::make_integer_sequence<int, 9>());
    add<eventcount>(all, "eventcount", std::make_integer_sequence<int, 9>());
    add<eventcount_packed>(all, "eventcount_packed", std::make_integer_sequence<int, 9>());
    return all;
}

}  // namespace

std::span<const subject> subjects() {
    static const std::vector<subject> all = every_subject();
    return all;
}

const subject* subject_of(std::string_view name, int number) {
    for (const subject& one : subjects()) {
        if (one.name == name && one.number == number) return &one;
    }
    return nullptr;
}

}  // namespace test

}  // namespace cyclone::wake
