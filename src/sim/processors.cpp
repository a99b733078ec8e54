// The simulation, see processors.hpp. The scheduler and the caches are those of src/model; here are
// the machine around them, and the count.
#include "sim/processors.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "base/assert.hpp"
#include "base/cache_line.hpp"
#include "model/coherence.hpp"
#include "model/schedule.hpp"

namespace cyclone::sim {
namespace {

namespace steps = model::steps;
using steps::action;

constexpr std::array<std::pair<schedule, std::string_view>, 5> k_names{
    {{schedule::round_robin, "round_robin"},
     {schedule::random, "random"},
     {schedule::bursts, "bursts"},
     {schedule::adversary, "adversary"},
     {schedule::alone, "alone"}}};

/// A call each in a circle; one that cannot go on is left behind.
class turns final : public steps::strategy {
 public:
    void begin(std::uint64_t) override { ended_ = 0; }
    std::size_t choose(const steps::choice& c) override {
        const bool same = c.ended == ended_ && !c.yielded;
        ended_ = c.ended;
        std::size_t next = 0;
        for (std::size_t i = c.able.size(); i-- > 0;) {
            if (same && c.able[i].task == c.last) return i;
            if (c.last != steps::k_no_task && c.able[i].task > c.last) next = i;
        }
        return next;
    }

 private:
    std::uint64_t ended_ = 0;
};

class simulation final : public steps::observer {
 public:
    simulation(const steps::subject_maker& make, const machine& asked)
        : caches_(asked.processors),
          scheduler_(
              {.steps_max = asked.steps_max, .tasks_max = asked.processors + 1, .recycle = true}),
          subject_(make()),
          processors_(asked.processors) {
        report_.asked = asked;
        report_.each.resize(asked.processors);
        if (asked.warmup == 0 || asked.mutant == k_warmup_counts) open();
    }

    report run() {
        scheduler_.watch(this);
        for (std::uint32_t p = 0; p < report_.asked.processors; ++p) {
            scheduler_.add([this, p] { work(p); });
        }
        const auto by = strategy();
        by->begin(0);
        const steps::halt stop = scheduler_.drive(*by);
        scheduler_.watch(nullptr);
        report_.hash = scheduler_.hash();
        if (stop == steps::halt::failed) report_.broken = scheduler_.failed().message;
        if (stop == steps::halt::too_long) {
            report_.broken =
                std::to_string(report_.asked.steps_max) + " steps without an end; raise steps_max";
        }
        // Whoever pauses when the others have gone home is not in a deadlock.
        if (stop == steps::halt::stuck && !over_)
            report_.broken = "deadlock: " + scheduler_.waits();
        take_down(stop != steps::halt::finished);
        for (auto& [name, call] : calls_) {
            call.name = name;
            report_.calls.push_back(call);
        }
        return std::move(report_);
    }

 private:
    struct processor {
        call_report* call = nullptr;   ///< the kind of the call it is in
        std::uint64_t call_steps = 0;  ///< own ones, since that began
        std::uint64_t result_at = 0;   ///< steps of everybody (k_own_gaps: own) at its last result
    };

    void work(std::uint32_t me) {
        for (std::uint64_t i = 0; !over_; ++i) {
            const bool done = steps::operate_once(subject_, me, i) == steps::outcome::done;
            if (!done && !over_) sync::stepped::pause();
        }
    }

    [[nodiscard]] std::unique_ptr<steps::strategy> strategy() const {
        const machine& m = report_.asked;
        const std::uint64_t seed = m.mutant == k_seed_unused ? 1 : m.seed;
        switch (m.how) {
            case schedule::round_robin: return steps::round_robin();
            case schedule::random:
                if (m.mutant == k_sticky_random) return steps::bursts(seed, 4);
                return steps::random_walk(seed);
            case schedule::bursts: return steps::bursts(seed, m.mean_burst);
            case schedule::adversary:
                if (m.mutant == k_tame_adversary) return steps::round_robin();
                return steps::starve(m.victim, m.between, 0);
            case schedule::alone: return std::make_unique<turns>();
        }
        return steps::round_robin();
    }

    // -- what the scheduler tells ---------------------------------------------------------------

    void began(std::uint32_t task, const char* name) override {
        processors_[task].call = &calls_[name];
        processors_[task].call_steps = 0;
    }

    void stepped(std::uint32_t task, const steps::point& p, bool changed) override {
        ++now_;
        processor& me = processors_[task];
        ++me.call_steps;
        const std::uint64_t transfers = touch(task, p);
        if (!counting_) return;
        ++report_.steps;
        ++report_.each[task].steps;
        if (me.call == nullptr) {
            report_.waits += p.what == action::pause ? 1 : 0;
            return;
        }
        call_report& c = *me.call;
        ++c.steps;
        c.transfers += transfers;
        c.locked += locked_of(p);
        if (p.what == action::rmw || p.what == action::compare_exchange) ++c.rmws;
        if (p.what == action::compare_exchange) {
            ++c.compares;
            if (!changed && report_.asked.mutant != k_failures_lost) ++c.failed_compares;
        }
    }

    void ended(std::uint32_t task, const char*, std::uint64_t, steps::outcome how) override {
        call_report& c = *std::exchange(processors_[task].call, nullptr);
        if (report_.asked.mutant == k_refusals_as_done) how = steps::outcome::done;
        if (counting_) {
            ++c.calls;
            (how == steps::outcome::done      ? c.done
             : how == steps::outcome::refused ? c.refused
                                              : c.blocked)++;
            worst(task, c);
        }
        if (how == steps::outcome::done && !over_) result(task);
    }

