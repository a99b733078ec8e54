#pragma once
// The engine room of the second engine: tasks on fibers, one of which takes one step at a time on a
// sequentially consistent memory, in the order that a strategy says. sync::stepped (stepped.hpp)
// reports each step here before its effect and after it; interleave, classify and count_coherence
// (interleave.hpp, progress.hpp, coherence.hpp) are three users.
//
// What blocks is known and not guessed: a task has a reason for waiting (a mutex, an end, a
// notification, the clock, or, when it pauses, any change at all), so a schedule in which nobody
// can go on is seen at once. The clock is virtual and moves only when nobody can go on otherwise.
//
// Source      the fiber-and-virtual-clock scheme is that of deterministic simulation testing
// Cost        O(tasks) a step, two fiber switches; nothing is allocated a step unless tracing
// Invariants  I1 code between two steps touches nothing shared, so it need not be scheduled
//             I2 a pause is let go on only if memory or the clock has changed since the turn of its
//                loop began: a turn that saw nothing new would do the same again
//             I3 memory from allocate() has the same addresses in every run that went the same way
// Errors      what goes wrong in a run is a `failure`, and ends it; the tasks are dropped, not
//             unwound: what they held from the ordinary heap is lost, what they made is not
// Thread-safety: one scheduler at a time in a thread of the process.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "model/check.hpp"
#include "model/fiber.hpp"
#include "model/strategy.hpp"

namespace cyclone::model::steps {

/// How an operation of a subject ended. Only `done` is progress for those who wait for a result.
enum class outcome : std::uint8_t {
    done,
    refused,     ///< it could not, and said so: empty, full, busy
    would_block  ///< it could not because another operation is half done, and said so
};

struct schedule_options {
    std::uint64_t steps_max = 100'000;  ///< of one run
    std::uint64_t stall_max = 0;        ///< steps without the end of an operation; 0: any
    std::uint32_t tasks_max = 32;
    std::size_t bytes_max = 64 << 20;  ///< of what is made in one run
    bool plain_steps = true;           ///< get and set of plain data are steps
    bool recycle = false;              ///< memory is used again as an allocator does; or never
    bool trace = false;
};

/// Why drive() came back.
enum class halt : std::uint8_t {
    finished,  ///< every task that is not suspended has ended
    parked,    ///< or waits in park()
    stuck,     ///< nobody can go on
    too_long,  ///< steps_max
    stalled,   ///< stall_max
    failed,    ///< see failure()
    abandoned  ///< the strategy knows the rest
};

struct failure {
    fault what = fault::none;
    std::string message{};
};

struct log_entry {
    std::uint32_t task = 0;
    point step{};
    std::uint64_t value = 0;
    bool changed = false;
    std::uint64_t now = 0;
    const char* operation = nullptr;
};

/// Sees every step when it has been taken, and where operations begin and end.
class observer {
 public:
    observer() = default;
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    virtual ~observer() = default;
    virtual void stepped(std::uint32_t task, const point& p, bool changed) = 0;
    virtual void began(std::uint32_t task, const char* name) = 0;
    virtual void ended(std::uint32_t task, const char* name, std::uint64_t own_steps,
                       outcome how) = 0;
};

class scheduler {
 public:
    explicit scheduler(const schedule_options& how);
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;
    ~scheduler();

    /// The scheduler of this thread, on one of its tasks or not; nullptr if there is none.
    [[nodiscard]] static scheduler* in_charge() noexcept { return in_charge_; }
    /// The scheduler on one of whose tasks this code runs, or nullptr.
    [[nodiscard]] static scheduler* here() noexcept {
        return in_charge_ != nullptr && in_charge_->running_ != k_no_task ? in_charge_ : nullptr;
    }

    // For who drives.

    /// Drops all tasks and all memory.
    void reset();
    std::uint32_t add(std::function<void()> body);
    /// Runs tasks until something is to be said; may be called again for more steps.
    halt drive(strategy& by);
    /// From now on `steps_max` more.
    void extend(std::uint64_t steps_max, std::uint64_t stall_max);
    /// Never lets `task` take its step number `step` (from 1) or any later one.
    void suspend_at(std::uint32_t task, std::uint64_t step);
    void suspend(std::uint32_t task, bool on);
    /// So that a run that failed can be taken down step by step.
    void forgive() noexcept { failure_ = {}; }
    void open_parked() noexcept { parks_open_ = true; }
    void trace(bool on) noexcept { how_.trace = on; }
    void watch(observer* who) noexcept { observer_ = who; }

    [[nodiscard]] const failure& failed() const noexcept { return failure_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] std::uint32_t tasks() const noexcept { return count_; }
    [[nodiscard]] const std::vector<log_entry>& log() const noexcept { return log_; }
    [[nodiscard]] const std::vector<decision>& decisions() const noexcept { return decisions_; }
    [[nodiscard]] std::uint64_t steps_of(std::uint32_t task) const noexcept;
    [[nodiscard]] bool ended(std::uint32_t task) const noexcept;
    [[nodiscard]] bool suspended(std::uint32_t task) const noexcept;
    [[nodiscard]] bool parked(std::uint32_t task) const noexcept;
    /// The step the task was about to take; meaningless once it has ended.
    [[nodiscard]] const point& next_of(std::uint32_t task) const noexcept;
    [[nodiscard]] const char* operation_of(std::uint32_t task) const noexcept;
    /// Who waits for what, one line; for a run that is stuck.
    [[nodiscard]] std::string waits();
    /// The first block made and not disposed of, or nothing.
    [[nodiscard]] std::string leak() const;
    /// "tail_", or "m3" for what was given no name: numbered as they are asked for.
    [[nodiscard]] std::string name_of_memory(const void* where);

