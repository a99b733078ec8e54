// The workloads of the queue benchmark: that they count what they say, that all threads are at work
// in what they time, that nobody runs ahead of the others without bound, and that a queue which
// loses items gives no figure.

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "experiments/queue/workloads.hpp"

namespace {

using namespace cyclone;
using namespace cyclone::queue;

/// A deque under a mutex, unbounded. 1 loses every hundredth item; 2 holds each back for a while.
template <class Work = no_work, int Mutant = 0, sync::policy Sync = sync::native,
          class T = std::uint64_t>
class plain {
 public:
    using value_type = T;
    static constexpr traits k_traits{.fills = fullness::never, .holds = capacity_rule::unbounded};
    static constexpr std::size_t k_bytes_per_item = sizeof(T);
    static constexpr std::int64_t k_held_ns = 300'000;

    explicit plain(std::size_t, std::uint64_t = 0) {}

    bool try_push(T&& item) {
        const std::lock_guard<std::mutex> held(mutex_);
        if (Mutant == 1 && ++pushed_ % 100 == 0) return true;
        items_.emplace_back(item, clock::monotonic_ns());
        most_ = std::max(most_, items_.size());
        came_.notify_one();
        return true;
    }
    popped<T> try_pop() {
        const std::lock_guard<std::mutex> held(mutex_);
        if (items_.empty()) return answer::empty;
        if (Mutant == 2 && clock::monotonic_ns() - items_.front().second < k_held_ns) {
            return answer::would_block;
        }
        return take();
    }
    T pop() {
        std::unique_lock<std::mutex> held(mutex_);
        came_.wait(held, [this] { return !items_.empty(); });
        return *take();
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return k_unbounded; }
    [[nodiscard]] static std::size_t most() { return most_; }
    static void forget() { most_ = 0; }

 private:
    popped<T> take() {
        T item = items_.front().first;
        items_.pop_front();
        return popped<T>(std::move(item));
    }

    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<std::pair<T, std::int64_t>> items_;
    std::uint64_t pushed_ = 0;
    inline static std::size_t most_ = 0;
};
static_assert(variant<plain<>> && k_carries_any<plain<>> && k_waits_itself<plain<>>);

lab::request ask(const char* workload, std::uint64_t n,
                 std::map<std::string, std::string> params = {}) {
    lab::request what;
    what.workload = workload;
    what.n = n;
    what.params = std::move(params);
    return what;
}

std::uint64_t round_of(lab::batches& work) {
    work.prepare();
    const std::uint64_t ops = work.run();
    work.restore();
    return ops;
}

std::string refusal(const lab::request& what) {
    try {
        static_cast<void>(make_workload<plain<>>(what));
    } catch (const lab::usage_error& wrong) {
        return wrong.message;
    }
    return "";
}

}  // namespace

TEST_CASE("a window has as many items as it says, and all threads in it", "[experiments]") {
    for (const char* batch : {"1", "7", "64"}) {
        for (const char* workload :
             {"transfer", "fan_in", "fan_in_wake", "fan_in_own", "transfer_wake"}) {
            std::map<std::string, std::string> params{{"batch", batch}};
            if (std::string(workload).starts_with("fan_in")) params["producers"] = "3";
            const auto work = make_workload<plain<>>(ask(workload, 2000, params));
            work->forget();
            for (int i = 0; i < 2; ++i) {
                const std::uint64_t ops = round_of(*work);
                CHECK(ops >= 2000);
                REQUIRE(work->counted_ns());
                CHECK(*work->counted_ns() > 0);
            }
            const auto values = work->values();
            CHECK(values.at("overlap_min") == 1);
            CHECK(values.at("ns_per_item") > 0);
            CHECK(values.at("blocked_per_item") == 0);
            CHECK(values.contains("jain") == (params.contains("producers")));
            CHECK(values.contains("sleeps_per_item") ==
                  (std::string(workload) != "transfer" && std::string(workload) != "fan_in"));
        }
    }
}

