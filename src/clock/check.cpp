// Judging a clock along timelines.

#include "clock/check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

namespace cyclone::clock {

namespace {

// Where the clocks are born, and how far away the shifted one is: nothing round, since rounding to
// the tick would hide what depends on the epoch.
constexpr ns k_local = 1'000'000'007;
constexpr ns k_reference = 1'700'000'000'123'456'789;
constexpr ns k_local_shift = 3'141'592'653'589'793'238;
constexpr ns k_reference_shift = 2'718'281'828'459'045'235;
constexpr ns k_slack = 2;                // C6
constexpr ns k_rate_window = 1'000'000;  // a jump in less counts as if it had taken so long
constexpr leg k_plain{.gap = 16 * k_second};

sample moved_away(const sample& s) {
    return {s.local + k_local_shift, s.reference + k_reference_shift, s.round_trip};
}

violation broken(std::string_view property, const std::string& detail) {
    return {std::string(property), detail};
}

}  // namespace

judge::judge(maker make, const settings& how, const leg& first, bool keep)
    : how_(how), course_(k_local, k_reference), keep_(keep) {
    leg answered = first;
    answered.heard = true;
    const sample s = *course_.exchange(answered);
    asked_ = make(how, s);
    quiet_ = make(how, s);
    shifted_ = make(how, moved_away(s));
    last_local_ = s.local;
    last_now_ = asked_->now(s.local);
    seen_.samples = 1;
}

std::optional<violation> judge::moved(ns local, ns now) {
    const ns passed = local - last_local_;
    const ns went = now - last_now_;
    if (went < 0) {
        return broken("C5 monotone", fmt::format("back by {} ns at local {}", -went, local));
    }
    const ns off = std::abs(went - passed);
    if (asked_->declared().moves == slew::limited) {
        const ns most = share_of(passed, rate_of_ppm(how_.slew_max_ppm)) + k_slack;
        if (off > most) {
            return broken("C6 slew", fmt::format("{} ns in {} ns, {} allowed", off, passed, most));
        }
    }
    if (off > k_slack) {
        const ns over = std::max(passed, k_rate_window);
        const double ppm = static_cast<double>(off - k_slack) / static_cast<double>(over) * 1e6;
        seen_.rate_max_ppm = std::max(seen_.rate_max_ppm, ppm);
    }
    last_local_ = local;
    last_now_ = now;
    return std::nullopt;
}

std::optional<violation> judge::probe(ns local, ns truth) {
    const ns now = asked_->now(local);
    const ns bound = asked_->error_bound(local);
    ++seen_.probes;
    if (auto found = moved(local, now)) return found;
    if (!bound_holds_) return std::nullopt;
    const ns error = std::abs(now - truth);
    if (error > bound) {
        return broken("C7 bound",
                      fmt::format("off by {} ns at local {}, bound {}", now - truth, local, bound));
    }
    seen_.error_max = std::max(seen_.error_max, error);
    seen_.bound_max = std::max(seen_.bound_max, bound);
    seen_.tightness =
        std::max(seen_.tightness, static_cast<double>(error) / static_cast<double>(bound));
    if (keep_) seen_.errors.push_back(now - truth);
    return std::nullopt;
}

std::optional<violation> judge::agreed(ns local) const {
    const ns now = asked_->now(local);
    const ns bound = asked_->error_bound(local);
    if (quiet_->now(local) != now || quiet_->error_bound(local) != bound) {
        return broken("C4 asking changes answers", fmt::format("at local {}", local));
    }
    if (shifted_->now(local + k_local_shift) != now + k_reference_shift ||
        shifted_->error_bound(local + k_local_shift) != bound) {
        return broken("C9 only differences matter", fmt::format("at local {}", local));
    }
    return std::nullopt;
}

std::optional<violation> judge::hear(const leg& l) {
    const auto got = course_.exchange(l);
    if (auto found = probe(course_.local(), course_.truth())) return found;
    if (!got) return std::nullopt;
    asked_->observe(*got);
    quiet_->observe(*got);
    shifted_->observe(moved_away(*got));
    ++seen_.samples;
    bound_holds_ = true;
    if (auto found = probe(course_.local(), course_.truth())) return found;
    const std::string inside = asked_->check();
    if (!inside.empty()) return broken("check()", inside);
    return std::nullopt;
}

std::optional<violation> judge::feed(const leg& l, unsigned probes) {
    for (unsigned i = 1; i <= probes; ++i) {
        const ns ahead = static_cast<ns>(wide{l.gap} * i / (probes + 1));
        if (auto found = probe(course_.local() + ahead, course_.truth_in(ahead, l.ppb))) {
            return found;
        }
    }
    course_.run(l.gap, l.ppb);
    if (auto found = probe(course_.local(), course_.truth())) return found;
    if (l.step != 0) {
        course_.step(l.step);
        bound_holds_ = false;
    }
    if (l.asks) {
        if (auto found = hear(l)) return found;
    }
    return agreed(course_.local());
}

std::optional<violation> check_legs(maker make, std::span<const leg> legs, findings* seen) {
    if (legs.empty()) return std::nullopt;
    judge court(make, {}, legs.front());
    std::optional<violation> found;
    for (const leg& l : legs.subspan(1)) {
        if ((found = court.feed(l))) break;
    }
    if (seen != nullptr) *seen = court.seen();
    return found;
}

std::optional<violation> check_scenario(maker make, const scenario& what, std::uint64_t seed,
                                        std::uint64_t legs, findings* seen, std::uint64_t warm_up) {
    timeline line(what, seed);
    leg first = line.next();
    while (!first.asks) first = line.next();
    judge court(make, {}, first, seen != nullptr);
    std::optional<violation> found;
    for (std::uint64_t i = 0; i < legs && !found; ++i) {
        if (i == warm_up) court.forget();
        found = court.feed(line.next());
    }
    if (found) {
        found->detail += fmt::format("; scenario {}, seed {}", what.name, seed_text(seed));
    }
    if (seen != nullptr) *seen = court.seen();
    return found;
}

std::optional<violation> check_birth(maker make) {
    constexpr ns k_trip = 2'000'000;
    constexpr ns k_silence = 1000 * k_second;
    for (const int side : {-1, 1}) {
        // Off by half a round trip at first, and then away from there as fast as is allowed.
        leg first{
            .ppb = side * 250'000, .out = side > 0 ? 0 : k_trip, .back = side > 0 ? k_trip : 0};
        course where(k_local, k_reference);
        const sample s = *where.exchange(first);
        const auto clock = make({}, s);
        const ns allowed = sample_error(s, {});
        if (clock->now(s.local) != s.reference) return broken("C2 birth", "not at its sample");
        if (clock->error_bound(s.local) > allowed + k_slack) {
            return broken("C8 bound at birth", fmt::format("{} ns for a sample off by {}",
                                                           clock->error_bound(s.local), allowed));
        }
        where.run(k_silence, first.ppb);
        const ns error = std::abs(clock->now(where.local()) - where.truth());
        const ns bound = clock->error_bound(where.local());
        if (error > bound) return broken("C7 bound", fmt::format("{} ns, bound {}", error, bound));
        if (bound > allowed + drift_of(k_silence, rate_of_ppm(250)) + 2 * k_slack) {
            return broken("C8 bound in holdover",
                          fmt::format("{} ns after {} ns", bound, k_silence));
        }
        // Nothing was learnt yet, so the worst case is met in full.
        if (error < bound / 100 * 99) {
            return broken("C8 bound in holdover", fmt::format("{} ns for {}", bound, error));
        }
    }
    return std::nullopt;
}

std::optional<violation> check_step(maker make, ns by) {
    constexpr ns k_left = 1'000'000;
    constexpr std::int64_t k_polls_to_spare = 4;
    constexpr ns k_slew_ppm = 490;  // there is no rate to be learnt here that could take its share
    const ns slewing = std::abs(by) * 1'000'000 / k_slew_ppm / k_plain.gap;
    judge court(make, {}, k_plain);
    for (std::int64_t poll = 0; poll < slewing + k_polls_to_spare + 150; ++poll) {
        leg l = k_plain;
        l.step = poll == 20 ? by : 0;
        if (auto found = court.feed(l)) return found;
        if (poll == 21) {
            const bool jumped = court.seen().rate_max_ppm > 501;
            if (jumped != (court.asked().declared().moves == slew::unlimited)) {
                return broken("traits::moves",
                              fmt::format("moved by {} ppm", court.seen().rate_max_ppm));
            }
        }
        if (poll == 20 + slewing + k_polls_to_spare) court.forget();
    }
    if (court.seen().error_max <= k_left) return std::nullopt;
    return broken("a step is followed",
                  fmt::format("{} ns were left of {}", court.seen().error_max, by));
}

std::optional<violation> check_rate(maker make) {
    constexpr ns k_silence = 2000 * k_second;
    for (const std::int64_t ppb : {-100'000, 100'000}) {
        judge court(make, {}, k_plain);
        for (int poll = 0; poll < 400; ++poll) {
            leg l = k_plain;
            l.ppb = ppb;
            (poll % 2 == 0 ? l.out : l.back) += 20'000;
            if (auto found = court.feed(l)) return found;
        }
        const ns before = court.error();
        if (auto found = court.feed({.gap = k_silence, .ppb = ppb, .asks = false})) return found;
        const ns drifted = std::abs(court.error() - before);
        const bool learnt = drifted <= share_of(k_silence, rate_of_ppm(5));
        const bool ignorant = drifted >= share_of(k_silence, rate_of_ppm(90));
        if (court.asked().declared().learns_rate ? learnt : ignorant) continue;
        return broken("traits::learns_rate",
                      fmt::format("{} ns of drift in {} ns without a sample", drifted, k_silence));
    }
    return std::nullopt;
}

std::optional<violation> check_delays(maker make) {
    judge court(make, {}, k_plain);
    for (int poll = 0; poll < 200; ++poll) {
        leg l = k_plain;
        if (poll % 5 == 4) l.back += 40'000'000;
        if (poll == 100) court.forget();
        if (auto found = court.feed(l)) return found;
    }
    const ns worst = court.seen().error_max;
    const bool filters = court.asked().declared().filters_delay;
    if (filters ? worst <= 2'000'000 : worst >= 10'000'000) return std::nullopt;
    return broken("traits::filters_delay", fmt::format("off by {} ns after long delays", worst));
}

std::optional<violation> check_memory(maker make) {
    judge court(make, {}, k_plain);
    for (int poll = 0; poll < 150; ++poll) {
        const work_totals before = court.asked().work();
        if (auto found = court.feed(k_plain)) return found;
        const auto looked = (court.asked().work() - before).nodes;
        if (looked <= court.asked().declared().memory) continue;
        return broken("traits::memory", fmt::format("one observe() looked at {} samples", looked));
    }
    return std::nullopt;
}

std::optional<violation> check_kept(maker make) {
    constexpr std::uint64_t k_seed = 7;
    for (const char* name : {"calm", "skewed", "hot"}) {
        findings seen;
        const scenario& what = *find_scenario(name);
        if (auto found = check_scenario(make, what, k_seed, 12'000, &seen, 3600)) return found;
        const bool learns = make({}, {})->declared().learns_rate;
        if (seen.error_max <= (learns ? 2'500'000 : 5'000'000)) continue;
        return broken("time is kept", fmt::format("off by {} ns, {}", seen.error_max, name));
    }
    return std::nullopt;
}

std::optional<violation> find_violation(maker make, const effort& how) {
    if (auto found = check_birth(make)) return found;
    for (const ns by : {k_second, -k_second, k_second / 40, -k_second / 40}) {
        if (auto found = check_step(make, by)) return found;
    }
    if (auto found = check_rate(make)) return found;
    if (auto found = check_delays(make)) return found;
    if (auto found = check_memory(make)) return found;
    if (auto found = check_kept(make)) return found;
    for (unsigned i = 0; i < how.seeds; ++i) {
        for (const scenario& what : scenarios()) {
            if (auto found = check_scenario(make, what, how.seed + i, how.legs)) return found;
        }
    }
    return std::nullopt;
}

}  // namespace cyclone::clock