    // For the policy; on a task unless said otherwise.

    void before(const point& p);
    void after(std::uint64_t value, bool changed);
    /// As before(), and the turn comes only once `ready(with)` holds.
    void before_when(const point& p, bool (*ready)(const void*), const void* with);
    /// Puts the running task to sleep at `where`, whose value was found to equal `old`.
    void sleep_at(const void* where, std::uint64_t old, std::uint32_t size);
    void wake_at(const void* where, bool all);
    /// What went wrong, the first one counts; then stop(). Two calls, because the frame of the
    /// second is never left, and would keep the strings that the message is made of.
    void note(fault what, std::string message);
    [[noreturn]] void stop();
    [[noreturn]] void drop();  ///< this run is of no interest
    [[nodiscard]] std::uint32_t running() const noexcept { return running_; }
    [[nodiscard]] bool plain_steps() const noexcept { return how_.plain_steps; }

    /// Also outside of tasks: memory that is watched.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t align, std::source_location at);
    /// False if the block is not one of ours.
    bool release(void* block, std::source_location at);
    /// The size of a block, 0 if it is not one of ours.
    [[nodiscard]] std::uint32_t size_of(const void* block) const noexcept;

    [[nodiscard]] bool alive(const void* block) const noexcept;

    [[nodiscard]] std::uint64_t now() const noexcept { return now_; }
    void sleep_until(std::uint64_t when, std::source_location at);
    void join(std::uint32_t task, std::source_location at);
    void park(std::source_location at);
    void begin_operation(const char* name);
    void end_operation(outcome how);
    void name_memory(const void* where, std::string name);

 private:
    enum class reason : std::uint8_t { none, predicate, change, notify, end, time, open };

    struct task_state {
        std::function<void()> body;
        bool fresh = true;
        bool over = false;
        bool suspended = false;
        reason waits = reason::none;
        bool (*ready)(const void*) = nullptr;
        const void* with = nullptr;
        std::uint32_t other = 0;  ///< joined
        std::uint64_t wake_time = 0;
        bool notified = false;
        std::uint64_t asleep_on = 0;   ///< the value it was put to sleep with
        std::uint64_t turn_began = 0;  ///< changes_ when its last pause ended
        std::uint64_t steps = 0;
        std::uint64_t stop_before = 0;  ///< suspended before this step; 0: never
        point next;
        const char* operation = nullptr;
        std::uint64_t operation_began = 0;
    };
    struct task : task_state {
        fiber stack;
    };
    struct block {
        std::size_t bytes = 0;
        bool live = true;
        std::source_location made;
        std::source_location freed;
    };
    /// What one task makes comes from its own region, so that tasks do not disturb I3.
    struct slab {
        std::unique_ptr<std::byte[]> memory;
        std::size_t bytes = 0;
    };
    struct region {
        std::vector<slab> chunks;
        std::size_t chunk = 0;  ///< how many are in use, the last one in part
        std::size_t used = 0;   ///< of it
        std::map<std::size_t, std::vector<void*>> recycled;
    };

    void run_body(std::uint32_t id) noexcept;
    void start_fresh();
    void collect();
    bool take_free_steps();
    bool advance_clock();
    [[nodiscard]] bool able(const task& t) const;
    void resume(std::uint32_t id);
    void take(std::uint32_t id);
    [[nodiscard]] halt rest() const;
    void yield_until_turn();
    void check_memory(const point& p);
    [[nodiscard]] std::string waits_of(std::uint32_t id);
    static void on_assertion(const char* expression, const char* file, int line);
    [[nodiscard]] std::byte* carve(region& r, std::size_t bytes, std::size_t align);

    static inline thread_local scheduler* in_charge_ = nullptr;

    schedule_options how_;
    std::vector<std::unique_ptr<task>> tasks_;  ///< the first count_ are of this run
    std::uint32_t count_ = 0;
    std::uint32_t running_ = k_no_task;
    std::uint32_t last_ = k_no_task;
    std::vector<candidate> able_;
    std::vector<std::uint32_t> sleepers_;  ///< in the order in which they fell asleep
    std::uint64_t steps_ = 0;
    std::uint64_t steps_limit_ = 0;
    std::uint64_t stall_limit_ = 0;
    std::uint64_t last_end_ = 0;  ///< steps_ when an operation last ended
    std::uint64_t ended_ = 0;
    std::uint64_t changes_ = 1;
    std::uint64_t now_ = 0;
    std::uint64_t hash_ = 0;
    bool parks_open_ = false;
    bool dropped_ = false;
    failure failure_;
    observer* observer_ = nullptr;
    std::vector<log_entry> log_;
    std::vector<decision> decisions_;
    std::map<std::uintptr_t, block> blocks_;
    std::size_t freed_ = 0;
    std::size_t bytes_ = 0;
    std::vector<region> regions_;  ///< [task], the last one for code on no task
    std::map<const void*, std::string> names_;
    std::size_t unnamed_ = 0;
    assert_handler handler_before_;
};

}  // namespace cyclone::model::steps
