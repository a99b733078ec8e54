// What the queue suites share beside tests/support/suite.hpp: their rows, how to show a fault, and
// the variants as templates, for suites that need another policy or another item than the registry.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "queue/check.hpp"
#include "queue/registry.hpp"
#include "support/suite.hpp"
#include "variants/queue/cached_spsc.hpp"
#include "variants/queue/lamport_spsc.hpp"
#include "variants/queue/mutex_ring.hpp"
#include "variants/queue/treiber_stack.hpp"
#include "variants/queue/vyukov_mpmc.hpp"
#include "variants/queue/vyukov_mpsc.hpp"

namespace cyclone::queue::test {

using cyclone::test::count_cases;
using cyclone::test::record;

/// The rows to test: all, those of CYCLONE_VARIANT, or, with CYCLONE_MUTANT=number, that seeded bug
/// of the one row named, in the place of what ships.
[[nodiscard]] std::vector<const registration*> chosen_rows();

/// The number in CYCLONE_MUTANT; 0 for what ships.
[[nodiscard]] int chosen_mutant();

/// Where random programs start when a seeded bug is looked for: whether it is found must not be
/// luck.
inline constexpr std::uint64_t k_mutant_seed = 0x5eed'0000'0000'0005;

/// What was found broken, or nothing, as text for CHECK.
[[nodiscard]] std::string text(const std::optional<violation>& found);

/// Runs one scenario on every chosen row, each in a section of its own.
template <class Scenario>
void on_each(const char* name, Scenario scenario) {
    cyclone::test::on_each_of(chosen_rows(), name, scenario);
}

/// More seeded bugs than any variant has; numbers beyond a variant's own are what ships.
inline constexpr int k_mutants_max = 9;

template <template <class, int, sync::policy, class> class V, class Sync, class F, int... Mutant>
void with_one_of(int mutant, F& f, std::integer_sequence<int, Mutant...>) {
    static_cast<void>(((mutant == Mutant &&
                        (f(std::type_identity<V<no_work, Mutant, Sync, std::uint64_t>>{}), true)) ||
                       ...));
}

/// Calls f with a type_identity of the variant of this name and its seeded bug `mutant`.
template <class Sync, class F>
void with_subject(std::string_view name, int mutant, F f) {
    constexpr std::make_integer_sequence<int, k_mutants_max + 1> k_all;
    if (name == "mutex_ring") with_one_of<mutex_ring, Sync>(mutant, f, k_all);
    if (name == "lamport_spsc") with_one_of<lamport_spsc, Sync>(mutant, f, k_all);
    if (name == "cached_spsc") with_one_of<cached_spsc, Sync>(mutant, f, k_all);
    if (name == "vyukov_mpsc") with_one_of<vyukov_mpsc, Sync>(mutant, f, k_all);
    if (name == "vyukov_mpmc") with_one_of<vyukov_mpmc, Sync>(mutant, f, k_all);
    if (name == "treiber_stack") with_one_of<treiber_stack, Sync>(mutant, f, k_all);
}

/// Calls f with a type_identity of each variant that ships, as a queue of T, and its name.
template <class T, class F>
void with_each_queue_of(F f) {
    using sync::native;
    f("mutex_ring", std::type_identity<mutex_ring<no_work, 0, native, T>>{});
    f("lamport_spsc", std::type_identity<lamport_spsc<no_work, 0, native, T>>{});
    f("cached_spsc", std::type_identity<cached_spsc<no_work, 0, native, T>>{});
    f("vyukov_mpsc", std::type_identity<vyukov_mpsc<no_work, 0, native, T>>{});
    f("vyukov_mpmc", std::type_identity<vyukov_mpmc<no_work, 0, native, T>>{});
    f("treiber_stack", std::type_identity<treiber_stack<no_work, 0, native, T>>{});
}

}  // namespace cyclone::queue::test
