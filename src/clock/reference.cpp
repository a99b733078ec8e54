// The reference in virtual time: scenarios, and the legs drawn from them.

#include "clock/reference.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace cyclone::clock {

namespace {

constexpr ns k_us = 1'000;
constexpr ns k_ms = 1'000'000;

// Delays, outages and steps are so chosen that every step is seen (C7): a second is more than twice
// the longest round trip and twice what the longest outage leaves open, together.
constexpr std::array<scenario, 8> k_scenarios{{
    {"calm", {.skew_ppb = 20'000, .wander_ppb = 2}, {}, {}},
    {"skewed", {.skew_ppb = 100'000, .wander_ppb = 5}, {}, {}},
    {"hot", {.skew_ppb = -80'000, .wander_ppb = 20, .swing_ppb = 60'000}, {}, {}},
    {"wan",
     {.skew_ppb = 100'000, .wander_ppb = 5},
     {.poll = 64 * k_second, .floor = 10 * k_ms, .jitter = 3 * k_ms, .asymmetry = 2 * k_ms},
     {}},
    {"bursts",
     {.skew_ppb = -50'000, .wander_ppb = 5, .swing_ppb = 5'000},
     {.floor = 500 * k_us,
      .jitter = 200 * k_us,
      .burst_one_in = 20,
      .burst_polls = 6,
      .burst_most = 150 * k_ms},
     {}},
    {"outages",
     {.skew_ppb = 60'000, .wander_ppb = 20, .swing_ppb = 20'000},
     {.floor = 500 * k_us, .jitter = 200 * k_us},
     {.outage_one_in = 60, .outage_polls = 25}},
    {"steps",
     {.skew_ppb = 40'000, .wander_ppb = 10},
     {.floor = 500 * k_us, .jitter = 200 * k_us},
     {.step_polls = 400, .step_by = k_second}},
    {"edge",
     {.skew_ppb = 200'000, .wander_ppb = 400, .swing_ppb = 49'000, .swing_period = 300 * k_second},
     {.floor = 100 * k_us,
      .jitter = 2 * k_ms,
      .burst_one_in = 40,
      .burst_polls = 4,
      .burst_most = 100 * k_ms},
     {.outage_one_in = 100, .outage_polls = 20, .step_polls = 500, .step_by = -k_second}},
}};

}  // namespace

std::optional<sample> course::exchange(const leg& l) {
    const ns sent = local_;
    run(l.out, l.ppb);
    const ns stamp = truth_;
    run(l.back, l.ppb);
    if (!l.heard) return std::nullopt;
    return sample_of(sent, stamp, local_);
}

std::span<const scenario> scenarios() { return k_scenarios; }

const scenario* find_scenario(std::string_view name) {
    for (const scenario& s : k_scenarios) {
        if (s.name == name) return &s;
    }
    return nullptr;
}

timeline::timeline(const scenario& what, std::uint64_t seed)
    : what_(what), random_(seed), until_poll_(what.way.poll) {
    phase_ = random_.unit() * 2 * std::numbers::pi;
}

std::int64_t timeline::ppb_now() {
    const oscillator& o = what_.local;
    if (o.wander_ppb > 0) {
        const auto reach = static_cast<std::uint64_t>(2 * o.wander_ppb + 1);
        walk_ppb_ += static_cast<std::int64_t>(random_.uniform(reach)) - o.wander_ppb;
    }
    const double turns = static_cast<double>(elapsed_) / static_cast<double>(o.swing_period);
    const double swing = std::sin(phase_ + turns * 2 * std::numbers::pi);
    const auto swung = std::llround(static_cast<double>(o.swing_ppb) * swing);
    return std::clamp<std::int64_t>(o.skew_ppb + walk_ppb_ + swung, -o.most_ppb, o.most_ppb);
}

ns timeline::one_way() {
    const network& w = what_.way;
    const auto jitter = static_cast<ns>(random_.exponential(static_cast<double>(w.jitter)));
    return w.floor + std::min(jitter, w.jitter_most);
}

void timeline::draw_poll(leg& l) {
    const network& w = what_.way;
    const faults& f = what_.wrong;
    l.asks = true;
    l.out = one_way();
    l.back = one_way() + w.asymmetry;
    if (burst_left_ == 0 && w.burst_one_in > 0 && random_.uniform(w.burst_one_in) == 0) {
        burst_left_ = w.burst_polls;
    }
    if (burst_left_ > 0) {
        --burst_left_;
        const auto more =
            static_cast<ns>(random_.uniform(static_cast<std::uint64_t>(w.burst_most)));
        (random_.uniform(2) == 0 ? l.out : l.back) += more;
    }
    if (outage_left_ == 0 && f.outage_one_in > 0 && random_.uniform(f.outage_one_in) == 0) {
        outage_left_ = f.outage_polls;
    }
    if (outage_left_ > 0) {
        --outage_left_;
        l.heard = false;
    }
    ++polls_;
    if (f.step_polls > 0 && polls_ % f.step_polls == 0) {
        l.step = ahead_ ? f.step_by : -f.step_by;
        ahead_ = !ahead_;
    }
}

leg timeline::next() {
    leg l;
    l.gap = std::min(until_poll_, k_second);
    l.ppb = ppb_now();
    l.asks = false;
    elapsed_ += l.gap;
    until_poll_ -= l.gap;
    if (until_poll_ > 0) return l;
    draw_poll(l);
    until_poll_ = what_.way.poll;
    return l;
}

std::vector<leg> decode_legs(std::span<const std::uint8_t> bytes) {
    std::vector<leg> legs;
    ns unheard = 0;  // local ns since the last answer: a step after a long silence is not seen
    for (; bytes.size() >= 5; bytes = bytes.subspan(5)) {
        leg l;
        l.gap = ns{1} << (bytes[0] % 37);  // 1 ns to 69 s
        l.ppb = (static_cast<std::int64_t>(bytes[1]) - 128) * 249'000 / 128;
        l.out = ns{1} << (bytes[2] % 27);  // 1 ns to 67 ms
        l.back = ns{1} << (bytes[3] % 27);
        l.heard = bytes[4] % 8 != 0;
        unheard += l.gap + l.out + l.back;
        if (bytes[4] % 8 == 1 && unheard < 600 * k_second) {
            l.step = (bytes[4] & 64) != 0 ? -k_second : k_second;
        }
        if (l.heard) unheard = 0;
        legs.push_back(l);
    }
    return legs;
}

}  // namespace cyclone::clock
