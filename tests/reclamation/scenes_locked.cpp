// What the explorer is given of locked_table.
#include "scenes.hpp"
#include "variants/reclamation/locked_table.hpp"

namespace cyclone::reclamation::test {
namespace {

template <class V>
struct scenes {
    static constexpr std::array k_all{
        scene_line{"swap", &scene::swap<V>},
        scene_line{"onward", &scene::onward<V>},
        scene_line{"leave", &scene::leave<V>},
    };
};
using table = scene::tables<locked_table, scenes>;
constexpr auto k_mutants = table::all(std::make_integer_sequence<int, 3>());

}  // namespace

const scene_book& locked_table_scenes() {
    static const scene_book all{"locked_table", table::of<0>(), k_mutants, {}};
    return all;
}

}  // namespace cyclone::reclamation::test
