// The explorer: execution graphs are made event by event by running the body, and every choice of a
// read's source or a write's place that was not taken is kept for later. check() is its face.
//
// Source  Kokologiannakis, Marmanis, Gladstein, Vafeiadis: Truly stateless, optimal dynamic partial
//         order reduction, POPL 2022 (TruSt). The order in which threads are run is fixed: a
//         read-modify-write is finished first, else the lowest thread that can go on runs. A write
//         is also given to reads that were there before it ("revisit"), but only from the one graph
//         in which everything that this takes away was maximal: so each graph is made once.
// How     a `work` is a graph to be continued. It is replayed: threads run natively and are told
//         what the graph says; then it is extended to the end, the newest write first in place, and
//         each other choice becomes a copy on the stack.
// Deviations from the paper, and why they are sound:
//   - a blocking read whose value is not wanted is only kept where it reads the newest write: other
//     such graphs end with a thread waiting and can be revisited from nowhere
//   - a compare-exchange that fails for no reason never counts as maximal: the graph in which it
//     succeeded stands for both
//   - of two read-modify-writes that read one write, the second is given up when it comes to its
//     own write, after that has been offered to the first
// Cost    one run of the body a graph, one copy of the graph a choice not taken; memory is linear
//         in the length of a run times its choices
// Errors  a finding is thrown as `stop` up to run(), never through a fiber
// Thread-safety: one explorer at a time in a thread of the process
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/rng.hpp"
#include "model/arena.hpp"
#include "model/check.hpp"
#include "model/consistency.hpp"
#include "model/fiber.hpp"
#include "model/runtime.hpp"
#include "model/trace.hpp"

namespace cyclone::model {

struct pool;

class explorer {
 public:
    explorer(const options& how, const std::function<void()>& body);
    ~explorer();
    explorer(const explorer&) = delete;
    explorer& operator=(const explorer&) = delete;

    [[nodiscard]] result run();

    /// The one whose body runs in this thread, or nullptr.
    [[nodiscard]] static explorer* current() noexcept;
    /// On a fiber: hands the request over and returns when it was granted.
    void post(detail::request& r);
    [[nodiscard]] std::uint32_t running() const noexcept { return running_; }

 private:
    enum class did : std::uint8_t { done, waits, blocked, half, dropped };
    enum class stage : std::uint8_t { unused, ready, blocked, ended };
    enum class reason : std::uint8_t { none, value, turn, assumption };

    struct work {
        graph g;
        event_id fresh = k_no_event;  ///< a read whose source was just set
        bool revisit = false;         ///< set by a write, not chosen for a new read
        bool spurious = false;        ///< the fresh read fails for no reason
        bool judge = false;           ///< consistency is still to be checked
        bool coherent = true;
        bool maximal = true;
        std::uint64_t stamp = 0;
    };
    struct outcome {
        access how = access::plain;
        bool blocks = false;
        std::uint64_t writes = 0;
        std::memory_order order = std::memory_order_relaxed;
    };
    struct candidate {
        event_id from;
        outcome what;
        bool spurious = false;
        bool newest = false;
    };
    struct turn {
        std::source_location site;
        std::uint32_t end = 0;
        std::uint32_t size = 0;
        bool first = false;  ///< where it began is not known
        bool known = false;
    };
    struct task {
        detail::request* posted = nullptr;
        std::function<void()>* body = nullptr;
        stage is = stage::unused;
        bool half = false;  ///< the write of a read-modify-write is due
        std::uint64_t half_value = 0;
        std::memory_order half_order = std::memory_order_relaxed;
        std::uint32_t locations = 0;
        reason waits = reason::none;
        std::uint32_t waits_from = 0;  ///< first event of what it waits on
        consistency::knowledge before_wait;
        std::uint32_t turn_index = 0;  ///< where the running turn began
        turn latest_turn;
        std::uint32_t pauses = 0;             ///< in a row
        std::vector<std::uint32_t> spurious;  ///< reads that failed for no reason
    };

    struct stop {};
    struct restart {};

    // explore.cpp: the loop over graphs
    void explore();
    void sample();
    void replay_script();
    bool out_of_bounds();
    void execute(work&& w);
    bool begin_execution(work&& w);
    bool replay();
    bool extend();
    void finish();
    void finish_blocked();
    [[nodiscard]] bool sees_newest(std::uint32_t t, std::uint32_t since) const;
    bool script_is_over();
    [[nodiscard]] std::uint32_t pick();
    [[nodiscard]] bool can_go(std::uint32_t t) const;
    [[noreturn]] void raise(fault what, const std::string& message);
    void raise_deadlock();
    void count_complete();

