// The strategies, see strategy.hpp. Each keeps what it has drawn for the current run only; begin()
// makes its generator from the seed and the number of the run, so that run 17 can be had alone.
#include "model/strategy.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "base/rng.hpp"
#include "model/strategy_exhaustive.hpp"

namespace cyclone::model::steps {
namespace {

rng generator(std::uint64_t seed, std::uint64_t run) {
    splitmix64 mix(seed);
    return rng(mix() + run * 0x9e3779b97f4a7c15);
}

std::size_t place_of(const choice& c, std::uint32_t task) {
    for (std::size_t i = 0; i < c.able.size(); ++i)
        if (c.able[i].task == task) return i;
    return c.able.size();
}

/// The first of `able` behind `task` in the circle.
std::size_t place_behind(const choice& c, std::uint32_t task) {
    for (std::size_t i = 0; i < c.able.size(); ++i)
        if (task != k_no_task && c.able[i].task > task) return i;
    return 0;
}

class random_walk_strategy final : public strategy {
 public:
    explicit random_walk_strategy(std::uint64_t seed) : seed_(seed), random_(seed) {}
    void begin(std::uint64_t run) override { random_ = generator(seed_, run); }
    std::size_t choose(const choice& c) override {
        return static_cast<std::size_t>(random_.uniform(c.able.size()));
    }

 private:
    std::uint64_t seed_;
    rng random_;
};

class pct_strategy final : public strategy {
 public:
    pct_strategy(std::uint64_t seed, std::uint32_t depth, std::uint64_t steps)
        : seed_(seed),
          random_(seed),
          depth_(std::max(depth, 1U)),
          longest_(std::max<std::uint64_t>(steps, 1)) {}

    void begin(std::uint64_t run) override {
        random_ = generator(seed_, run);
        longest_ = std::max(longest_, taken_);
        taken_ = 0;
        lowest_ = 0;
        priorities_.clear();
        changes_.clear();
        for (std::uint32_t i = 1; i < depth_; ++i) changes_.push_back(random_.uniform(longest_));
    }

    std::size_t choose(const choice& c) override {
        std::size_t best = highest(c);
        for (std::size_t i = 0; i < changes_.size(); ++i) {
            if (changes_[i] != taken_) continue;
            // Below every first priority, and above those changed for a lower i.
            priorities_[c.able[best].task] = static_cast<double>(i + 1);
            best = highest(c);
        }
        ++taken_;
        const candidate& chosen = c.able[best];
        if (chosen.next->what == action::pause) priorities_[chosen.task] = --lowest_;
        return best;
    }

 private:
    static constexpr double k_unset = -1e300;

    std::size_t highest(const choice& c) {
        std::size_t best = 0;
        for (std::size_t i = 0; i < c.able.size(); ++i)
            if (priority(c.able[i].task) > priority(c.able[best].task)) best = i;
        return best;
    }
    double priority(std::uint32_t task) {
        if (task >= priorities_.size()) priorities_.resize(task + 1, k_unset);
        double& p = priorities_[task];
        if (p == k_unset) p = static_cast<double>(depth_) + 1 + random_.unit();
        return p;
    }

    std::uint64_t seed_;
    rng random_;
    std::uint32_t depth_;
    std::uint64_t longest_;
    std::uint64_t taken_ = 0;
    double lowest_ = 0;
    std::vector<double> priorities_;
    std::vector<std::uint64_t> changes_;
};

class pos_strategy final : public strategy {
 public:
    explicit pos_strategy(std::uint64_t seed) : seed_(seed), random_(seed) {}
    void begin(std::uint64_t run) override {
        random_ = generator(seed_, run);
        priorities_.clear();
    }
    std::size_t choose(const choice& c) override {
        std::size_t best = 0;
        for (std::size_t i = 0; i < c.able.size(); ++i)
            if (priority(c.able[i].task) > priority(c.able[best].task)) best = i;
        const candidate& chosen = c.able[best];
        for (const candidate& other : c.able)
            if (other.task == chosen.task || conflict(*other.next, *chosen.next))
                priorities_[other.task] = k_unset;
        return best;
    }

 private:
    static constexpr double k_unset = -1;

    double priority(std::uint32_t task) {
        if (task >= priorities_.size()) priorities_.resize(task + 1, k_unset);
        double& p = priorities_[task];
        if (p == k_unset) p = random_.unit();
        return p;
    }

