// What the explorer is given of hazard_pointers.
#include "scenes.hpp"
#include "variants/reclamation/hazard_pointers.hpp"

namespace cyclone::reclamation::test {
namespace {

template <class V>
struct scenes {
    static constexpr std::array k_all{
        scene_line{"swap", &scene::swap<V>},
        scene_line{"onward", &scene::onward<V>},
        scene_line{"leave", &scene::leave<V>},
        scene_line{"pop_both", &scene::pop_both<V>},
    };
};
using table = scene::tables<hazard_pointers, scenes>;
constexpr auto k_mutants = table::all(std::make_integer_sequence<int, 11>());

using shipped = hazard_pointers<no_work, 0, scene::sync_policy>;
constexpr std::array k_misuses{
    scene_line{"retired before it was unlinked", &scene::retired_before_unlinked<shipped>},
    scene_line{"given up before it was used", &scene::released_before_used<shipped>},
};

}  // namespace

const scene_book& hazard_pointers_scenes() {
    static const scene_book all{"hazard_pointers", table::of<0>(), k_mutants, k_misuses};
    return all;
}

}  // namespace cyclone::reclamation::test
