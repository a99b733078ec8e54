// The frame of every benchmark binary: one process, one variant, one sample.
//
// A component's bench.cpp is compiled once per variant and says what it can run; this file,
// compiled once for all, reads the command line, drives the batches under the chosen meter, and
// prints one JSON object. Google Benchmark calibrates how many batches fill the time asked for.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/work.hpp"
#include "lab/records.hpp"

namespace cyclone::lab {

/// A workload, cut into batches. Only run() is measured.
class batches {
 public:
    batches() = default;
    batches(const batches&) = delete;
    batches& operator=(const batches&) = delete;
    virtual ~batches() = default;

    /// Warm-up is over, or another trial of it begins: only what is recorded after the last call of
    /// this is printed. For workloads that keep more than a digest (latencies, threads, values).
    virtual void forget() {}
    virtual void prepare() {}
    virtual std::uint64_t run() = 0;  ///< returns how many operations it did
    virtual void restore() {}

    /// How much of the last run() counts, in ns, where that is not all of it: threads come and go
    /// at the ends of a round. The meter `time` asks for it after run() and before restore().
    [[nodiscard]] virtual std::optional<std::int64_t> counted_ns() const { return std::nullopt; }

    /// How many batches the counting meters (work, instructions) run: fixed, so figures repeat.
    [[nodiscard]] virtual std::uint64_t fixed_batches() const { return 1; }
    [[nodiscard]] virtual std::optional<work_totals> work() const { return std::nullopt; }
    [[nodiscard]] virtual std::map<std::string, double> values() const { return {}; }
    /// Of an open-loop workload: what its operations waited.
    [[nodiscard]] virtual std::optional<latency_record> latency() const { return std::nullopt; }
    /// Of a concurrent workload: what each of its threads did.
    [[nodiscard]] virtual std::vector<thread_record> threads() const { return {}; }
    /// A digest of what was computed, so that two variants can be seen to have done the same.
    [[nodiscard]] virtual std::uint64_t digest() const = 0;
};

/// time: until min_time_s is filled. The others run fixed_batches(): work is counted by the subject
/// itself, instructions by a simulator around us, system is allocations and system calls.
enum class meter : std::uint8_t { time, work, instructions, system };
inline constexpr std::array k_meters{meter::time, meter::work, meter::instructions, meter::system};
const char* name_of(meter by) noexcept;

/// What one sample was asked for.
struct request {
    std::string workload;
    std::uint64_t n = 0;
    meter by = meter::time;
    std::uint64_t seed = 1;
    double min_time_s = 0.05;
    std::map<std::string, std::string> params;
    std::vector<unsigned>
        cpus;  ///< main runs on the first, threads take them in turn; may be empty
    std::optional<double> plant;   ///< share of extra time to plant in each batch (plant.hpp)
    std::uint64_t heap_noise = 0;  ///< seed of what the allocator has seen before; 0: nothing

    [[nodiscard]] std::string param(const std::string& key, const std::string& otherwise) const;
    /// The value of an integer parameter; throws usage_error if it is not one.
    [[nodiscard]] std::uint64_t param(const std::string& key, std::uint64_t otherwise) const;
};

/// A request that cannot be met: exit code 64, with this text.
struct usage_error {
    std::string message;
};

struct check_outcome {
    bool passed = false;
    std::uint64_t cases = 0;
    std::string detail;
};

/// What a benchmark binary is: one variant of one component.
class bench_subject {
 public:
    bench_subject() = default;
    bench_subject(const bench_subject&) = delete;
    bench_subject& operator=(const bench_subject&) = delete;
    virtual ~bench_subject() = default;

    [[nodiscard]] virtual std::string component() const = 0;
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::string kind() const = 0;
    [[nodiscard]] virtual std::string note() const = 0;
    [[nodiscard]] virtual std::string source() const = 0;
    [[nodiscard]] virtual std::map<std::string, std::string> declared() const = 0;
    [[nodiscard]] virtual std::map<std::string, std::uint64_t> bytes() const = 0;
    [[nodiscard]] virtual std::vector<std::string> workloads() const = 0;
    /// The names of the parameters that `workload` knows.
    [[nodiscard]] virtual std::vector<std::string> params(const std::string& workload) const = 0;
    /// The meters that make() accepts, whatever else is asked.
    [[nodiscard]] virtual std::vector<meter> meters() const {
        return {k_meters.begin(), k_meters.end()};
    }
    /// Throws usage_error if the request is beyond this variant.
    [[nodiscard]] virtual std::unique_ptr<batches> make(const request& what) const = 0;
    [[nodiscard]] virtual check_outcome check(std::uint64_t seed, std::uint64_t cases) const = 0;
};

/// The whole main() of a benchmark binary. Exit codes: 0, 64 usage, 1 a check or the measuring
/// failed.
int bench_main(const bench_subject& what, int argc, char** argv);

}  // namespace cyclone::lab
