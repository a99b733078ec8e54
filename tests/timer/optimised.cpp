// Compiled as what is measured is compiled, -O2 without assertions, and with operations inlined
// into one loop: there g++ 12 once kept the first element of a list in a register across stores
// that change it (src/base/intrusive_list.hpp). Each scheme made of lists runs that loop under both
// counting policies; its structure must stay sound and it must fire what the oracle fires.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "variants/timer/hashed_wheel.hpp"
#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/multimap_oracle.hpp"
#include "variants/timer/sorted_list.hpp"
#include "variants/timer/sorted_list_rear.hpp"
#include "variants/timer/unsorted_list.hpp"

namespace {

using namespace cyclone;
using namespace cyclone::timer;

constexpr std::size_t k_pending = 512;
constexpr std::size_t k_batch = 64;

template <class V>
struct churn {
    V timers{0};
    std::vector<typename V::node> nodes = std::vector<typename V::node>(k_pending + k_batch);
    std::vector<typename V::node*> pending, idle;
    std::vector<std::size_t> victims = std::vector<std::size_t>(k_batch);
    std::vector<tick> draws;
    std::size_t next = 0;
    std::uint64_t fired = 0;

    static void count(void* fired, entry&) { ++*static_cast<std::uint64_t*>(fired); }
    tick draw() {
        if (++next == draws.size()) next = 0;
        return draws[next];
    }
    [[gnu::noinline]] void batch() {
        timers.advance(timers.now() + 1);
        for (std::size_t i = 0; i < idle.size(); ++i) {
            timers.start(*idle[i], timers.now() + draw());
            timers.stop(*pending[victims[i]]);
            std::swap(idle[i], pending[victims[i]]);
        }
    }
};

/// What it fired, or what broke.
template <class V>
std::pair<std::uint64_t, std::string> run() {
    churn<V> all;
    rng random(1);
    for (int i = 0; i < 4096; ++i) all.draws.push_back(1 + random.uniform(300));
    for (std::size_t i = 0; i < all.nodes.size(); ++i) {
        all.nodes[i].bind(&churn<V>::count, &all.fired);
        if (i >= k_pending) {
            all.idle.push_back(&all.nodes[i]);
            continue;
        }
        all.timers.start(all.nodes[i], all.draw() + 200);
        all.pending.push_back(&all.nodes[i]);
    }
    std::string broken;
    for (int i = 0; i < 200 && broken.empty(); ++i) {
        for (std::size_t& victim : all.victims) victim = random.uniform(k_pending);
        all.batch();
        // An expired timer is idle while it counts as pending here; STOP of it is false, as
        // allowed.
        for (auto*& timer : all.idle) all.timers.stop(*timer);
        broken = all.timers.check();
    }
    for (auto& timer : all.nodes) all.timers.stop(timer);
    return {all.fired, broken};
}

template <template <class, int> class V>
bool sound(const char* name, std::uint64_t expected) {
    bool good = true;
    for (const auto& [fired, broken] : {run<V<no_work, 0>>(), run<V<counted_work, 0>>()}) {
        good &= broken.empty() && fired == expected;
        std::printf("%s: %llu fired, %llu expected %s\n", name,
                    static_cast<unsigned long long>(fired),
                    static_cast<unsigned long long>(expected), broken.c_str());
    }
    return good;
}

template <class Work, int Mutant>
using small_hashed_wheel = hashed_wheel<Work, Mutant, 256>;

}  // namespace

int main() {
    const std::uint64_t expected = run<multimap_oracle<no_work, 0>>().first;
    bool good = expected > 0 && sound<sorted_list>("sorted_list", expected);
    good &= sound<sorted_list_rear>("sorted_list_rear", expected);
    good &= sound<unsorted_list>("unsorted_list", expected);
    good &= sound<small_hashed_wheel>("hashed_wheel", expected);
    good &= sound<hierarchical_wheel>("hierarchical_wheel", expected);
    return good ? 0 : 1;
}
