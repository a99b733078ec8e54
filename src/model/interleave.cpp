// Runs, shrinking and verdicts of the second engine, see interleave.hpp.
#include "model/interleave.hpp"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace cyclone::model::steps {
namespace {

constexpr std::size_t k_hashes_max = 1 << 22;  // distinct is a lower bound beyond
constexpr double k_shrink_seconds = 20;

class stopwatch {
 public:
    [[nodiscard]] double seconds() const {
        return static_cast<double>(clock::monotonic_ns() - began_) * 1e-9;
    }

 private:
    std::int64_t began_ = clock::monotonic_ns();
};

std::unique_ptr<strategy> strategy_for(const interleave_options& how) {
    switch (how.how) {
        case tactic::random_walk: return random_walk(how.seed);
        case tactic::pct: return pct(how.seed, how.depth, 1);
        case tactic::pos: return pos(how.seed);
        case tactic::round_robin: return round_robin();
        case tactic::bursts: return bursts(how.seed, how.mean_burst);
        case tactic::exhaustive: return exhaustive(how.preemptions);
    }
    return round_robin();
}

/// One call of interleave().
class search {
 public:
    search(const interleave_options& how, const std::function<void()>& body)
        : how_(how), body_(body), scheduler_(how.schedule) {}

    interleave_result run() {
        if (!how_.replay.empty()) {
            replay();
        } else {
            explore();
        }
        result_.seconds = watch_.seconds();
        return std::move(result_);
    }

 private:
    /// What one schedule came to.
    struct ending {
        failure what;
        bool whole = true;  ///< ran to its end; false: cut or dropped
        std::vector<decision> decisions;
        std::uint64_t hash = 0;
        std::uint64_t steps = 0;
    };

    ending once(strategy& by, std::uint64_t number) {
        scheduler_.reset();
        by.begin(number);
        scheduler_.add(body_);
        const halt stop = scheduler_.drive(by);
        ending e;
        e.decisions = scheduler_.decisions();
        e.hash = scheduler_.hash();
        e.steps = scheduler_.steps();
        e.whole = stop != halt::abandoned;
        switch (stop) {
            case halt::finished: e.what = look_for_leaks(); break;
            case halt::stuck:
            case halt::parked: e.what = {fault::deadlock, scheduler_.waits()}; break;
            case halt::too_long:
            case halt::stalled: e.what = endless(); break;
            case halt::failed: e.what = scheduler_.failed(); break;
            case halt::abandoned: break;
        }
        if (by.went_astray())
            e.what = {fault::inconsistent,
                      "the same decisions led elsewhere: the body is not deterministic, or the "
                      "replay string is another body's"};
        if (stop == halt::abandoned && e.what.what == fault::none) end_quietly();
        return e;
    }

    [[nodiscard]] failure look_for_leaks() const {
        const std::string leak = how_.leaks ? scheduler_.leak() : std::string();
        if (leak.empty()) return {};
        return {fault::leak, leak + " were not disposed of"};
    }

    [[nodiscard]] failure endless() const {
        return {fault::too_long,
                std::to_string(scheduler_.steps()) +
                    " steps without an end: a loop that waits without pause(), a livelock, or too "
                    "small a bound (schedule.steps_max)"};
    }

    /// A run that is cut goes on to some end, so that its frames give back what they hold.
    void end_quietly() {
        const auto calm = repeat({}, false);
        calm->begin(0);
        scheduler_.drive(*calm);
    }

    void count(const ending& e) {
        result_.steps += e.steps;
        result_.steps_most = std::max(result_.steps_most, e.steps);
        result_.threads_most = std::max(result_.threads_most, scheduler_.tasks());
        if (!e.whole) {
            ++result_.redundant;
            return;
        }
        ++result_.runs;
        if (hashes_.size() < k_hashes_max && hashes_.insert(e.hash).second) ++result_.distinct;
    }

    void explore() {
        const auto by = strategy_for(how_);
        const bool all = how_.how == tactic::exhaustive;
        const std::uint64_t most = all ? how_.runs_max : how_.runs;
        bool more = true;
        for (std::uint64_t number = 0; more; ++number) {
            if (number >= most || watch_.seconds() > how_.seconds_max) break;
            const ending e = once(*by, number);
            count(e);
            if (e.what.what != fault::none) return report(e, number);
            if (number == 0 && e.whole && !repeats(e)) return;
            more = by->more();
        }
        say(by->complete(), !more);
    }

    /// Whether the first schedule, taken again, is the same.
    bool repeats(const ending& first) {
        const auto again = repeat(first.decisions, true);
        ending e = once(*again, 0);
        if (e.hash == first.hash && e.what.what == fault::none) return true;
        e.what = {fault::inconsistent,
                  "the first schedule, taken again, went another way: the body is not "
                  "deterministic (time, addresses of its own, random numbers?)"};
        report(e, 0);
        return false;
    }