TEST_CASE("producers are no further ahead of the consumer than asked, and each is counted",
          "[experiments]") {
    const auto work =
        make_workload<plain<>>(ask("fan_in", 20'000, {{"producers", "3"}, {"capacity", "256"}}));
    plain<>::forget();
    work->forget();
    round_of(*work);
    CHECK(plain<>::most() <= 256 + 3 * supply::k_chunk);
    CHECK(plain<>::most() > 3 * supply::k_chunk);
    const auto threads = work->threads();
    REQUIRE(threads.size() == 3);
    std::uint64_t all = 0;
    for (const lab::thread_record& one : threads) all += one.ops;
    CHECK(all >= 20'000);
    CHECK(work->values().at("jain") >= 1.0 / 3);
}

TEST_CASE("a queue that loses items gives no figure", "[experiments]") {
    for (const char* workload : {"transfer", "mix"}) {
        const auto work = make_workload<plain<no_work, 1>>(ask(workload, 2000));
        work->prepare();
        work->run();
        CHECK_THROWS_AS(work->restore(), std::runtime_error);
    }
}

TEST_CASE("an item's sojourn is counted from the instant it was due", "[experiments]") {
    const std::map<std::string, std::string> params{{"gap_ns", "50000"}, {"arrivals", "fixed"}};
    const auto work = make_workload<plain<no_work, 2>>(ask("paced", 200, params));
    work->forget();
    CHECK(round_of(*work) == 200);
    const auto told = work->latency();
    REQUIRE(told);
    CHECK(told->count == 200);
    CHECK(told->rate_per_s == Approx(20'000));
    CHECK(told->raw.buckets.front().first >= plain<>::k_held_ns);
    CHECK(told->intended.buckets.front().first >= plain<>::k_held_ns);
    CHECK(told->intended.mean_ns >= told->raw.mean_ns);
    const auto values = work->values();
    CHECK(values.at("latencies") == 200);
    CHECK(values.at("intended_p50_ns") >= plain<>::k_held_ns);
    CHECK(values.at("blocked_per_item") > 0);
}

TEST_CASE("bursts come together, and whoever sleeps is woken", "[experiments]") {
    for (const char* wake : {"none", "own", "futex", "eventfd", "eventcount"}) {
        const auto work = make_workload<plain<>>(
            ask("paced", 100,
                {{"gap_ns", "20000"}, {"arrivals", "bursts"}, {"burst", "10"}, {"wake", wake}}));
        work->forget();
        CHECK(round_of(*work) == 100);
        CHECK(work->latency()->count == 100);
        const auto values = work->values();
        CHECK(values.contains("sleeps_per_item") == (std::string(wake) != "none"));
        if (std::string(wake) != "none") CHECK(values.at("sleeps_per_item") > 0);
    }
    for (const char* wake : {"futex", "eventfd", "eventcount"}) {
        const auto work = make_workload<plain<>>(ask("pingpong_wake", 50, {{"wake", wake}}));
        work->forget();
        CHECK(round_of(*work) == 50);
        CHECK(work->values().at("kernel_asks_per_trip") > 0);
    }
}

TEST_CASE("calls of a mix are counted until the first has done its own", "[experiments]") {
    for (const char* shape : {"pairs", "coin"}) {
        const auto work = make_workload<plain<>>(
            ask("mix", 1000, {{"threads", "3"}, {"inside", "50"}, {"shape", shape}}));
        work->forget();
        const std::uint64_t ops = round_of(*work);
        CHECK(ops >= 1000);
        std::uint64_t all = 0;
        for (const lab::thread_record& one : work->threads()) all += one.ops;
        CHECK(all == ops);
        CHECK(*work->counted_ns() > 0);
    }
}

TEST_CASE("single calls are timed one in so many, of the phase that is asked for",
          "[experiments]") {
    for (const char* timed : {"push", "pop"}) {
        const auto work = make_workload<plain<>>(
            ask("bursts", 1000, {{"threads", "2"}, {"timed", timed}, {"every", "10"}}));
        work->forget();
        CHECK(round_of(*work) == 2000);
        CHECK(round_of(*work) == 2000);
        CHECK(work->latency()->count == 2 * 2 * 100);
        CHECK(work->latency()->rate_per_s == 0);
    }
}

TEST_CASE("larger items carry the same numbers", "[experiments]") {
    const auto small = make_workload<plain<>>(ask("transfer_bytes", 500, {{"payload", "8"}}));
    for (const char* bytes : {"16", "64", "256"}) {
        const auto work = make_workload<plain<>>(ask("transfer_bytes", 500, {{"payload", bytes}}));
        CHECK(round_of(*work) >= 500);
        CHECK(work->digest() == small->digest());
        CHECK(work->values().at("bytes_per_item") == std::stod(bytes));
    }
}

TEST_CASE("togetherness is the share of a window in which everybody was at work", "[experiments]") {
    struct one {
        calls seen;
    };
    std::vector<std::unique_ptr<one>> them;
    for (int i = 0; i < 2; ++i) them.push_back(std::make_unique<one>());
    them[0]->seen.begin_ns = 0;
    them[0]->seen.end_ns = 1000;
    them[1]->seen.begin_ns = 200;
    them[1]->seen.end_ns = 900;
    togetherness met;
    met.add(lab::round_report{}, 100, 900, them);
    std::map<std::string, double> values;
    met.write_to(values);
    CHECK(values.at("overlap_min") == Approx(700.0 / 800));
    them[1]->seen.end_ns = 150;
    met.add(lab::round_report{}, 100, 900, them);
    met.write_to(values);
    CHECK(values.at("overlap_min") == 0);
}

TEST_CASE("threads that outnumber the processors are labelled, and get turns", "[experiments]") {
    lab::request what = ask("fan_in", 1);
    what.cpus = {0, 0};
    const headcount crowded(2, what);
    CHECK(crowded.oversubscribed());
    CHECK(crowded.patience() == 0);
    CHECK(crowded.window_ns() > 0);
    what.cpus = {0, 1, 2};
    const headcount roomy(3, what);
    CHECK_FALSE(roomy.oversubscribed());
    CHECK(roomy.window_ns() == 0);
    what.params = {{"cores", "2"}};
    CHECK(headcount(3, what).oversubscribed());
    CHECK(headcount(3, what).patience() > 0);
    CHECK(cpus_of(what) == std::vector<unsigned>{0, 1});
}

TEST_CASE("what cannot be asked for is named", "[experiments]") {
    CHECK(refusal(ask("transfer", 1, {{"capacity", "0"}})).find("capacity") != std::string::npos);
    CHECK(refusal(ask("transfer", 1, {{"batch", "0"}})).find("batch") != std::string::npos);
    CHECK(refusal(ask("transfer", 1, {{"cores", "1"}})).find("cores") != std::string::npos);
    CHECK(refusal(ask("fan_in", 1, {{"producers", "64"}})).find("producers") != std::string::npos);
    CHECK(refusal(ask("fan_in_wake", 1, {{"wake", "bell"}})).find("futex") != std::string::npos);
    CHECK(refusal(ask("paced", 1, {{"arrivals", "late"}})).find("bursts") != std::string::npos);
    CHECK(refusal(ask("paced", 1U << 24, {{"gap_ns", "50000"}})).find("60 s") != std::string::npos);
    CHECK(refusal(ask("mix", 1, {{"shape", "dice"}})).find("coin") != std::string::npos);
    CHECK(refusal(ask("bursts", 1U << 23, {{"threads", "2"}})).find("at most") !=
          std::string::npos);
    CHECK(refusal(ask("transfer_bytes", 1, {{"payload", "12"}})).find("256") != std::string::npos);
    CHECK(refusal(ask("pair", 1, {{"inside", "5000"}})).find("inside") != std::string::npos);
    lab::request counted = ask("transfer", 1);
    counted.by = lab::meter::instructions;
    CHECK(refusal(counted).find("time") != std::string::npos);
    counted.by = lab::meter::work;
    CHECK_FALSE(refusal(counted).empty());
}
