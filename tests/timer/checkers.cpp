// Checkers: test cases that look for one kind of flaw only, so that it can be said which kind finds
// which seeded bug. The suite `mutants` runs each in a process of its own, on a row of which
// CYCLONE_MUTANT chooses a broken build, and on what ships; what they look at, other suites look at
// as well.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include "support.hpp"

namespace cyclone::timer::test {
namespace {

constexpr std::size_t k_programs = 1000;  ///< given to each seeded bug

/// Ends the test with a line that says what was found.
void found(const std::string& sign) {
    std::fprintf(stderr, "found:%s\n", sign.c_str());
    FAIL(sign);
}

/// A program on a variant without a model: what fires during which operation, and what check()
/// says. It knows no right answer, so it finds only what contradicts itself.
class bare {
 public:
    struct options {
        tick origin = 0;
        std::uint64_t split_seed = 0;  ///< non-zero: cut every advance into random pieces
        bool reactions = false;
        bool audit = false;
    };
    using fired_timer = std::tuple<std::size_t, tick, std::size_t>;  ///< step, deadline, timer

    bare(factory make, const options& how)
        : subject_(make(how.origin)),
          nodes_(subject_->make_nodes(k_program_timers)),
          timers_(k_program_timers),
          random_(how.split_seed),
          how_(how) {
        for (std::size_t i = 0; i < timers_.size(); ++i) {
            timers_[i].owner = this;
            timers_[i].id = i;
            (*nodes_)[i].bind(&bare::on_fire, &timers_[i]);
        }
    }
    /// Whatever is damaged stays where it is: the process ends soon, and leaks are not its point.
    ~bare() {
        static_cast<void>(subject_.release());
        static_cast<void>(nodes_.release());
    }

    /// What check() said first; empty if nothing.
    std::string run(const program& operations) {
        for (step_ = 0; step_ < operations.size(); ++step_) {
            apply(operations[step_]);
            if (!how_.audit) continue;
            if (std::string wrong = subject_->check(); !wrong.empty()) return wrong;
        }
        how_.reactions = false;
        for (unsigned leap = 0; leap < 8; ++leap) advance(subject_->now() + (tick{1} << 40));
        return how_.audit ? subject_->check() : std::string{};
    }

    [[nodiscard]] std::vector<fired_timer> fired(bool ordered) const {
        auto all = fired_;
        if (!ordered) std::sort(all.begin(), all.end());
        return all;
    }

 private:
    struct timer {
        bare* owner = nullptr;
        std::size_t id = 0;
        tick due = 0;
        op script;
    };

    void apply(const op& operation) {
        const tick now = subject_->now();
        switch (operation.kind) {
            case op_kind::start: return start(operation.timer, now + operation.delta);
            case op_kind::start_past:
                return start(operation.timer, now > operation.delta ? now - operation.delta : 0);
            case op_kind::stop: return stop(operation.timer);
            case op_kind::advance: return advance(now + operation.delta);
            case op_kind::advance_to_next: {
                tick next = k_never;
                for (std::size_t i = 0; i < timers_.size(); ++i)
                    next = std::min(next, (*nodes_)[i].deadline());
                return next == k_never ? void() : advance(std::max(now, next));
            }
            case op_kind::script: timers_[operation.timer].script = operation; return;
        }
    }

    void start(std::size_t id, tick deadline) {
        if ((*nodes_)[id].pending()) {
            subject_->restart((*nodes_)[id], deadline);
        } else {
            subject_->start((*nodes_)[id], deadline);
        }
        timers_[id].due = (*nodes_)[id].deadline();
    }

    void stop(std::size_t id) { static_cast<void>(subject_->stop((*nodes_)[id])); }

    void advance(tick to) {
        while (how_.split_seed != 0 && to - subject_->now() > 1 && random_.uniform(4) != 0)
            subject_->advance(subject_->now() + 1 + random_.uniform(to - subject_->now() - 1));
        subject_->advance(to);
    }

