// The explorer as its users see it: a body is run under every execution that the memory model
// allows, or under as many as the bounds let through, and the first thing wrong comes back as a
// counterexample.
//
//   auto found = model::check({}, [] {
//       my_queue<model::explored> queue(2);               // the template that ships
//       model::thread producer([&] { queue.push(1); });
//       if (auto item = queue.pop()) model::require(*item == 1);
//       producer.join();
//   });
//
// The body is run again and again and must be deterministic: what it does depends on the values it
// reads through sync::explored alone, never on time, addresses of its own or random numbers. It
// makes its objects itself. It is not unwound when an execution is cut short: destructors do not
// run then, and all its memory, which comes from the explorer's arena, is dropped.
// So a static that allocates must have been used before, and a test framework's macros stay
// outside: inside, it is require() that says what must hold.
//
// An atomic that is waited on has a queue of waiters, which is made with it. That one of them is
// needed shows in the first execution that waits; exploration then begins anew, with fresh counts.
//
// Thread-safety: one check at a time in a thread of the process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "model/graph.hpp"

namespace cyclone::model {

enum class mode : std::uint8_t {
    exhaustive,  ///< every consistent graph once; a bound that is hit makes the result partial
    random,      ///< `runs` graphs at random: each read and write picks one of what is consistent
};

/// A site whose order is changed: "file.hpp:42" of an atomic operation or fence, as traces print
/// it. A compare-exchange has two: the success order, and ":failure" appended.
using weaken_map = std::map<std::string, std::memory_order>;

struct options {
    mode how = mode::exhaustive;
    release_sequences sequences = release_sequences::cxx20;
    std::uint64_t seed = 1;
    std::uint64_t runs = 1000;             ///< random only
    std::uint64_t events_max = 192;        ///< of one graph; reaching it is a finding
    std::uint64_t graphs_max = 1'000'000;  ///< complete and blocked ones together
    double seconds_max = 60;
    /// How often a weak compare-exchange may fail for no reason at one place in the code, for each
    /// thread. The standard sets no limit; there has to be one, or a loop around it had no end.
    std::uint32_t spurious_max = 1;
    weaken_map weaken;
    bool naive = false;  ///< judge every graph by the cubic check: the oracle of the fast one
    bool both = false;   ///< by both, and stop if they differ
    bool leaks = true;   ///< memory not given back at the end of an execution is an error
    std::string replay;  ///< a counterexample's replay string: only that execution
    /// Called on each complete, consistent graph, blocked ones not; for counting and comparing.
    std::function<void(const graph&)> on_graph;
    int mutant = 0;  ///< a seeded bug of the explorer itself (mutants.hpp)
};

enum class fault : std::uint8_t {
    none,
    requirement,    ///< model::require, or an assertion of the code
    race,           ///< two accesses to plain data, one a write, neither before the other
    uninitialised,  ///< an access that the making of the location does not come before
    use_after_free,
    double_free,
    leak,
    deadlock,  ///< threads wait, each for what nobody will do: a lost wake-up is one
    not_linearizable,
    too_long,      ///< events_max: a loop without end, or too small a bound
    inconsistent,  ///< the two checks differ, or a replay went another way: the body is not
                   ///< deterministic, or the explorer is wrong
};

struct counterexample {
    fault what = fault::none;
    std::string message;  ///< one sentence: which objects, which sites
    graph execution;
    std::string trace;   ///< threads across, events down, each read with its source
    std::string dot;     ///< Graphviz
    std::string replay;  ///< for options::replay
};

enum class verdict : std::uint8_t { passed, failed, partial };

/// A place in the source that has an order: what the order-weakening matrix (weaken.hpp) changes.
struct site_use {
    enum class kind_of : std::uint8_t { load, store, update, compare, fence };
    std::string where;  ///< key for weaken_map: "file.hpp:42:9", line and column
    kind_of what = kind_of::load;
    std::memory_order order = std::memory_order_relaxed;
    std::memory_order failure = std::memory_order_relaxed;  ///< compare only
};

struct result {
    verdict said = verdict::passed;
    std::string bound;  ///< partial: which bound was hit, and how to raise it
    std::optional<counterexample> found;
    std::uint64_t complete = 0;     ///< consistent graphs in which every thread ended
    std::uint64_t blocked = 0;      ///< in which some thread waits for what did not come
    std::uint64_t duplicates = 0;   ///< complete graphs seen twice; counted when on_graph is set
    std::uint64_t events_most = 0;  ///< of one graph
    std::uint64_t checks = 0;       ///< consistency checks made
    double seconds = 0;
    std::vector<std::string> sites;  ///< every atomic site met: "file.hpp:42 load acquire"
    std::vector<site_use> uses;      ///< the same, one for one, for programs
};

[[nodiscard]] result check(const options& how, const std::function<void()>& body);

/// The functions below, inside a body only.
void require(bool holds, const char* what = "requirement",
             std::source_location at = std::source_location::current());
/// This execution is not of interest unless it holds.
void assume(bool holds, std::source_location at = std::source_location::current());

/// Ends the execution, and the exploration, with this finding.
[[noreturn]] void fail(fault what, const std::string& message,
                       std::source_location at = std::source_location::current());

/// Operation `number` of a history begins and has ended, in the thread that says so; each number
/// once. `name` lives on.
void call(std::uint64_t number, const char* name = nullptr,
          std::source_location at = std::source_location::current());
void back(std::uint64_t number, std::source_location at = std::source_location::current());
/// Whether operation `first` has ended before `second` began, by happens-before.
[[nodiscard]] bool precedes(std::uint64_t first, std::uint64_t second);

/// The running thread: 0 is the body itself, others count in the order of their making.
[[nodiscard]] std::uint32_t this_thread();

class thread {
 public:
    explicit thread(std::function<void()> body,
                    std::source_location at = std::source_location::current());
    thread(const thread&) = delete;
    thread& operator=(const thread&) = delete;
    ~thread();  ///< joins, if join() was not called
    void join(std::source_location at = std::source_location::current());

 private:
    std::uint32_t id_;
    bool joined_ = false;
};

}  // namespace cyclone::model