    // step.cpp: requests become events
    void start(std::uint32_t t);
    void run_thread(std::uint32_t t);
    void advance(std::uint32_t t);
    bool answer(std::uint32_t t, detail::request& q);
    [[nodiscard]] location queue_after(location where) const;
    void answer_queue(detail::request& q);
    void answer_precedes(detail::request& q);
    [[nodiscard]] bool turn_is_idle(std::uint32_t t, const detail::request& q);
    [[nodiscard]] bool same_step(std::uint32_t t, std::uint32_t earlier, std::uint32_t later) const;
    void block(std::uint32_t t, reason why, std::uint32_t from);
    did step(std::uint32_t t);
    did step_other(std::uint32_t t);
    did step_spawn(std::uint32_t t);
    did step_read(std::uint32_t t);
    did step_write(std::uint32_t t);
    did replay_read(std::uint32_t t, std::int32_t slot);
    did finish_read(std::uint32_t t, const outcome& o, event_id read);
    event_id commit(std::uint32_t t, event e);
    void append(std::uint32_t t, event& e);
    void match(event_id id, const event& e);
    void check_conflicts(event_id id);
    void wake_readers(location where);
    [[nodiscard]] bool recorded(std::uint32_t t) const {
        return known_.added(t) < g_.threads[t].size();
    }
    [[nodiscard]] event_id next_id(std::uint32_t t) const { return {t, known_.added(t)}; }
    [[nodiscard]] event label(std::uint32_t t) const;
    [[nodiscard]] outcome judge_value(const detail::request& q, std::uint64_t value) const;
    [[nodiscard]] std::int32_t slot_for(const detail::request& q);
    [[nodiscard]] bool may_fail(std::uint32_t t, const detail::request& q) const;

    // choose.cpp: sources, places, revisits
    did choose_read(std::uint32_t t, std::int32_t slot);
    void collect_sources(std::uint32_t t, std::int32_t slot);
    [[nodiscard]] bool admits_source(std::uint32_t t, const candidate& c, bool coherent);
    [[nodiscard]] std::size_t select(std::size_t count);
    [[nodiscard]] event read_label(std::uint32_t t, const candidate& c) const;
    did choose_write(std::uint32_t t, event e, std::int32_t slot);
    void collect_places(event_id w, std::int32_t slot, std::int32_t newest);
    [[nodiscard]] bool place_is_atomic(const graph& g, const std::vector<event_id>& writes,
                                       event_id w, std::size_t place) const;
    [[nodiscard]] bool admits(bool coherent, bool maximal);
    void revisit(event_id w, std::int32_t slot);
    [[nodiscard]] bool may_revisit(event_id r, event_id w) const;
    [[nodiscard]] bool maximal(event_id e, event_id w) const;
    void push_revisits(event_id r, event_id w, std::int32_t slot);
    [[nodiscard]] graph restricted(event_id r, event_id w) const;
    void push(work&& w) { stack_.push_back(std::move(w)); }

    // sites.cpp: orders, sites, names of values
    [[nodiscard]] std::memory_order order_of(const detail::request& q, bool failure) const;
    void note_site(const detail::request& q);
    void list_sites();
    [[nodiscard]] std::string value_name(std::uint64_t value) const;
    [[nodiscard]] std::string describe(event_id id) const;

    [[nodiscard]] bool fast_only() const noexcept { return !how_.naive && !how_.both; }

    const options& how_;
    const std::function<void()>& body_;
    result result_;
    pool& pool_;
    arena& arena_;
    consistency known_;
    graph g_;
    work now_;  ///< its graph has been moved to g_
    std::vector<work> stack_;
    std::array<task, k_threads_max> tasks_;
    std::vector<candidate> candidates_;
    std::vector<std::size_t> places_;
    std::vector<script_step> script_;
    std::size_t script_at_ = 0;
    bool scripted_ = false;
    bool random_ = false;
    bool replaying_ = false;
    rng draw_;
    std::uint64_t stamp_ = 0;
    std::uint64_t events_ = 0;
    std::uint32_t running_ = 0;
    std::int64_t started_ = 0;
    std::uint64_t looks_ = 0;
    std::unordered_set<std::uint64_t> seen_;
    struct site_entry {
        detail::ask what;
        std::source_location at;
        std::memory_order order;
        std::memory_order failure;
    };
    std::unordered_map<std::uint64_t, site_entry> sites_;
    mutable std::unordered_map<std::uint64_t, std::optional<std::memory_order>> weakened_;
};

}  // namespace cyclone::model