    void say(bool complete, bool searched) {
        if (how_.how == tactic::pct)
            result_.chance = pct_bound(result_.threads_most, result_.steps_most, how_.depth);
        if (complete) return;
        result_.said = verdict::partial;
        if (how_.how != tactic::exhaustive) {
            result_.bound = std::to_string(result_.runs) + " schedules by " +
                            std::string(name_of(how_.how)) +
                            " found nothing; a sample says nothing about the others";
        } else if (searched) {
            result_.bound = "all schedules with up to " + std::to_string(how_.preemptions) +
                            " preemptions; raise preemptions";
        } else if (result_.runs + result_.redundant >= how_.runs_max) {
            result_.bound = std::to_string(how_.runs_max) + " schedules; raise runs_max";
        } else {
            result_.bound = "out of time; raise seconds_max";
        }
    }

    void report(const ending& found, std::uint64_t number) {
        result_.said = verdict::failed;
        bad_schedule& bad = result_.found.emplace();
        bad.what = found.what.what;
        bad.message = found.what.message;
        bad.run = number;
        bad.decisions_found = found.decisions.size();
        std::vector<decision> least = found.decisions;
        if (found.what.what != fault::inconsistent) least = shrunk(std::move(least), bad.what);
        tell(bad, least);
    }

    /// Takes the schedule once more, with a log.
    void tell(bad_schedule& bad, const std::vector<decision>& decisions) {
        scheduler_.trace(true);
        const auto by = repeat(decisions, bad.what != fault::inconsistent);
        const ending e = once(*by, 0);
        if (e.what.what != fault::none) bad.message = e.what.message;
        if (e.what.what != bad.what && bad.what != fault::inconsistent) {
            bad.message =
                "found once and not again (" + bad.message + "): the body is not deterministic";
            bad.what = fault::inconsistent;
        }
        bad.steps = e.steps;
        bad.decisions = decisions.size();
        bad.trace = trace_of(scheduler_);
        bad.replay = to_string(replay_text{
            .seed = how_.seed, .plain_steps = how_.schedule.plain_steps, .decisions = decisions});
        scheduler_.trace(false);
    }

    /// Fewer decisions that lead to the same kind of fault (ddmin); none of them could be left out.
    std::vector<decision> shrunk(std::vector<decision> all, fault wanted) {
        const stopwatch since;
        std::uint64_t tries = how_.shrink_runs;
        const auto still = [&](std::vector<decision>& candidate) {
            if (tries == 0 || since.seconds() > k_shrink_seconds) return false;
            --tries;
            const auto by = repeat(candidate, false);
            ending e = once(*by, 0);
            if (e.what.what != wanted || e.decisions.size() > candidate.size()) return false;
            candidate = std::move(e.decisions);  // those that did come up
            return true;
        };
        std::size_t pieces = 1;
        while (!all.empty() && tries > 0 && pieces <= all.size()) {
            const std::size_t length = (all.size() + pieces - 1) / pieces;
            bool smaller = false;
            for (std::size_t from = 0; from < all.size() && !smaller; from += length) {
                std::vector<decision> rest(all.begin(), all.begin() + offset(from));
                const std::size_t to = std::min(from + length, all.size());
                rest.insert(rest.end(), all.begin() + offset(to), all.end());
                smaller = still(rest);
                if (smaller) all = std::move(rest);
            }
            if (smaller) {
                pieces = std::max<std::size_t>(pieces - 1, 1);
            } else {
                if (length == 1) break;
                pieces = std::min(2 * pieces, all.size());
            }
        }
        return all;
    }

    static std::ptrdiff_t offset(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

    void replay() {
        const auto told = parse_replay(how_.replay);
        ending e;
        if (!told || told->plain_steps != how_.schedule.plain_steps) {
            result_.said = verdict::failed;
            result_.found.emplace().what = fault::inconsistent;
            result_.found->message =
                !told ? "not a replay string of this engine: " + how_.replay
                      : "the replay string was made with another setting of schedule.plain_steps";
            return;
        }
        const auto by = repeat(told->decisions, true);
        e = once(*by, 0);
        count(e);
        if (e.what.what == fault::none) {
            result_.said = verdict::partial;
            result_.bound = "one schedule, replayed";
            return;
        }
        result_.said = verdict::failed;
        bad_schedule& bad = result_.found.emplace();
        bad.what = e.what.what;
        bad.message = e.what.message;
        bad.decisions_found = told->decisions.size();
        tell(bad, told->decisions);
    }

    const interleave_options& how_;
    const std::function<void()>& body_;
    scheduler scheduler_;
    stopwatch watch_;
    interleave_result result_;
    std::unordered_set<std::uint64_t> hashes_;
};

}  // namespace

interleave_result interleave(const interleave_options& how, const std::function<void()>& body) {
    return search(how, body).run();
}

}  // namespace cyclone::model::steps