    static void on_fire(void* context, entry&) {
        auto& mine = *static_cast<timer*>(context);
        bare& self = *mine.owner;
        self.fired_.emplace_back(self.step_, mine.due - self.how_.origin, mine.id);
        if (!self.how_.reactions) return;
        const tick then = self.subject_->now() + mine.script.delta;
        switch (mine.script.on_fire) {
            case reaction::none: return;
            case reaction::restart_self: return self.start(mine.id, then);
            case reaction::stop_other: return self.stop(mine.script.other);
            case reaction::restart_other: return self.start(mine.script.other, then);
        }
    }

    std::unique_ptr<any> subject_;
    std::unique_ptr<node_array> nodes_;
    std::vector<timer> timers_;
    rng random_;
    options how_;
    std::size_t step_ = 0;
    std::vector<fired_timer> fired_;
};

/// Calls `look(row, operations, seed)` on as many random programs as a seeded bug is given.
template <class Look>
void on_programs(const char* name, std::size_t programs, Look look) {
    on_each(name, [&](const registration& row) {
        rng random(k_mutant_seed);
        for (std::size_t i = 0; i < programs; ++i)
            look(row, decode_program(random_bytes(random, 120)), k_mutant_seed + i);
    });
}

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("checker: lock step with the model", "[.checker]") {
    on_programs("lock step", k_programs,
                [](const registration& row, const program& operations, std::uint64_t) {
                    const auto broken = run_lockstep(row.make, operations, {.audit = false}).broken;
                    if (broken) found(broken->property);
                });
}

TEST_CASE("checker: the structure's own audit", "[.checker]") {
    on_programs("audit", k_programs,
                [](const registration& row, const program& operations, std::uint64_t) {
                    bare subject(row.make, {.reactions = true, .audit = true});
                    if (const std::string wrong = subject.run(operations); !wrong.empty())
                        found(wrong.substr(0, wrong.find(':')));
                });
}

TEST_CASE("checker: splitting and shifting time", "[.checker]") {
    on_programs("invariances", k_programs / 3,
                [](const registration& row, const program& operations, std::uint64_t seed) {
                    const auto probe = row.make(0);
                    const bool ordered = probe->declared().fire_order == order::fifo;
                    bare whole(row.make, {});
                    bare split(row.make, {.split_seed = seed | 1});
                    whole.run(operations);
                    split.run(operations);
                    if (whole.fired(ordered) != split.fired(ordered)) found("split_invariance");
                    if (probe->lateness_max(k_tick_max) != 0) return;
                    rng random(seed);
                    for (const tick shift :
                         {(tick{1} << 32) - 3, (tick{1} << 53) - (tick{1} << 51), tick{1} << 62,
                          (tick{1} << (6 + random.uniform(55))) - 1 - random.uniform(60)}) {
                        if (shift > probe->declared().horizon / 2 + 1) continue;
                        bare moved(row.make, {.origin = shift});
                        moved.run(operations);
                        if (whole.fired(ordered) != moved.fired(ordered)) found("shift_invariance");
                    }
                });
}

TEST_CASE("checker: the fuzzer's corpus", "[.checker]") {
    on_each("corpus", [](const registration& row) {
        std::size_t inputs = 0;
        for (const char* folder : {"corpus", "regressions"}) {
            const auto home = std::filesystem::path(CYCLONE_FUZZ_INPUTS) / folder;
            for (const auto& file : std::filesystem::directory_iterator(home)) {
                const std::vector<std::uint8_t> bytes = bytes_of(file.path());
                if (bytes.size() < 4) continue;
                ++inputs;
                // What fuzz/timer/ops.cpp makes of an input, but for the comparison with the
                // oracle: the origin, then the program.
                constexpr tick k_origins[] = {
                    0, 1, 63, 4095, (tick{1} << 32) - 2, (tick{1} << 50) - 1};
                const tick origin = k_origins[bytes[0] % 64 % std::size(k_origins)];
                const auto rest = std::span(bytes).subspan(1);
                const auto broken = run_lockstep(row.make, decode_program(rest),
                                                 {.origin = origin,
                                                  .sleep_by_model = (bytes[0] & 128) != 0,
                                                  .audit = (bytes[0] & 64) != 0})
                                        .broken;
                if (broken) found(broken->property);
            }
        }
        CHECK(inputs > 0);
    });
}

}  // namespace cyclone::timer::test
