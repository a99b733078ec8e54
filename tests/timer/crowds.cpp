// Crowds: thousands of timers on a few ticks, most of them stopped again. The random programs of
// the other suites have 32 timers; what a scheme does when a slot, a bucket or a list overflows,
// when garbage is packed and room is given back, shows only here.
#include <fmt/format.h>
#include <set>

#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::timer::test {
namespace {

/// A crowd on one row, beside the multiset of deadlines that it must fire.
class crowd {
 public:
    crowd(const registration& row, std::uint64_t seed, tick origin, std::size_t timers)
        : subject_(row.make(origin)),
          nodes_(subject_->make_nodes(timers)),
          ordered_(subject_->declared().fire_order != order::unordered),
          random_(seed),
          members_(timers) {
        for (std::size_t i = 0; i < timers; ++i) {
            members_[i] = {this, i, k_never, 0};
            (*nodes_)[i].bind(&crowd::on_fire, &members_[i]);
        }
    }
    ~crowd() {
        if (wrong_.empty()) {
            for (const member& m : members_) subject_->stop((*nodes_)[m.index]);
            return;
        }
        static_cast<void>(subject_.release());  // what is damaged stays where it is
        static_cast<void>(nodes_.release());
    }

    /// What went wrong, or nothing. Rounds of: gather on a few ticks, thin out, mill about, expire.
    std::string run(std::size_t rounds) {
        for (std::size_t round = 0; round < rounds && wrong_.empty(); ++round) {
            spread_ = tick{1} << random_.uniform(14);
            const tick meeting = subject_->now() + 1 + random_.uniform(spread_ * 4);
            for (unsigned wave = 0; wave < 4 && wrong_.empty(); ++wave) {
                for (const member& m : members_) start(m.index, meeting + random_.uniform(3));
                for (const member& m : members_)
                    if (random_.uniform(10) != 0) stop(m.index);
                audit();
            }
            for (std::size_t i = 0; i < members_.size() && wrong_.empty(); ++i) mill();
            advance(subject_->now() + random_.uniform(spread_ * 2 + 2));
            audit();
        }
        return wrong_;
    }
    [[nodiscard]] std::size_t fired() const noexcept { return fired_; }

 private:
    struct member {
        crowd* owner = nullptr;
        std::size_t index = 0;
        tick due = k_never;  ///< as the model has it; k_never while idle
        tick latest = 0;     ///< the last tick at which it may fire
    };

    void fail(std::string what) {
        if (wrong_.empty()) wrong_ = std::move(what);
    }

    void mill() {
        const std::size_t who = random_.uniform(members_.size());
        switch (random_.uniform(8)) {
            case 0: return advance(subject_->now() + random_.uniform(4));
            case 1:
            case 2:
            case 3: return stop(who);
            default: return start(who, subject_->now() + random_.uniform(spread_));
        }
    }

    void start(std::size_t index, tick deadline) {
        member& m = members_[index];
        const bool was_pending = forget(m);
        m.due = std::max(deadline, subject_->now() + 1);
        m.latest = m.due + subject_->lateness_max(m.due - subject_->now());
        due_.insert(m.due);
        was_pending ? subject_->restart((*nodes_)[index], deadline)
                    : subject_->start((*nodes_)[index], deadline);
    }

    void stop(std::size_t index) {
        const bool expected = forget(members_[index]);
        if (subject_->stop((*nodes_)[index]) != expected) fail("stop() said the wrong thing");
    }

    bool forget(member& m) {
        if (m.due == k_never) return false;
        due_.erase(due_.find(m.due));
        m.due = k_never;
        return true;
    }

    void advance(tick to) {
        last_ = 0;
        subject_->advance(to);
        for (const member& m : members_) {
            if (m.due == k_never || m.latest > to) continue;
            return fail(fmt::format("timer {} due {} still pending at {}", m.index, m.due, to));
        }
    }

    static void on_fire(void* context, entry& self) {
        auto& m = *static_cast<member*>(context);
        m.owner->fire(m, self);
    }

    void fire(member& m, const entry& self) {
        if (!wrong_.empty()) return;
        ++fired_;
        if (&self != &(*nodes_)[m.index]) return fail("a callback got another node");
        if (m.due == k_never) return fail(fmt::format("timer {} fired while idle", m.index));
        if (m.due > subject_->now()) return fail(fmt::format("timer {} fired early", m.index));
        if (ordered_ && m.due < last_) return fail("not in order of deadline");
        last_ = m.due;
        forget(m);
        if (random_.uniform(2) != 0) start(m.index, subject_->now() + random_.uniform(spread_));
        const std::size_t other = random_.uniform(members_.size());
        if (random_.uniform(6) == 0) stop(other);
        if (random_.uniform(6) == 0) start(other, subject_->now() + random_.uniform(spread_));
    }

    void audit() {
        if (!wrong_.empty()) return;
        if (subject_->size() != due_.size())
            return fail(fmt::format("size() is {}, expected {}", subject_->size(), due_.size()));
        if (std::string broken = subject_->check(); !broken.empty()) return fail(broken);
        if (subject_->declared().next == next_kind::none) return;
        const tick next = subject_->next_deadline();
        tick allowed = k_never;
        for (const member& m : members_)
            if (m.due != k_never) allowed = std::min(allowed, m.latest);
        if (next > allowed || next <= subject_->now())
            fail(fmt::format("next_deadline() is {}, at most {} allowed", next, allowed));
    }

    std::unique_ptr<any> subject_;
    std::unique_ptr<node_array> nodes_;
    bool ordered_;
    rng random_;
    std::vector<member> members_;
    std::multiset<tick> due_;
    tick spread_ = 1;
    tick last_ = 0;
    std::size_t fired_ = 0;
    std::string wrong_;
};

}  // namespace

TEST_CASE("crowds on a few ticks", "[property]") {
    const std::uint64_t seed = cyclone::test::seed();
    on_each("crowds", [&](const registration& row) {
        std::size_t fired = 0;
        const traits& declared = row.make(0)->declared();
        const std::size_t timers = declared.start == growth::n ? 200 : 800;
        for (std::uint64_t i = 0; i < effort(6, 200); ++i) {
            const tick origin = i % 2 == 0 ? 0 : declared.horizon / 4 + i;
            crowd all(row, seed + i, origin, timers);
            const std::string wrong = all.run(8);
            fired += all.fired();
            if (!wrong.empty()) FAIL(row.name << ", seed " << seed + i << ": " << wrong);
        }
        CHECK(fired > timers);
        count_cases(fired);
    });
}

}  // namespace cyclone::timer::test
