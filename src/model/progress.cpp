// The classifier, see progress.hpp.
#include "model/progress.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "model/json_text.hpp"

namespace cyclone::model::steps {
namespace {

constexpr std::uint32_t k_nobody = k_no_task;

std::string step_text(const point& p) {
    std::string said(name_of(p.what));
    const bool ordered = p.what == action::load || p.what == action::store ||
                         p.what == action::rmw || p.what == action::compare_exchange ||
                         p.what == action::fence;
    if (ordered) said += " " + std::string(name_of(p.order));
    return said + " " + text(p.site);
}

void note(std::vector<obstacle>& all, obstacle o) {
    for (obstacle& known : all) {
        if (known.by != o.by || known.step != o.step || known.hurt != o.hurt || known.how != o.how)
            continue;
        ++known.times;
        return;
    }
    o.times = 1;
    all.push_back(std::move(o));
}

class classifier final : public observer {
 public:
    classifier(const subject_maker& make, const progress_options& how)
        : make_(make),
          how_(how),
          scheduler_({.steps_max = ~std::uint64_t{0},
                      .stall_max = how.patience,
                      .tasks_max = how.threads + 1}) {
        CYCLONE_ASSERT(how.threads >= 1 && how.operations >= 1 && how.probes >= 2);
        result_.threads = how.threads;
    }

    progress_result run() {
        undisturbed();
        for (std::uint64_t k = 0; k < kinds() && result_.broken.empty(); ++k)
            for (std::uint32_t v = 0; v < how_.threads; ++v) suspend_everywhere(v, k);
        for (std::uint32_t v = 0; v < how_.threads && result_.broken.empty(); ++v) starve_one(v);
        conclude();
        return std::move(result_);
    }

 private:
    struct tally {
        std::uint64_t tried = 0;
        std::uint64_t done = 0;
        bool blocked_only = true;  ///< each that was not done said would_block
    };

    void stepped(std::uint32_t, const point&, bool) override {}
    void began(std::uint32_t, const char*) override {}
    void ended(std::uint32_t task, const char* name, std::uint64_t own_steps,
               outcome how) override {
        if (starved_ == k_nobody || task == starved_) {
            std::uint64_t& most = most_[name];
            most = std::max(most, own_steps);
        }
        if (!probing_ || probed_[task]++ < how_.probes / 2) return;
        tally& t = probes_[name];
        ++t.tried;
        if (how == outcome::done) ++t.done;
        if (how == outcome::refused) t.blocked_only = false;
    }

    [[nodiscard]] std::uint64_t kinds() const { return 2 + how_.schedules; }

    [[nodiscard]] std::unique_ptr<strategy> kind(std::uint64_t k, std::uint32_t victim) const {
        if (k == 0) return round_robin();
        if (k == 1) return prefer(victim == k_nobody ? 0 : victim);
        if (k % 2 == 0) return random_walk(how_.seed + k);
        return bursts(how_.seed + k, 4);
    }

    /// A new object and its threads; `most` is how many operations each does before it parks.
    template <class F>
    void set_up(F most) {
        scheduler_.watch(nullptr);
        scheduler_.reset();
        scheduler_.watch(this);
        scheduler_.extend(~std::uint64_t{0}, how_.patience);
        subject_ = make_();
        probing_ = false;
        probes_.clear();
        probed_.assign(how_.threads + 1, 0);
        for (std::uint32_t t = 0; t < how_.threads; ++t) {
            const std::uint64_t first = most(t);
            scheduler_.add([this, t, first] {
                for (std::uint64_t i = 0; i < first; ++i) operate_once(subject_, t, i);
                scheduler_.park(std::source_location::current());
                for (std::uint64_t i = 0; i < how_.probes; ++i)
                    operate_once(subject_, t, first + i);
            });
        }
        ++result_.runs;
    }

    /// Takes the object down on a task of its own: a destructor that waits for what was left half
    /// done would never come back.
    void tear_down() {
        result_.steps += scheduler_.steps();
        if (scheduler_.failed().what != fault::none && result_.broken.empty())
            result_.broken = std::string(scheduler_.failed().message);
        scheduler_.watch(nullptr);
        scheduler_.forgive();
        for (std::uint32_t t = 0; t < scheduler_.tasks(); ++t) scheduler_.suspend(t, true);
        const std::uint32_t last = scheduler_.add([this] { subject_ = {}; });
        scheduler_.extend(how_.patience, 0);
        calm by;
        scheduler_.drive(by);
        if (!scheduler_.ended(last)) subject_ = {};
        if (scheduler_.failed().what != fault::none && result_.broken.empty())
            result_.broken = "its destructor: " + scheduler_.failed().message;
    }

    /// The natural schedule.
    struct calm final : strategy {
        void begin(std::uint64_t) override {}
        std::size_t choose(const choice& c) override { return natural(c); }
    };

