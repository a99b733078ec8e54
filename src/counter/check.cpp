// Recording and judging histories of a counter.

#include "counter/check.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "base/spin.hpp"
#include "base/sync.hpp"
#include "lab/thread_driver.hpp"

namespace cyclone::counter {

namespace {

std::unique_ptr<lab::thread_team> team_of(unsigned threads) {
    auto team = lab::thread_team::start(threads, {});
    if (!team) throw std::runtime_error(to_string(team.error()));
    return std::move(*team);
}

std::optional<violation> judge_rising(const history& got) {
    for (std::size_t handle = 0; handle < got.size(); ++handle) {
        const std::vector<std::uint64_t>& mine = got[handle];
        const auto drop = std::ranges::adjacent_find(mine, std::greater_equal{});
        if (drop == mine.end()) continue;
        return violation{"S3 rising", fmt::format("handle {} got {} and then {}", handle, *drop,
                                                  *std::next(drop))};
    }
    return std::nullopt;
}

}  // namespace

std::optional<violation> judge(const history& got, const traits& declared) {
    std::vector<std::uint64_t> all;
    for (const std::vector<std::uint64_t>& mine : got) {
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::ranges::sort(all);
    if (const auto twice = std::ranges::adjacent_find(all); twice != all.end()) {
        return violation{"S1 unique", fmt::format("{} was returned twice", *twice)};
    }
    const std::uint64_t bound = all.size() + got.size() * (declared.batch - 1);
    if (!all.empty() && all.back() >= bound) {
        return violation{"S2 dense", fmt::format("{} was returned by {} calls of {} handles: not "
                                                 "below {}",
                                                 all.back(), all.size(), got.size(), bound)};
    }
    return judge_rising(got);
}

std::optional<violation> judge_order(const std::vector<std::uint64_t>& got) {
    const auto drop = std::ranges::adjacent_find(got, std::greater_equal{});
    if (drop == got.end()) return std::nullopt;
    return violation{"S4 real time", fmt::format("{} was returned before a later call returned {}",
                                                 *drop, *std::next(drop))};
}

history record_crowd(any& counter, unsigned threads, std::uint64_t calls) {
    history got(threads, std::vector<std::uint64_t>(calls));
    team_of(threads)->run([&](unsigned index, lab::stop_flag&) {
        const auto handle = counter.make_handle();
        for (std::uint64_t& number : got[index]) number = handle->next();
        return lab::tally{calls, 0};
    });
    return got;
}

std::vector<std::uint64_t> record_relay(any& counter, unsigned threads, std::uint64_t turns) {
    std::vector<std::uint64_t> got(turns);
    sync::native::atomic<std::uint64_t> turn{0};
    team_of(threads)->run([&](unsigned index, lab::stop_flag&) {
        const auto handle = counter.make_handle();
        lab::tally done;
        for (std::uint64_t mine = index; mine < turns; mine += threads, ++done.ops) {
            spin_wait<> wait;
            while (turn.load(std::memory_order_acquire) != mine) wait.once();
            got[mine] = handle->next();
            turn.store(mine + 1, std::memory_order_release);
        }
        return done;
    });
    return got;
}

history record_script(any& counter, const std::vector<std::uint8_t>& script, std::size_t handles) {
    std::vector<std::unique_ptr<any_handle>> owned;
    for (std::size_t i = 0; i < handles; ++i) owned.push_back(counter.make_handle());
    history got(handles);
    for (const std::uint8_t step : script) {
        got[step % handles].push_back(owned[step % handles]->next());
    }
    return got;
}

std::optional<violation> find_violation(std::unique_ptr<any> (*make)(), const effort& how) {
    // One thread first: what is wrong there is wrong always, and said without luck.
    const auto alone = make();
    std::vector<std::uint8_t> script(1000);
    for (std::size_t i = 0; i < script.size(); ++i) script[i] = static_cast<std::uint8_t>(i * i);
    if (auto found = judge(record_script(*alone, script, 7), alone->declared())) return found;
    for (unsigned round = 0; round < how.rounds; ++round) {
        for (unsigned threads = 2; threads <= how.threads; ++threads) {
            const auto counter = make();
            const history got = record_crowd(*counter, threads, how.calls);
            if (auto found = judge(got, counter->declared())) return found;
        }
    }
    const auto counter = make();
    if (counter->declared().rises != order::real_time) return std::nullopt;
    return judge_order(record_relay(*counter, 2, std::min<std::uint64_t>(how.calls, 1000)));
}

}  // namespace cyclone::counter