    // -- the count ------------------------------------------------------------------------------

    [[nodiscard]] std::uint64_t clock(std::uint32_t task) const {
        return report_.asked.mutant == k_own_gaps ? report_.each[task].steps : now_;
    }

    void open() {
        counting_ = true;
        for (std::uint32_t p = 0; p < processors_.size(); ++p) processors_[p].result_at = clock(p);
    }

    void close() {
        counting_ = false;
        over_ = true;
        for (std::uint32_t p = 0; p < processors_.size(); ++p) {
            gap(p);
            if (processors_[p].call == nullptr || report_.asked.mutant == k_unfinished_lost)
                continue;
            worst(p, *processors_[p].call);
        }
    }

    void result(std::uint32_t task) {
        if (!counting_) {
            if (++warm_ >= report_.asked.warmup * processors_.size()) open();
            return;
        }
        gap(task);
        ++report_.each[task].done;
        if (++report_.done >= report_.asked.operations * processors_.size()) close();
    }

    void gap(std::uint32_t task) {
        const std::uint64_t before = std::exchange(processors_[task].result_at, clock(task));
        std::uint64_t& most = report_.each[task].gap_worst;
        most = std::max(most, processors_[task].result_at - before);
    }

    void worst(std::uint32_t task, call_report& c) {
        const std::uint64_t own = processors_[task].call_steps;
        c.steps_worst = std::max(c.steps_worst, own);
        std::uint64_t& most = report_.each[task].steps_worst;
        most = std::max(most, own);
    }

    /// The lines of a step, through the caches; how many came from another one.
    std::uint64_t touch(std::uint32_t task, const steps::point& p) {
        if (p.size == 0 || p.what == action::notify || p.what == action::dispose) return 0;
        const bool writes = p.what != action::wait && steps::may_write(p);
        const auto from = reinterpret_cast<std::uintptr_t>(p.where);
        const std::uint32_t core = report_.asked.mutant == k_one_cache ? 0 : task;
        std::uint64_t transfers = 0;
        for (std::uint64_t line = from / k_cache_line; line <= (from + p.size - 1) / k_cache_line;
             ++line) {
            transfers += caches_.access(core, line, writes).transfers;
        }
        return transfers;
    }

    /// Where calls were left half done, on a task: a destructor that waits for them would never
    /// come back.
    void take_down(bool half_done) {
        if (!half_done) {
            subject_ = {};
            return;
        }
        scheduler_.forgive();
        for (std::uint32_t t = 0; t < scheduler_.tasks(); ++t) scheduler_.suspend(t, true);
        scheduler_.add([this] { subject_ = {}; });
        constexpr std::uint64_t k_patience = 1'000'000;
        scheduler_.extend(k_patience, 0);
        turns by;
        by.begin(0);
        scheduler_.drive(by);
    }

    steps::mesi caches_;
    steps::scheduler scheduler_;
    steps::subject subject_;
    std::vector<processor> processors_;
    std::map<std::string, call_report> calls_;
    report report_;
    std::uint64_t now_ = 0;
    std::uint64_t warm_ = 0;
    bool counting_ = false;
    bool over_ = false;
};

}  // namespace

std::string_view name_of(schedule s) noexcept {
    for (const auto& [known, name] : k_names)
        if (known == s) return name;
    return "?";
}

std::optional<schedule> schedule_of(std::string_view name) noexcept {
    for (const auto& [known, its] : k_names)
        if (its == name) return known;
    return std::nullopt;
}

std::uint64_t locked_of(const steps::point& p) noexcept {
    switch (p.what) {
        case action::rmw:
        case action::compare_exchange:
        case action::lock:
        case action::try_lock:
        case action::unlock: return 1;
        case action::store:
        case action::fence: return p.order == std::memory_order_seq_cst ? 1 : 0;
        default: return 0;
    }
}

const call_report* report::call(std::string_view wanted) const noexcept {
    for (const call_report& c : calls)
        if (c.name == wanted) return &c;
    return nullptr;
}

call_report report::total() const {
    call_report all{.name = "all"};
    for (const call_report& c : calls) {
        all.calls += c.calls;
        all.done += c.done;
        all.refused += c.refused;
        all.blocked += c.blocked;
        all.steps += c.steps;
        all.steps_worst = std::max(all.steps_worst, c.steps_worst);
        all.rmws += c.rmws;
        all.compares += c.compares;
        all.failed_compares += c.failed_compares;
        all.locked += c.locked;
        all.transfers += c.transfers;
    }
    return all;
}

double report::system_latency() const noexcept {
    return done == 0 ? 0 : static_cast<double>(steps) / static_cast<double>(done);
}

double report::individual_latency() const noexcept {
    double sum = 0;
    for (const processor_report& p : each) {
        sum += static_cast<double>(steps) / static_cast<double>(std::max<std::uint64_t>(p.done, 1));
    }
    return each.empty() ? 0 : sum / static_cast<double>(each.size());
}

report simulate(const steps::subject_maker& make, const machine& asked) {
    CYCLONE_ASSERT(asked.processors >= 1 && asked.processors <= k_processors_max);
    CYCLONE_ASSERT(asked.operations >= 1 && asked.victim < asked.processors);
    return simulation(make, asked).run();
}

}  // namespace cyclone::sim
