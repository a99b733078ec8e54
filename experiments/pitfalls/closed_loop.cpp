// Pitfall: the client waits for each answer before it asks again, so a stalled server is asked
// less, and the requests that would have waited never happen (coordinated omission, Tene).
// Question: how long do the slowest 1 % of requests wait? Known: the server stalls for S every T,
// serves in s, and requests are due every g: a request due t after a stall began waits
// S - t + t s/g, so 1 % of all requests wait longer than S - (T/100)(1 - s/g).
#include <algorithm>

#include "base/sync.hpp"
#include "experiments/pitfalls/pitfall.hpp"

namespace {

using namespace cyclone::pitfalls;
using cyclone::clock::monotonic_ns;

constexpr std::int64_t k_period_ns = 50'000'000, k_stall_ns = 10'000'000;  // T and S
constexpr std::int64_t k_service_ns = 10'000, k_gap_ns = 50'000;           // s and g
constexpr std::int64_t k_run_ns = 4 * k_period_ns;

void spin_until(std::int64_t when) {
    while (monotonic_ns() < when) cyclone::sync::native::pause();
}

/// Works, or first sits out a stall that is due: collecting garbage, say.
class server {
 public:
    explicit server(std::int64_t began) : stall_(began + k_period_ns / 2) {}
    void serve() {
        if (monotonic_ns() >= stall_) {
            spin_until(stall_ + k_stall_ns);
            stall_ += k_period_ns;
        }
        spin_until(monotonic_ns() + k_service_ns);
    }

 private:
    std::int64_t stall_;
};

answer measure(const request& what) {
    const std::int64_t began = monotonic_ns();
    server there(began);
    std::vector<double> latencies;
    for (std::int64_t due = began; due < began + k_run_ns; due += k_gap_ns) {
        spin_until(due);
        const std::int64_t sent = monotonic_ns();
        there.serve();
        const std::int64_t now = monotonic_ns();
        // The mistake: the clock starts when the request is sent, and the requests that came due
        // meanwhile are skipped, as a client does that has nothing else to do than to wait.
        const std::int64_t start = what.as == face::wrong ? sent : due;
        latencies.push_back(static_cast<double>(now - start));
        if (what.as == face::wrong) due = std::max(due, now - k_gap_ns);
    }
    std::sort(latencies.begin(), latencies.end());
    const double p99 = latencies[latencies.size() * 99 / 100];
    constexpr std::int64_t k_known_ns =
        k_stall_ns - k_period_ns / 100 * (k_gap_ns - k_service_ns) / k_gap_ns;
    return {p99,
            {p99},
            {{"known_ns", static_cast<double>(k_known_ns)},
             {"p50_ns", latencies[latencies.size() / 2]},
             {"requests", static_cast<double>(latencies.size())}}};
}

}  // namespace

int main(int argc, char** argv) { return pitfall_main("closed_loop", measure, argc, argv); }
