// Every installed variant, used as a stranger would: include a header, start a timer, pass the
// time.
#include <cstdio>

#include "variants/timer/binary_heap.hpp"
#include "variants/timer/hashed_wheel.hpp"
#include "variants/timer/hierarchical_wheel.hpp"
#include "variants/timer/multimap_oracle.hpp"
#include "variants/timer/noncascading_wheel.hpp"
#include "variants/timer/quad_heap.hpp"
#include "variants/timer/sorted_list.hpp"
#include "variants/timer/sorted_list_rear.hpp"
#include "variants/timer/unsorted_list.hpp"

namespace {

template <class Timers>
bool fires_once() {
    Timers timers(0);
    int fired = 0;
    typename Timers::node node(
        [](void* count, cyclone::timer::entry&) { ++*static_cast<int*>(count); }, &fired);
    timers.start(node, 30);
    return timers.advance(29) == 0 && timers.advance(30) == 1 && fired == 1;
}

}  // namespace

int main() {
    using namespace cyclone::timer;
    const bool all = fires_once<multimap_oracle<>>() && fires_once<unsorted_list<>>() &&
                     fires_once<sorted_list<>>() && fires_once<sorted_list_rear<>>() &&
                     fires_once<binary_heap<>>() && fires_once<quad_heap<>>() &&
                     fires_once<hashed_wheel<>>() && fires_once<hierarchical_wheel<>>() &&
                     fires_once<noncascading_wheel<>>();
    std::puts(all ? "every variant fires once" : "a variant does not fire");
    return all ? 0 : 1;
}
