// The seeded fault of the thread sanitizer's own run: locks whose every memory order is relaxed.
// The number inside them is then a plain race, on x86 too as far as the language goes, and the
// sanitizer must say so: the test that runs this looks for its words.
#include <cstdio>
#include <string_view>

#include "lab/thread_driver.hpp"
#include "variants/counter/mcs_lock.hpp"
#include "variants/counter/ticket_lock.hpp"

namespace {

using cyclone::sync::native;

/// The native policy with the orders taken out.
struct relaxed : native {
    static constexpr auto k_none = std::memory_order_relaxed;

    template <class T>
    class atomic : public native::atomic<T> {
        using base = native::atomic<T>;

     public:
        using base::base;
        T load(std::memory_order) const noexcept { return base::load(k_none); }
        void store(T v, std::memory_order) noexcept { base::store(v, k_none); }
        T exchange(T v, std::memory_order) noexcept { return base::exchange(v, k_none); }
        bool compare_exchange_strong(T& e, T v, std::memory_order, std::memory_order) noexcept {
            return base::compare_exchange_strong(e, v, k_none, k_none);
        }
    };
};

/// False when the threads cannot be had: the program then ends well, and the test fails.
template <class V>
bool race() {
    V counter;
    const auto team = cyclone::lab::thread_team::start(2, {});
    if (!team) return false;
    (*team)->run([&](unsigned, cyclone::lab::stop_flag&) {
        typename V::handle handle(counter);
        return cyclone::lab::repeat_count(20000, [&] { return handle.next() + 1 > 0; });
    });
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    using cyclone::no_work;
    const std::string_view lock = argc == 2 ? argv[1] : "";
    const bool ran = lock == "ticket_lock"
                         ? race<cyclone::counter::ticket_lock<no_work, 0, relaxed>>()
                     : lock == "mcs_lock" ? race<cyclone::counter::mcs_lock<no_work, 0, relaxed>>()
                                          : false;
    std::puts(ran ? "nothing was reported" : "weak_orders ticket_lock|mcs_lock: nothing was tried");
    return ran ? 0 : 64;
}