    std::uint64_t seed_;
    rng random_;
    std::vector<double> priorities_;
};

class round_robin_strategy final : public strategy {
 public:
    void begin(std::uint64_t run) override { offset_ = run; }
    std::size_t choose(const choice& c) override {
        if (c.last == k_no_task) return static_cast<std::size_t>(offset_ % c.able.size());
        return place_behind(c, c.last);
    }

 private:
    std::uint64_t offset_ = 0;
};

class bursts_strategy final : public strategy {
 public:
    bursts_strategy(std::uint64_t seed, std::uint64_t mean)
        : seed_(seed), random_(seed), mean_(std::max<std::uint64_t>(mean, 1)) {}
    void begin(std::uint64_t run) override {
        random_ = generator(seed_, run);
        left_ = 0;
    }
    std::size_t choose(const choice& c) override {
        const std::size_t here = place_of(c, c.last);
        if (left_ > 0 && here < c.able.size() && !c.yielded) {
            --left_;
            return here;
        }
        left_ = random_.uniform(2 * mean_ - 1);
        if (here == c.able.size() || c.able.size() == 1)
            return static_cast<std::size_t>(random_.uniform(c.able.size()));
        const auto other = static_cast<std::size_t>(random_.uniform(c.able.size() - 1));
        return other < here ? other : other + 1;
    }

 private:
    std::uint64_t seed_;
    rng random_;
    std::uint64_t mean_;
    std::uint64_t left_ = 0;
};

class prefer_strategy final : public strategy {
 public:
    explicit prefer_strategy(std::uint32_t first) : first_(first) {}
    void begin(std::uint64_t) override {}
    std::size_t choose(const choice& c) override {
        const std::size_t here = place_of(c, first_);
        return here < c.able.size() ? here : place_behind(c, c.last);
    }

 private:
    std::uint32_t first_;
};

class starve_strategy final : public strategy {
 public:
    starve_strategy(std::uint32_t victim, std::uint64_t operations, std::uint64_t steps,
                    std::uint64_t alone)
        : victim_(victim), operations_(operations), steps_(steps), alone_(alone) {}
    void begin(std::uint64_t) override {
        ended_at_ = 0;
        steps_since_ = 0;
        other_ = k_no_task;
        seen_ended_ = 0;
    }
    std::size_t choose(const choice& c) override {
        const std::size_t here = place_of(c, victim_);
        const bool between = (c.ended >= ended_at_ + operations_ && steps_since_ >= steps_) ||
                             steps_since_ >= k_patience;
        const bool alone = c.able.size() == 1 || c.ended < alone_;
        if (here < c.able.size() && (between || alone)) {
            ended_at_ = c.ended;
            steps_since_ = 0;
            return here;
        }
        ++steps_since_;
        // One other goes on until it has ended something; then it is the next one's turn.
        std::size_t place = place_of(c, other_);
        if (place == c.able.size() || c.ended != seen_ended_ ||
            c.able[place].next->what == action::pause)
            place = place_behind(c, other_);
        if (c.able[place].task == victim_) place = place_behind(c, victim_);
        other_ = c.able[place].task;
        seen_ended_ = c.ended;
        return place;
    }

 private:
    /// Others that wait for the victim would take steps for ever.
    static constexpr std::uint64_t k_patience = 256;

    std::uint32_t victim_;
    std::uint64_t operations_;
    std::uint64_t steps_;
    std::uint64_t alone_;
    std::uint64_t ended_at_ = 0;
    std::uint64_t steps_since_ = 0;
    std::uint32_t other_ = k_no_task;
    std::uint64_t seen_ended_ = 0;
};

class repeat_strategy final : public strategy {
 public:
    repeat_strategy(const std::vector<decision>& decisions, bool strict) : strict_(strict) {
        for (const decision& d : decisions) chosen_[{d.last, d.last_steps}] = d.chosen;
    }
    void begin(std::uint64_t) override {
        used_ = 0;
        impossible_ = false;
    }
    std::size_t choose(const choice& c) override {
        const auto found = chosen_.find({c.last, c.last_steps});
        if (found == chosen_.end()) return natural(c);
        ++used_;  // a moment comes once: its thread has one step more from then on
        const std::size_t place = place_of(c, found->second);
        if (place < c.able.size()) return place;
        impossible_ = true;
        return natural(c);
    }
    bool more() override { return false; }
    [[nodiscard]] bool went_astray() const override {
        return strict_ && (impossible_ || used_ != chosen_.size());
    }

