// Litmus programs run under the explorer.
#include "model/litmus.hpp"

#include <memory>
#include <utility>

#include "model/check.hpp"
#include "model/explored.hpp"

namespace cyclone::model::litmus {
namespace {

using cell = sync::explored::atomic<word>;
using plain = sync::explored::var<word>;

/// What the threads of a running program share. On the stack of the main thread.
struct memory {
    std::array<std::optional<cell>, k_locations_max> atomics;
    std::array<std::optional<plain>, k_locations_max> data;
};

/// An instruction that reads: its value. One place in the source for each kind of access, since
/// the explorer lets a weak compare-exchange fail once a place and thread.
word take_value(const instruction& i, memory& m, const registers& file) {
    const word value = i.value.in(file);
    cell& x = *m.atomics[i.where];
    if (i.what == action::load) return x.load(i.order);
    if (i.what == action::exchange) return x.exchange(value, i.order);
    if (i.what == action::add) return x.fetch_add(value, i.order);
    word seen = i.expected.in(file);
    if (i.what == action::cas)
        x.compare_exchange_strong(seen, value, i.order, i.failure);
    else
        x.compare_exchange_weak(seen, value, i.order, i.failure);
    return seen;
}

void run(const std::vector<instruction>& thread, memory& m) {
    registers file{};
    for (const instruction& i : thread) {
        if (i.only_if && file[i.only_if->reg] != i.only_if->equals) continue;
        if (i.what == action::fence) {
            sync::explored::fence(i.order);
        } else if (i.what == action::store) {
            m.atomics[i.where]->store(i.value.in(file), i.order);
        } else if (i.what == action::set) {
            m.data[i.where]->set(i.value.in(file));
        } else if (i.what == action::get) {
            static_cast<void>(m.data[i.where]->get());
        } else {
            const word seen = take_value(i, m, file);
            if (i.into) file[*i.into] = seen;
        }
    }
}

void run_all(const program& p) {
    memory m;
    for (std::size_t k = 0; k < p.locations.size(); ++k) {
        if (p.locations[k].plain)
            m.data[k].emplace(word{0});
        else
            m.atomics[k].emplace(word{0});
    }
    std::array<std::optional<thread>, k_threads_max> threads;
    for (std::size_t t = 0; t < p.threads.size(); ++t)
        threads[t].emplace([&p, &m, t] { run(p.threads[t], m); });
    for (std::size_t t = 0; t < p.threads.size(); ++t) threads[t]->join();
}

}  // namespace

std::function<void()> body_of(program p) {
    // Shared, so that a body that is dropped in the middle of a run leaves nothing behind.
    auto shared = std::make_shared<const program>(std::move(p));
    return [shared] { run_all(*shared); };
}

}  // namespace cyclone::model::litmus
