// Conformance: every semantic of wake.hpp on every row of the registry, with real threads, and the
// checks shown to bite.
#include <chrono>
#include <sys/resource.h>
#include <thread>

#include "support.hpp"
#include "wake/crew.hpp"

namespace cyclone::wake::test {

TEST_CASE("W1, W3: a notify between prepare and sleep ends the sleep", "[conformance]") {
    on_each("between", [](const registration& row) {
        CHECK(text(check_between(row.make, usual_effort())) == "");
    });
}

TEST_CASE("W6: a notify with nobody there asks the kernel nothing", "[conformance]") {
    on_each("idle", [](const registration& row) {
        const auto one = row.make();
        REQUIRE(one);
        CHECK((*one)->counts());  // or the check would have nothing to look at
        CHECK(text(check_idle(row.make)) == "");
    });
}

TEST_CASE("W4, W5: notifies of the past end no sleep", "[conformance]") {
    on_each("made up", [](const registration& row) {
        CHECK(text(check_made_up(row.make, usual_effort())) == "");
    });
}

TEST_CASE("W1, W7: several sleepers", "[conformance]") {
    on_each("several", [](const registration& row) {
        CHECK(text(check_several(row.make, usual_effort())) == "");
    });
}

TEST_CASE("W2: plain data arrives with the wake", "[conformance]") {
    on_each("visible", [](const registration& row) {
        const effort how = usual_effort();
        CHECK(text(check_visible(row.make, how)) == "");
        count_cases(how.rounds / 10);
    });
}

TEST_CASE("W9: a kernel that has no more descriptors is an error", "[conformance]") {
    on_each("descriptors", [](const registration& row) {
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        const rlimit none{0, before.rlim_max};
        REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
        auto made = row.make();
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
        if (made) {
            (*made)->notify_all();  // it needs none
        } else {
            CHECK(made.error().code == error_code::resource_exhausted);
        }
    });
}

TEST_CASE("two wakers know nothing of each other", "[conformance]") {
    on_each("two wakers", [](const registration& row) {
        const auto a = row.make();
        const auto b = row.make();
        REQUIRE((a && b));
        crew watched({a->get(), b->get()}, usual_effort().patience_ms);
        watched.start([&] {
            (*a)->sleep((*a)->prepare());
            watched.step();
        });
        for (int i = 0; i < 20; ++i) {
            (*b)->notify_all();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        CHECK(watched.steps() == 0);
        while (watched.steps() == 0) {  // the sleeper may have come late
            (*a)->notify_all();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        CHECK(watched.join());
    });
}

namespace {

/// A waker that never sleeps, one that never wakes, and one that cannot keep its hands still.
enum class fault : std::uint8_t { never_sleeps, never_wakes, always_asks };

template <fault F>
class faulty {
 public:
    static constexpr traits k_traits{.wakes_one = true};
    static constexpr bool k_counts = true;

    [[nodiscard]] result<void> open() { return {}; }
    [[nodiscard]] key prepare() { return {epoch_.load(std::memory_order_seq_cst)}; }
    void cancel(key) {}
    void sleep(key seen) {
        if (F == fault::never_sleeps) return;
        // By force only, which the crew does by preparing: it must end, after all.
        epoch_.wait(static_cast<std::uint32_t>(seen.value), std::memory_order_seq_cst);
    }
    void notify_one() { notify_all(); }
    void notify_all() {
        ++asks_;
        const bool is_force = epoch_.load(std::memory_order_seq_cst) == 0 && ++calls_ > k_patient;
        if (F == fault::never_wakes && !is_force) return;
        epoch_.fetch_add(1, std::memory_order_seq_cst);
        epoch_.notify_all();
    }
    [[nodiscard]] std::uint64_t asks() const { return F == fault::always_asks ? asks_ : 0; }

 private:
    static constexpr int k_patient = 20;
    sync::native::atomic<std::uint32_t> epoch_{0};
    std::uint64_t asks_ = 0;
    int calls_ = 0;
};

result<std::unique_ptr<any>> not_to_be_had() {
    return fail(error_code::resource_exhausted, "no waker for this test");
}

std::string property(const std::optional<violation>& found) {
    return found ? found->property : std::string{};
}

}  // namespace

TEST_CASE("the checks find what is planted", "[judge]") {
    const effort how{.rounds = 100, .items = 100, .patience_ms = 300};
    const maker sleepless = &make_any<faulty<fault::never_sleeps>>;
    const maker deaf = &make_any<faulty<fault::never_wakes>>;
    const maker restless = &make_any<faulty<fault::always_asks>>;
    CHECK(property(check_made_up(sleepless, how)) == "W4 made up");
    CHECK(property(check_between(deaf, how)) == "W1 lost");
    CHECK(property(check_visible(deaf, how)) == "W1 lost");
    CHECK(property(check_several(deaf, how)) == "W1 lost");
    CHECK(property(check_idle(restless)) == "W6 idle");
    // Who wakes all is seen only where two sleep at once, and on a busy machine that may not happen
    // the first time.
    std::string seen;
    for (int i = 0; i < 20 && seen.empty(); ++i) seen = property(check_several(restless, how));
    CHECK(seen == "W7 wakes one");
    CHECK(property(check_between(&not_to_be_had, how)) == "W9 open");
    CHECK(property(find_violation(sleepless, how)) != "");
}

}  // namespace cyclone::wake::test
