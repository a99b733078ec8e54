// The variants on fibers: under the explorer with every seeded bug, and under the step engine, with
// what is known of each. The build generates one unit a variant from the template below, and the
// table; no suite includes a variant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/cache_line.hpp"
#include "end.hpp"
#include "knowledge.hpp"
#include "model/explored.hpp"
#include "model/subject.hpp"
#include "model/weaken.hpp"
#include "table.hpp"

namespace cyclone::queue::test {

/// A variant under sync::explored, as it ships or with a seeded bug.
struct explored_row {
    int number;  ///< of the seeded bug; 0 for what ships
    maker make;
    std::vector<model::named_body> (*more)();  ///< bodies of its own; may be null
};

/// How many threads of each side.
struct sides {
    std::uint32_t producers;
    std::uint32_t consumers;
    [[nodiscard]] std::uint32_t all() const noexcept { return producers + consumers; }
};
/// As many as a kind allows, up to two.
[[nodiscard]] constexpr sides sides_of(const traits& declared) noexcept {
    return {declared.serves == kind::spsc ? 1U : 2U, declared.serves == kind::mpmc ? 2U : 1U};
}

struct modelled_subject {
    std::string_view name;
    const knowledge& known;
    const traits& declared;
    std::span<const explored_row> explored;
    /// What ships under sync::stepped: the first threads push, the others pop.
    model::steps::subject_maker (*pushers_and_poppers)(sides who);
};

/// All of them but peers, in the order of the registry.
[[nodiscard]] std::span<const modelled_subject* const> modelled_subjects();

inline constexpr std::size_t k_stepped_capacity = 8;

/// A queue and an access a thread, each on lines of its own: who shares a line is counted. Where a
/// thread was left for ever in the middle of a call there is nobody who may destroy them (S9), and
/// nobody does.
template <class Q>
class stepped_crew {
 public:
    explicit stepped_crew(sides who) {
        std::construct_at(parts());
        for (std::uint32_t i = 0; i < who.all(); ++i) parts()->ends[i]->emplace(parts()->queue);
    }
    stepped_crew(const stepped_crew&) = delete;
    stepped_crew& operator=(const stepped_crew&) = delete;
    ~stepped_crew() {
        if (calls_ == 0) std::destroy_at(parts());
    }

    [[nodiscard]] model::steps::outcome push(std::uint32_t thread, std::uint64_t item) {
        ++calls_;
        const bool in = (*parts()->ends[thread])->try_push(std::move(item));
        --calls_;
        return in ? model::steps::outcome::done : model::steps::outcome::refused;
    }
    [[nodiscard]] model::steps::outcome pop(std::uint32_t thread) {
        ++calls_;
        const auto got = (*parts()->ends[thread])->try_pop();
        --calls_;
        return got                                 ? model::steps::outcome::done
               : got.said() == answer::would_block ? model::steps::outcome::would_block
                                                   : model::steps::outcome::refused;
    }

 private:
    struct in_place {
        Q queue{k_stepped_capacity, 0};
        std::array<padded<std::optional<access_of<Q>>>, 4> ends{};
    };
    [[nodiscard]] in_place* parts() noexcept { return reinterpret_cast<in_place*>(room_); }

    alignas(in_place) std::byte room_[sizeof(in_place)];
    std::uint32_t calls_ = 0;  ///< under way: fibers of one thread, so a plain count will do
};

template <class Q>
[[nodiscard]] model::steps::subject_maker pushers_and_poppers_of(sides who) {
    return [who] {
        auto crew = model::steps::placed<stepped_crew<Q>>(who);
        return model::steps::subject{
            .object = crew,
            .operate =
                [crew, who](std::uint32_t thread, std::uint64_t number) {
                    return thread < who.producers ? crew->push(thread, number + 1)
                                                  : crew->pop(thread);
                },
            .name = [who](std::uint32_t thread,
                          std::uint64_t) { return thread < who.producers ? "push" : "pop"; },
            .ranges = {}};
    };
}

/// For the generated units. `Row<Mutant, Sync, T>` is the variant, `More<Mutant>::k_is` gives
/// bodies of its own or is null.
template <template <int, class, class> class Row, template <int> class More, int... Mutant>
struct modelled_unit {
    using ships = Row<0, sync::stepped, std::uint64_t>;

    static constexpr std::array<explored_row, sizeof...(Mutant)> k_explored{
        {{Mutant, &make_end<Row<Mutant, sync::explored, std::uint64_t>>, More<Mutant>::k_is}...}};

    static constexpr modelled_subject of_name(std::string_view name, const knowledge& known) {
        return {.name = name,
                .known = known,
                .declared = ships::k_traits,
                .explored = k_explored,
                .pushers_and_poppers = &pushers_and_poppers_of<ships>};
    }
};

}  // namespace cyclone::queue::test