    void undisturbed() {
        for (std::uint64_t k = 0; k < kinds() && result_.broken.empty(); ++k) {
            set_up([&](std::uint32_t) { return how_.operations; });
            const auto by = kind(k, k_nobody);
            by->begin(k);
            const halt stop = scheduler_.drive(*by);
            settle(stop, k_nobody);
            if (stop == halt::parked && k == 0) {
                probe(k_nobody);
                for (const auto& [name, t] : probes_)
                    if (t.done > 0) usual_.insert(name);
            }
            tear_down();
        }
    }

    void suspend_everywhere(std::uint32_t victim, std::uint64_t k) {
        for (std::uint64_t step = 1; step <= how_.patience && result_.broken.empty(); ++step) {
            set_up([&](std::uint32_t) { return how_.operations; });
            scheduler_.suspend_at(victim, step);
            const auto by = kind(k, victim);
            by->begin(k);
            const halt stop = scheduler_.drive(*by);
            const bool stands = scheduler_.suspended(victim);
            if (stands) ++result_.suspensions;
            settle(stop, victim);
            if (stands && stop == halt::parked) probe(victim);
            tear_down();
            if (!stands) break;  // it ends before this step
        }
    }

    /// Says what a run that did not end tells.
    void settle(halt stop, std::uint32_t victim) {
        if (stop == halt::parked || stop == halt::finished || stop == halt::failed) return;
        for (std::uint32_t t = 0; t < how_.threads; ++t) {
            if (!waiting(t)) continue;
            if (stop == halt::stuck) {
                note(result_.blocks, found(victim, t, "waits for ever"));
                continue;
            }
            if (ends_alone(t)) {
                note(result_.livelocks, found(k_nobody, t, "is hindered by others for ever"));
            } else if (scheduler_.failed().what == fault::none) {
                note(result_.blocks, found(victim, t, "goes round for ever"));
            }
            return;
        }
    }

    [[nodiscard]] bool waiting(std::uint32_t t) const {
        return !scheduler_.ended(t) && !scheduler_.suspended(t) && !scheduler_.parked(t);
    }

    bool ends_alone(std::uint32_t t) {
        for (std::uint32_t o = 0; o < how_.threads; ++o)
            if (o != t) scheduler_.suspend(o, true);
        scheduler_.extend(~std::uint64_t{0}, how_.patience);
        calm by;
        const halt stop = scheduler_.drive(by);
        return stop == halt::parked || stop == halt::finished;
    }

    [[nodiscard]] obstacle found(std::uint32_t victim, std::uint32_t hurt, std::string how) const {
        obstacle o{.by = "nobody", .step = "", .hurt = "", .how = std::move(how)};
        if (victim != k_nobody && scheduler_.suspended(victim)) {
            const char* const by = scheduler_.operation_of(victim);
            o.by = by == nullptr ? "nobody" : by;
            o.step = step_text(scheduler_.next_of(victim));
        }
        if (hurt != k_nobody && scheduler_.operation_of(hurt) != nullptr)
            o.hurt = scheduler_.operation_of(hurt);
        return o;
    }

    /// Everyone who is left goes on; looks for operations that never succeed any more.
    void probe(std::uint32_t victim) {
        probing_ = true;
        scheduler_.open_parked();
        scheduler_.extend(~std::uint64_t{0}, how_.patience);
        const auto by = round_robin();
        by->begin(0);
        const halt stop = scheduler_.drive(*by);
        settle(stop, victim);
        if (victim == k_nobody || stop != halt::finished) return;
        for (const std::string& name : usual_)
            if (!probes_.contains(name)) return;  // nobody is left who does it: no wonder
        for (const auto& [name, t] : probes_) {
            if (t.done > 0 || !usual_.contains(name)) continue;
            obstacle o = found(victim, k_nobody, t.blocked_only ? "would block" : "is refused");
            o.hurt = name;
            note(result_.windows, std::move(o));
        }
    }

    /// What is done between two steps of a victim: operations ended, steps taken.
    struct adversary {
        std::uint64_t operations = 0;
        std::uint64_t steps = 0;
    };

    void starve_one(std::uint32_t victim) {
        constexpr std::array<adversary, 6> k_adversaries{
            {{1, 0}, {2, 0}, {3, 0}, {0, 1}, {0, 2}, {0, 5}}};
        // Each of its operations in turn: the others have a finite number of theirs, which the
        // first one that is starved uses up.
        for (std::uint64_t alone = 0; alone < how_.operations; ++alone)
            for (const adversary& a : k_adversaries) starve_with(victim, a, alone);
    }

    void starve_with(std::uint32_t victim, const adversary& a, std::uint64_t alone) {
        std::map<std::string, std::array<std::uint64_t, 3>> rise;
        for (std::size_t level = 0; level < 3 && result_.broken.empty(); ++level) {
            set_up([&, count = how_.starving << level](std::uint32_t t) {
                return t == victim ? how_.operations : count;
            });
            starved_ = victim;
            const auto kept = std::exchange(most_, {});
            const auto by = starve(victim, a.operations, a.steps, alone);
            by->begin(0);
            // The adversary is not fair: that others wait long says nothing here.
            const halt stop = scheduler_.drive(*by);
            if (stop == halt::stuck) settle(stop, k_nobody);
            for (const auto& [name, most] : most_) rise[name][level] = most;
            for (const auto& [name, most] : kept) most_[name] = std::max(most_[name], most);
            starved_ = k_nobody;
            tear_down();
        }
        for (const auto& [name, now] : rise) {
            auto& before = starved_most_[name];
            const bool rises = now[0] < now[1] && now[1] < now[2];
            const bool rose = before[0] < before[1] && before[1] < before[2];
            if (rises == rose ? now[2] > before[2] : rises) before = now;
        }
    }

