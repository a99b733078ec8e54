// One thread is stopped before every single step of a push or a pop, and the others go on: what is
// declared not to block must not, an answer must be true of what the others know to be inside, and
// once the thread goes on nothing is lost. Deterministic: the schedule is the test.
#include <algorithm>

#include "native.hpp"
#include "stopped.hpp"
#include "support.hpp"

namespace cyclone::queue::test {
namespace {

constexpr std::uint64_t k_of_victim = 1'000'000;  ///< the item that the stopped thread pushes

/// A queue of 4, what the main thread knows of it, and what came out. Every call is flushed (S13).
class witness {
 public:
    explicit witness(maker make) : main_(make({.capacity = 4})), victim_(main_->attach()) {}

    [[nodiscard]] const traits& declared() const { return main_->declared(); }
    /// A queue that may say "empty" while a push is under way hides what it likes.
    [[nodiscard]] bool is_weak() const { return declared().empties == emptiness::weak; }

    void push(bool must_fit) {
        const std::uint64_t item = pushed_.size() + 1;
        const bool done = main_->try_push(std::uint64_t{item});
        main_->flush_pushes();
        if (must_fit) CHECK(done);
        if (done) pushed_.push_back(item);
    }

    /// `hidden`: how many of the items that are in, or were, may be with the victim. `pushing`: the
    /// victim stands in a push.
    void pop(std::size_t hidden, bool pushing) {
        const auto one = main_->try_pop();
        main_->flush_pops();
        if (one) {
            popped_.push_back(*one);
            return;
        }
        INFO(name_of(one.said()) << ", " << pushed_.size() << " pushed, " << popped_.size()
                                 << " popped");
        if (one.said() == answer::empty && !(pushing && is_weak())) {
            CHECK(pushed_.size() <= popped_.size() + hidden);
        }
        if (one.said() == answer::would_block) {
            CHECK(declared().empties == emptiness::three_valued);
        }
    }

    void push_of_victim() {
        victim_done_ = victim_->try_push(std::uint64_t{k_of_victim});
        victim_->flush_pushes();
    }
    void pop_of_victim() {
        const auto one = victim_->try_pop();
        victim_done_ = static_cast<bool>(one);
        if (one) others_.push_back(*one);
        victim_->flush_pops();
    }
    /// Whether the victim's call, which is over, was told yes.
    [[nodiscard]] bool victim_done() const noexcept { return victim_done_; }
    void also_pushed(std::uint64_t item) { pushed_.push_back(item); }

    /// Everything comes out, each once, in order.
    void finish() {
        for (std::size_t i = 0; i <= pushed_.size(); ++i) {
            const auto one = main_->try_pop();
            main_->flush_pops();
            if (!one) {
                CHECK(one.said() == answer::empty);
                break;
            }
            popped_.push_back(*one);
        }
        std::vector<std::uint64_t> mine;  // the victim's item may come anywhere
        std::copy_if(popped_.begin(), popped_.end(), std::back_inserter(mine),
                     [](std::uint64_t item) { return item != k_of_victim; });
        if (declared().keeps != order::lifo) CHECK(std::is_sorted(mine.begin(), mine.end()));
        popped_.insert(popped_.end(), others_.begin(), others_.end());
        std::sort(popped_.begin(), popped_.end());
        std::sort(pushed_.begin(), pushed_.end());
        CHECK(popped_ == pushed_);
    }

 private:
    std::unique_ptr<end> main_;
    std::unique_ptr<end> victim_;
    bool victim_done_ = false;
    std::vector<std::uint64_t> pushed_;
    std::vector<std::uint64_t> popped_;
    std::vector<std::uint64_t> others_;
};

/// What the others do while a push stands: what is declared to block is not tried.
void beside_a_push(witness& rest) {
    const traits& declared = rest.declared();
    const auto pops = [&](int count) {
        for (int i = 0; i < count && declared.pop != progress::blocking; ++i) rest.pop(0, true);
    };
    pops(2);
    if (declared.serves == kind::spsc) return;
    rest.push(true);
    rest.push(true);
    pops(3);
}

void stop_a_push(maker make) {
    bool stands = true;
    for (std::uint64_t step = 1; stands; ++step) {
        REQUIRE(step < k_steps_max);
        INFO("before step " << step << " of a push");
        witness rest(make);
        rest.push(true);
        stands = stopped_at(
            step, [&] { rest.push_of_victim(); }, [&] { beside_a_push(rest); });
        if (rest.victim_done()) rest.also_pushed(k_of_victim);
        CHECK(rest.victim_done());
        rest.finish();
        count_cases(1);
    }
}

void beside_a_pop(witness& rest) {
    const traits& declared = rest.declared();
    const auto push = [&](bool must_fit) {
        if (declared.push != progress::blocking) rest.push(must_fit);
    };
    push(true);
    push(false);
    if (declared.serves != kind::mpmc) return;
    for (int i = 0; i < 5; ++i) rest.pop(1, false);
    push(false);  // a ring is full where the stopped pop stands
    rest.pop(1, false);
}

void stop_a_pop(maker make) {
    bool stands = true;
    for (std::uint64_t step = 1; stands; ++step) {
        REQUIRE(step < k_steps_max);
        INFO("before step " << step << " of a pop");
        witness rest(make);
        for (int i = 0; i < 3; ++i) rest.push(true);
        stands = stopped_at(
            step, [&] { rest.pop_of_victim(); }, [&] { beside_a_pop(rest); });
        // Where others pop too, it may find the queue empty.
        if (rest.declared().serves != kind::mpmc) CHECK(rest.victim_done());
        rest.finish();
        count_cases(1);
    }
}

/// A scenario on the chosen bug, or on what ships, of every chosen variant.
template <class Scenario>
void on_each_failing(const char* name, Scenario scenario) {
    for (const registration* row : chosen_rows()) {
        const native_subject* const which = named(native_subjects(), row->name);
        REQUIRE(which != nullptr);
        if (which->failing.empty()) continue;  // a peer takes no policy
        DYNAMIC_SECTION(row->name << ": " << name) {
            const stalled_row* const one = numbered(which->failing, chosen_mutant());
            REQUIRE(one != nullptr);
            count_cases(1);
            scenario(*one);
        }
    }
}

const traits& declared_by(const stalled_row& row) { return row.make({.capacity = 4})->declared(); }

}  // namespace

TEST_CASE("stalled: a push stopped before each of its steps", "[stress]") {
    on_each_failing("a stopped push", [](const stalled_row& row) {
        if (declared_by(row).push != progress::blocking) stop_a_push(row.make);
    });
}

TEST_CASE("stalled: a pop stopped before each of its steps", "[stress]") {
    on_each_failing("a stopped pop", [](const stalled_row& row) {
        if (declared_by(row).pop != progress::blocking) stop_a_pop(row.make);
    });
}

TEST_CASE("stalled: what a variant has of its own", "[stress]") {
    on_each_failing("its own", [](const stalled_row& row) {
        if (row.more != nullptr) row.more();
    });
}

}  // namespace cyclone::queue::test
