// The team: calling a round, the line, and who did what.

#include "lab/thread_driver.hpp"

#include <algorithm>
#include <sched.h>
#include <string>
#include <system_error>
#include <utility>

#include "base/assert.hpp"
#include "base/spin.hpp"
#include "sys/process.hpp"

namespace cyclone::lab {

namespace {

/// CPUs this thread may run on, which a container or taskset makes fewer than the machine has.
std::size_t allowed_cpus() {
    cpu_set_t mine;
    if (::sched_getaffinity(0, sizeof mine, &mine) != 0) return std::thread::hardware_concurrency();
    return static_cast<std::size_t>(CPU_COUNT(&mine));
}

/// Yields from the first wait where some thread may be off its CPU.
unsigned patience_for(unsigned count, const std::vector<unsigned>& cpus) {
    std::vector<unsigned> distinct = cpus;
    std::ranges::sort(distinct);
    distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
    const std::size_t room = distinct.empty() ? allowed_cpus() : distinct.size();
    return count > room ? 0 : spin_wait<>::k_patience * 64;
}

unsigned current_cpu() {
    const int cpu = ::sched_getcpu();
    return cpu < 0 ? 0 : static_cast<unsigned>(cpu);
}

}  // namespace

tally round_report::total() const noexcept {
    tally all;
    for (const thread_record& one : threads) {
        all.ops += one.ops;
        all.failed += one.failed;
    }
    return all;
}

result<std::unique_ptr<thread_team>> thread_team::start(unsigned count,
                                                        std::vector<unsigned> cpus) {
    if (count == 0 || count > k_threads_max) {
        return fail(error_code::invalid_argument, "a team has 1 to " +
                                                      std::to_string(k_threads_max) +
                                                      " threads, not " + std::to_string(count));
    }
    std::unique_ptr<thread_team> team(new thread_team(count, std::move(cpus)));
    team->pinned_[0] = team->pin(0);
    try {
        for (unsigned i = 1; i < count; ++i) {
            team->threads_.emplace_back([raw = team.get(), i] { raw->serve(i); });
        }
    } catch (const std::system_error& refused) {
        const auto have = static_cast<unsigned>(team->threads_.size()) + 1;
        team->count_ = have;  // those that did start are called once more, to end
        return fail(error_code::resource_exhausted, "no thread " + std::to_string(have) + " of " +
                                                        std::to_string(count) + ": " +
                                                        refused.what() + "; ask for fewer");
    }
    team->run([](unsigned, stop_flag&) { return tally{}; });  // all are pinned when this returns
    for (result<void>& one : team->pinned_) {
        if (!one) return wrap(std::move(one).error(), "cannot place the team's threads");
    }
    return team;
}

thread_team::thread_team(unsigned count, std::vector<unsigned> cpus)
    : count_(count),
      cpus_(std::move(cpus)),
      patience_(patience_for(count, cpus_)),
      slots_(count),
      pinned_(count) {}

thread_team::~thread_team() {
    ending_ = true;
    called_->store(round_ + 1, std::memory_order_release);
    begun_->store(round_ + 1, std::memory_order_release);  // for a round mustered and never begun
    for (std::thread& one : threads_) one.join();
}

result<void> thread_team::pin(unsigned index) const {
    if (cpus_.empty()) return {};
    return sys::pin_to_cpu(cpus_[index % cpus_.size()]);
}

void thread_team::wait_until(const counter& word, std::uint64_t value) const noexcept {
    spin_wait<> wait(patience_);
    while (word->load(std::memory_order_acquire) < value) wait.once();
}

void thread_team::work_one_round(unsigned index) noexcept {
    slot& mine = *slots_[index];
    mine.begin_ns = clock::monotonic_ns();
    mine.done = work_(index, stop_);
    mine.end_ns = clock::monotonic_ns();
    mine.cpu = cpus_.empty() ? current_cpu() : cpus_[index % cpus_.size()];
}

void thread_team::serve(unsigned index) {
    pinned_[index] = pin(index);
    for (std::uint64_t round = 1;; ++round) {
        wait_until(called_, round);
        if (ending_) return;
        ready_->fetch_add(1, std::memory_order_release);
        wait_until(begun_, round);
        if (ending_) return;
        work_one_round(index);
        ended_->fetch_add(1, std::memory_order_release);
    }
}

void thread_team::muster(body work) {
    CYCLONE_ASSERT(begun_->load(std::memory_order_relaxed) == round_);
    work_ = std::move(work);
    stop_.lower();
    ++round_;
    called_->store(round_, std::memory_order_release);
    wait_until(ready_, round_ * (count_ - 1));
}

round_report thread_team::go() {
    begun_->store(round_, std::memory_order_release);
    work_one_round(0);
    wait_until(ended_, round_ * (count_ - 1));
    round_report out;
    out.threads.reserve(count_);
    std::int64_t first = slots_[0]->begin_ns;
    std::int64_t last = first;
    std::int64_t end = slots_[0]->end_ns;
    for (const padded<slot>& one : slots_) {
        first = std::min(first, one->begin_ns);
        last = std::max(last, one->begin_ns);
        end = std::max(end, one->end_ns);
        out.threads.push_back(
            {one->cpu, one->done.ops, one->done.failed, one->end_ns - one->begin_ns});
    }
    out.wall_ns = end - first;
    out.skew_ns = last - first;
    return out;
}

}  // namespace cyclone::lab
