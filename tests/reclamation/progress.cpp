// Progress: what each variant declares, held to by suspending threads for ever before every step
// (model/progress.hpp). What it declares blocking must block: nothing is declared weaker than it
// is.
#include "support/progress.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "support.hpp"
#include "variants/reclamation/epochs.hpp"
#include "variants/reclamation/hazard_pointers.hpp"
#include "variants/reclamation/leak_oracle.hpp"
#include "variants/reclamation/locked_table.hpp"
#include "variants/reclamation/quiescent.hpp"

namespace cyclone::reclamation::test {
namespace {

using sync::stepped;
constexpr unsigned k_threads = 3;

struct cell : retirable<stepped> {};

/// A word that all replace and all read. Its guards are its own, not on the stacks of the threads:
/// those are dropped where they stand, and what they had must still end in order.
template <class V>
class world {
 public:
    world() {
        for (unsigned i = 0; i < k_threads; ++i) {
            handles_[i] = std::make_unique<typename V::handle>(domain_);
            guards_[i] = std::make_unique<typename V::guard>(*handles_[i]);
        }
        word_.store(stepped::make<cell>(), std::memory_order_relaxed);
    }
    ~world() { stepped::dispose(word_.load(std::memory_order_relaxed)); }
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    void protect(unsigned thread) {
        static_cast<void>(guards_[thread]->protect(word_));
        guards_[thread]->release();
        handles_[thread]->rest();
    }
    void retire_one(unsigned thread) {
        cell* const old = word_.exchange(stepped::make<cell>(), std::memory_order_acq_rel);
        retire(*handles_[thread], old);
        handles_[thread]->flush();
    }

 private:
    V domain_{limits{.participants = k_threads, .guards = 1}};
    stepped::atomic<cell*> word_;
    std::array<std::unique_ptr<typename V::handle>, k_threads> handles_;
    std::array<std::unique_ptr<typename V::guard>, k_threads> guards_;
};

template <class V>
model::steps::subject make_world() {
    auto w = model::steps::placed<world<V>>();
    return {.object = w,
            .operate =
                [w](std::uint32_t thread, std::uint64_t number) {
                    if ((thread + number) % 2 == 0) {
                        w->protect(thread);
                    } else {
                        w->retire_one(thread);
                    }
                    return model::steps::outcome::done;
                },
            .name =
                [](std::uint32_t thread, std::uint64_t number) {
                    return (thread + number) % 2 == 0 ? "protect" : "retire";
                }};
}

void held_to(const model::steps::progress_result& found, const char* operation, progress declared) {
    const model::steps::operation_progress* const one = found.operation(operation);
    REQUIRE(one != nullptr);
    INFO(operation << ": " << found.words);
    CHECK(one->said <= cyclone::test::declared_as(declared));
    if (declared == progress::blocking) CHECK(one->said == model::steps::progress::blocking);
    cyclone::test::note_fact(operation, std::string(model::steps::name_of(one->said)) +
                                            ", at most " + std::to_string(one->steps_most) +
                                            " steps");
}

template <template <class, int, sync::policy> class V>
void classify(std::string_view name) {
    const auto rows = chosen_rows();
    const auto chosen = [&](const registration* row) { return row->name == name; };
    if (std::ranges::none_of(rows, chosen)) return;
    DYNAMIC_SECTION(name << ": progress") {
        using stepped_variant = V<no_work, 0, stepped>;
        const auto found = model::steps::classify(
            &make_world<stepped_variant>,
            {.threads = k_threads, .operations = 4, .seed = 1, .schedules = effort(2, 16)});
        INFO(found.broken);
        CHECK(found.broken == "");
        held_to(found, "protect", stepped_variant::k_traits.protecting);
        held_to(found, "retire", stepped_variant::k_traits.retiring);
        count_cases(found.runs);
    }
}

}  // namespace

TEST_CASE("progress is as declared", "[progress]") {
    classify<leak_oracle>("leak_oracle");
    classify<locked_table>("locked_table");
    classify<hazard_pointers>("hazard_pointers");
    classify<epochs>("epochs");
    classify<quiescent>("quiescent");
}

}  // namespace cyclone::reclamation::test