 private:
    bool strict_;
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> chosen_;
    std::size_t used_ = 0;
    bool impossible_ = false;
};

}  // namespace

std::string_view name_of(action a) noexcept {
    switch (a) {
        case action::load: return "load";
        case action::store: return "store";
        case action::rmw: return "rmw";
        case action::compare_exchange: return "cas";
        case action::wait: return "wait";
        case action::notify: return "notify";
        case action::lock: return "lock";
        case action::try_lock: return "try_lock";
        case action::unlock: return "unlock";
        case action::get: return "get";
        case action::set: return "set";
        case action::fence: return "fence";
        case action::pause: return "pause";
        case action::make: return "make";
        case action::dispose: return "dispose";
        case action::join: return "join";
        case action::sleep: return "sleep";
        case action::take: return "take";
        case action::post: return "post";
        case action::park: return "park";
    }
    return "?";
}

std::string_view name_of(std::memory_order o) noexcept {
    switch (o) {
        case std::memory_order_relaxed: return "rlx";
        case std::memory_order_consume: return "con";
        case std::memory_order_acquire: return "acq";
        case std::memory_order_release: return "rel";
        case std::memory_order_acq_rel: return "acq_rel";
        case std::memory_order_seq_cst: return "sc";
    }
    return "?";
}

std::string text(const std::source_location& site) {
    const std::string_view path = site.file_name();
    const std::size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1)) + ":" +
           std::to_string(site.line());
}

bool may_write(const point& p) noexcept {
    switch (p.what) {
        case action::load:
        case action::get:
        case action::fence:
        case action::pause:
        case action::join:
        case action::sleep:
        case action::park: return false;
        default: return true;  // wait as well: it joins the list of those asleep
    }
}

bool conflict(const point& a, const point& b) noexcept {
    if (a.what == action::pause) return may_write(b);
    if (b.what == action::pause) return may_write(a);
    if (a.size == 0 || b.size == 0 || (!may_write(a) && !may_write(b))) return false;
    const auto* const first = static_cast<const char*>(a.where);
    const auto* const second = static_cast<const char*>(b.where);
    return first < second + b.size && second < first + a.size;
}

std::size_t natural(const choice& c) noexcept {
    const std::size_t here = place_of(c, c.last);
    return here < c.able.size() && !c.yielded ? here : place_behind(c, c.last);
}

double pct_bound(std::uint64_t threads, std::uint64_t steps, std::uint32_t depth) noexcept {
    if (threads == 0 || steps == 0 || depth == 0) return 1;
    return 1 / (static_cast<double>(threads) *
                std::pow(static_cast<double>(steps), static_cast<double>(depth - 1)));
}

std::unique_ptr<strategy> random_walk(std::uint64_t seed) {
    return std::make_unique<random_walk_strategy>(seed);
}
std::unique_ptr<strategy> pct(std::uint64_t seed, std::uint32_t depth, std::uint64_t steps) {
    return std::make_unique<pct_strategy>(seed, depth, steps);
}
std::unique_ptr<strategy> pos(std::uint64_t seed) { return std::make_unique<pos_strategy>(seed); }
std::unique_ptr<strategy> round_robin() { return std::make_unique<round_robin_strategy>(); }
std::unique_ptr<strategy> bursts(std::uint64_t seed, std::uint64_t mean) {
    return std::make_unique<bursts_strategy>(seed, mean);
}
std::unique_ptr<strategy> exhaustive(std::uint32_t preemptions) {
    return std::make_unique<exhaustive_strategy>(preemptions);
}
std::unique_ptr<strategy> prefer(std::uint32_t first) {
    return std::make_unique<prefer_strategy>(first);
}
std::unique_ptr<strategy> starve(std::uint32_t victim, std::uint64_t operations,
                                 std::uint64_t steps, std::uint64_t alone) {
    return std::make_unique<starve_strategy>(victim, operations, steps, alone);
}
std::unique_ptr<strategy> repeat(const std::vector<decision>& decisions, bool strict) {
    return std::make_unique<repeat_strategy>(decisions, strict);
}

}  // namespace cyclone::model::steps