    void conclude() {
        for (const auto& [name, most] : most_) {
            operation_progress o{.name = name, .steps_most = most, .starved = starved_most_[name]};
            o.grows = o.starved[0] < o.starved[1] && o.starved[1] < o.starved[2];
            const auto hurts = [&](const obstacle& b) { return b.hurt == name; };
            const auto any = [&](const std::vector<obstacle>& of) {
                return std::any_of(of.begin(), of.end(), hurts);
            };
            o.said = any(result_.blocks)      ? progress::blocking
                     : any(result_.livelocks) ? progress::obstruction_free
                     : o.grows                ? progress::lock_free
                                              : progress::wait_free;
            o.window = any(result_.windows);
            result_.said = std::max(result_.said, o.said);
            result_.operations.push_back(std::move(o));
        }
        // An operation that never ended once has no entry, and is not forgotten for that.
        if (!result_.blocks.empty()) result_.said = progress::blocking;
        if (!result_.livelocks.empty())
            result_.said = std::max(result_.said, progress::obstruction_free);
        result_.words = words();
    }

    [[nodiscard]] std::string words() const {
        if (!result_.broken.empty()) return "the object failed: " + result_.broken;
        const std::string tried = fmt::format(
            "{} suspensions of one of {} threads with {} operations each, under {} schedules",
            result_.suspensions, result_.threads, how_.operations, kinds());
        if (!result_.blocks.empty()) {
            const obstacle& o = result_.blocks.front();
            return fmt::format("blocking: {} {} when {} stands before {} ({})", o.hurt, o.how, o.by,
                               o.step.empty() ? "no step" : o.step, tried);
        }
        std::string said = "no blocking found in " + tried;
        if (!result_.livelocks.empty())
            said += "; threads hindered one another without end: not lock-free";
        for (const operation_progress& o : result_.operations) {
            said += o.grows ? fmt::format(
                                  "; steps of {} grow with the others' operations ({}, {}, "
                                  "{})",
                                  o.name, o.starved[0], o.starved[1], o.starved[2])
                            : fmt::format("; {} took at most {} steps", o.name, o.steps_most);
        }
        for (const obstacle& o : result_.windows)
            said += fmt::format("; {} {} while {} stands before {}", o.hurt, o.how, o.by, o.step);
        return said;
    }

    const subject_maker& make_;
    progress_options how_;
    scheduler scheduler_;
    subject subject_;
    progress_result result_;
    std::map<std::string, std::uint64_t> most_;
    std::map<std::string, std::array<std::uint64_t, 3>> starved_most_;
    std::map<std::string, tally> probes_;
    std::vector<std::uint64_t> probed_;
    std::set<std::string> usual_;  ///< succeed when nobody is suspended
    std::uint32_t starved_ = k_nobody;
    bool probing_ = false;
};

std::string to_json(const obstacle& o) {
    return json_object()
        .add("by", o.by)
        .add("step", o.step)
        .add("hurt", o.hurt)
        .add("how", o.how)
        .add("times", o.times)
        .text();
}

}  // namespace

std::string_view name_of(progress p) noexcept {
    switch (p) {
        case progress::wait_free: return "wait-free";
        case progress::lock_free: return "lock-free";
        case progress::obstruction_free: return "obstruction-free";
        case progress::blocking: return "blocking";
    }
    return "?";
}

const operation_progress* progress_result::operation(std::string_view name) const noexcept {
    for (const operation_progress& o : operations)
        if (o.name == name) return &o;
    return nullptr;
}

progress_result classify(const subject_maker& make, const progress_options& how) {
    return classifier(make, how).run();
}

std::string to_json(const progress_result& r) {
    const auto one = [](const operation_progress& o) {
        return json_object()
            .add("name", o.name)
            .add("progress", name_of(o.said))
            .add("window", o.window)
            .add("steps_most", o.steps_most)
            .raw("starved",
                 json_array(o.starved, [](std::uint64_t n) { return std::to_string(n); }))
            .add("grows", o.grows)
            .text();
    };
    const auto list = [](const std::vector<obstacle>& all) {
        return json_array(all, [](const obstacle& o) { return to_json(o); });
    };
    json_object o;
    o.add("progress", name_of(r.said)).add("words", r.words);
    if (!r.broken.empty()) o.add("broken", r.broken);
    o.add("threads", r.threads).add("runs", r.runs);
    o.add("suspensions", r.suspensions).add("steps", r.steps);
    o.raw("operations", json_array(r.operations, one));
    o.raw("blocks", list(r.blocks)).raw("windows", list(r.windows));
    o.raw("livelocks", list(r.livelocks));
    return o.text();
}

}  // namespace cyclone::model::steps
