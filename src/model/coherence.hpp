#pragma once
// What an object costs in cache lines that travel, counted instead of timed: a small simulator of
// the MESI protocol under the object's own layout, fed with the steps that threads take under
// sync::counted. Virtual machines have no counters for this.
//
// Each thread is a core with a cache without end, so that lines move for no reason but sharing.
// Counted is a model: no store buffers, no prefetch, no evictions; a line fetched from another core
// is a transfer whether it was dirty or not. A failed compare-exchange takes its line for writing,
// as it does on x86. Sleeping and waking are system calls, and cost no line here but the load of
// the word. What a body does to memory that is not the policy's is not seen.
//
// Source      Papamarcos and Patel, ISCA 1984 (the protocol)
// Cost        O(1) a step beside the scheduler's
// Invariants  one core at most has a line exclusively, and then nobody else has it
// Errors      an object that fails (a requirement, a deadlock) is said to be broken, with what
// Thread-safety: one count at a time in a thread of the process.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/subject.hpp"

namespace cyclone::model::steps {

/// What accesses did to lines. Every miss is cold or a transfer.
struct line_counts {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t gets = 0;       ///< requests to read: read misses
    std::uint64_t getm = 0;       ///< requests to write: write misses and upgrades
    std::uint64_t upgrades = 0;   ///< of these, those that had the line already
    std::uint64_t cold = 0;       ///< misses of lines that no cache had
    std::uint64_t transfers = 0;  ///< misses of lines that another cache had
    std::uint64_t dirty = 0;      ///< of these, those that were written there and not written back
    std::uint64_t invalidations = 0;  ///< copies in other caches that ended

    line_counts& operator+=(const line_counts& o) noexcept;
    friend bool operator==(const line_counts&, const line_counts&) = default;
};

/// The protocol alone.
class mesi {
 public:
    static constexpr std::uint32_t k_cores_max = 64;
    enum class state : std::uint8_t { invalid, shared, exclusive, modified };
    /// Seeded bugs, which the hand counts of the tests must find.
    static constexpr int k_no_invalidation = 1;  ///< a write leaves other copies alone
    static constexpr int k_no_exclusive = 2;     ///< whoever reads first does not own the line
    static constexpr int k_free_upgrade = 3;     ///< writing to a shared line asks nobody
    static constexpr int k_no_downgrade = 4;     ///< a read leaves the owner its ownership

    explicit mesi(std::uint32_t cores, int mutant = 0);
    /// One access, to one line.
    line_counts access(std::uint32_t core, std::uint64_t line, bool write);
    [[nodiscard]] state state_of(std::uint32_t core, std::uint64_t line) const noexcept;
    void clear() { lines_.clear(); }

 private:
    struct line {
        std::uint64_t holders = 0;  ///< a bit a core
        bool owned = false;         ///< by the one holder: exclusive or modified
        bool dirty = false;
    };

    line_counts read(line& l, std::uint64_t me) const;
    line_counts write(line& l, std::uint64_t me) const;

    std::uint32_t cores_;
    int mutant_;
    std::unordered_map<std::uint64_t, line> lines_;
};

enum class traffic : std::uint8_t {
    round_robin,  ///< a step each
    random,       ///< any thread, at each step
    bursts,       ///< a thread stays for about mean_burst steps
    alone         ///< each thread as long as it can: operations that never meet
};
[[nodiscard]] std::string_view name_of(traffic t) noexcept;

struct coherence_options {
    traffic how = traffic::round_robin;
    std::uint32_t threads = 2;
    std::uint64_t operations = 200;  ///< of each thread that count
    std::uint64_t warmup = 50;       ///< of each before them
    std::uint64_t seed = 1;
    std::uint64_t mean_burst = 32;
    std::uint64_t steps_max = 10'000'000;
    int mutant = 0;  ///< of mesi
};

/// What one kind of operation did to one line.
struct line_use {
    std::string
        line{};  ///< "tail_", "tail_+1" for its second line, or "L3": the fourth one touched
    line_counts counts{};
};

struct operation_cost {
    std::string name{};
    std::uint64_t calls = 0;
    std::uint64_t done = 0;  ///< that succeeded
    std::uint64_t steps = 0;
    std::uint64_t loads = 0;
    std::uint64_t stores = 0;
    std::uint64_t rmws = 0;            ///< compare-exchanges included
    std::uint64_t rmws_in_vain = 0;    ///< that changed nothing
    std::uint64_t seq_cst_stores = 0;  ///< of the stores: a locked instruction on x86
    std::uint64_t fences = 0;
    std::uint64_t full_fences = 0;  ///< of these, seq_cst: the ones that cost on x86
    std::uint64_t plain = 0;        ///< accesses to plain data
    std::uint64_t locks = 0;        ///< mutex operations
    std::uint64_t pauses = 0;
    std::uint64_t calls_of_system = 0;  ///< sleeps and notifications of waiters
    line_counts all{};
    std::vector<line_use> lines{};  ///< most transfers first

    [[nodiscard]] double transfers_each() const noexcept {
        return calls == 0 ? 0 : static_cast<double>(all.transfers) / static_cast<double>(calls);
    }
    [[nodiscard]] const line_use* line(std::string_view name) const noexcept;
};

struct coherence_result {
    traffic how = traffic::round_robin;
    std::uint32_t threads = 0;
    std::uint64_t seed = 0;
    std::vector<operation_cost> operations{};  ///< by name
    std::string broken{};                      ///< the object failed: the counts are worth nothing
    std::uint64_t hash = 0;                    ///< of the schedule: equal for equal options

    [[nodiscard]] const operation_cost* operation(std::string_view name) const noexcept;
};

[[nodiscard]] coherence_result count_coherence(const subject_maker& make,
                                               const coherence_options& how);

/// One line.
[[nodiscard]] std::string to_json(const coherence_result& r);

}  // namespace cyclone::model::steps

namespace cyclone::model {
using steps::coherence_options;
using steps::coherence_result;
using steps::count_coherence;
using steps::traffic;
}  // namespace cyclone::model
