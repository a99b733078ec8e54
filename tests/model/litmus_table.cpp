#include "litmus_table.hpp"

#include <array>

namespace cyclone::model::test {
namespace {

constexpr auto k_cxx11 = release_sequences::cxx11;

// Names as in Alglave, Maranget, Tautschnig: Herding cats (TOPLAS 2014); Z6.U is from Lahav et al.
// (PLDI 2017).
constexpr std::array k_tests{
    // Store buffering: two reads of two writes each, less the one both of whose reads are old.
    litmus_test{"SB rlx", "store x 1 rlx; r0 = load y rlx || store y 1 rlx; r0 = load x rlx", 4,
                "1:r0=0 2:r0=0|1:r0=1 2:r0=1"},
    litmus_test{"SB rel acq", "store x 1 rel; r0 = load y acq || store y 1 rel; r0 = load x acq", 4,
                "1:r0=0 2:r0=0"},
    litmus_test{"SB sc", "store x 1 sc; r0 = load y sc || store y 1 sc; r0 = load x sc", 3,
                "1:r0=1 2:r0=1", "1:r0=0 2:r0=0"},
    litmus_test{"SB sc stores only",
                "store x 1 sc; r0 = load y acq || store y 1 sc; r0 = load x acq", 4,
                "1:r0=0 2:r0=0"},
    litmus_test{"SB fences",
                "store x 1 rlx; fence sc; r0 = load y rlx || "
                "store y 1 rlx; fence sc; r0 = load x rlx",
                3, "1:r0=1 2:r0=1", "1:r0=0 2:r0=0"},
    litmus_test{"SB fence and sc",
                "store x 1 rlx; fence sc; r0 = load y rlx || store y 1 sc; r0 = load x sc", 3, "",
                "1:r0=0 2:r0=0"},
    litmus_test{"SB exchanges ar",
                "exchange x 1 ar; r0 = load y acq || exchange y 1 ar; r0 = load x acq", 4,
                "1:r0=0 2:r0=0"},
    litmus_test{"SB exchanges sc",
                "exchange x 1 sc; r0 = load y sc || exchange y 1 sc; r0 = load x sc", 3, "",
                "1:r0=0 2:r0=0"},
    litmus_test{"SB three",
                "store x 1 sc; r0 = load y sc || store y 1 sc; r0 = load z sc || "
                "store z 1 sc; r0 = load x sc",
                7, "", "1:r0=0 2:r0=0 3:r0=0"},

    // Message passing: less the one that sees the flag and not the data.
    litmus_test{"MP rlx", "store x 1 rlx; store y 1 rlx || r0 = load y rlx; r1 = load x rlx", 4,
                "2:r0=1 2:r1=0"},
    litmus_test{"MP rel acq", "store x 1 rlx; store y 1 rel || r0 = load y acq; r1 = load x rlx", 3,
                "2:r0=1 2:r1=1|2:r0=0 2:r1=1", "2:r0=1 2:r1=0"},
    litmus_test{"MP rel rlx", "store x 1 rlx; store y 1 rel || r0 = load y rlx; r1 = load x rlx", 4,
                "2:r0=1 2:r1=0"},
    litmus_test{"MP rlx acq", "store x 1 rlx; store y 1 rlx || r0 = load y acq; r1 = load x rlx", 4,
                "2:r0=1 2:r1=0"},
    litmus_test{"MP data rel acq", "set d 1; store y 1 rel || r0 = load y acq; if r0 == 1: get d",
                2},
    litmus_test{"MP data rlx acq", "set d 1; store y 1 rlx || r0 = load y acq; if r0 == 1: get d",
                k_race},
    litmus_test{"MP data rel rlx", "set d 1; store y 1 rel || r0 = load y rlx; if r0 == 1: get d",
                k_race},
    litmus_test{"MP data fences",
                "set d 1; fence rel; store y 1 rlx || "
                "r0 = load y rlx; fence acq; if r0 == 1: get d",
                2},
    litmus_test{"MP data fence too late",
                "set d 1; store y 1 rlx; fence rel || "
                "r0 = load y rlx; fence acq; if r0 == 1: get d",
                k_race},
    litmus_test{"MP data exchange",
                "set d 1; exchange y 1 rel || r0 = exchange y 2 acq; if r0 == 1: get d", 2},

    // Load buffering needs a cycle of po and rf: never here, though hardware may.
    litmus_test{"LB rlx", "r0 = load x rlx; store y 1 rlx || r0 = load y rlx; store x 1 rlx", 3,
                "1:r0=1 2:r0=0", "1:r0=1 2:r0=1"},
    litmus_test{"LB values", "r0 = load x rlx; store y r0 rlx || r0 = load y rlx; store x r0 rlx",
                3, "", "1:r0=1|2:r0=1"},

    litmus_test{"2+2W rlx", "store x 1 rlx; store y 2 rlx || store y 1 rlx; store x 2 rlx", 4,
                "x=1 y=1"},
    litmus_test{"2+2W rel", "store x 1 rel; store y 2 rel || store y 1 rel; store x 2 rel", 4,
                "x=1 y=1"},
    litmus_test{"2+2W sc", "store x 1 sc; store y 2 sc || store y 1 sc; store x 2 sc", 3, "x=2 y=2",
                "x=1 y=1"},

    litmus_test{"IRIW acq",
                "store x 1 rel || store y 1 rel || r0 = load x acq; r1 = load y acq || "
                "r0 = load y acq; r1 = load x acq",
                16, "3:r0=1 3:r1=0 4:r0=1 4:r1=0"},
    litmus_test{"IRIW sc",
                "store x 1 sc || store y 1 sc || r0 = load x sc; r1 = load y sc || "
                "r0 = load y sc; r1 = load x sc",
                15, "", "3:r0=1 3:r1=0 4:r0=1 4:r1=0"},
    litmus_test{"IRIW fences",
                "store x 1 rlx || store y 1 rlx || r0 = load x rlx; fence sc; r1 = load y rlx || "
                "r0 = load y rlx; fence sc; r1 = load x rlx",
                15, "", "3:r0=1 3:r1=0 4:r0=1 4:r1=0"},
    litmus_test{"IRIW reads sc only",
                "store x 1 rel || store y 1 rel || r0 = load x sc; r1 = load y sc || "
                "r0 = load y sc; r1 = load x sc",
                16, "3:r0=1 3:r1=0 4:r0=1 4:r1=0"},

    // Coherence: 2 orders of the writes, and 6 ways in which a reader goes forward in one.
    litmus_test{"CoRR", "store x 1 rlx; store x 2 rlx || r0 = load x rlx; r1 = load x rlx", 6,
                "2:r0=0 2:r1=2", "2:r0=2 2:r1=1|2:r0=1 2:r1=0|2:r0=2 2:r1=0"},
    litmus_test{"CoRR two readers",
                "store x 1 rlx || store x 2 rlx || r0 = load x rlx; r1 = load x rlx || "
                "r0 = load x rlx; r1 = load x rlx",
                72, "3:r0=1 3:r1=2 4:r0=1 4:r1=2", "3:r0=1 3:r1=2 4:r0=2 4:r1=1|3:r0=1 3:r1=0"},
    litmus_test{"CoWW", "store x 1 rlx; store x 2 rlx", 1, "x=2", "x=1"},
    litmus_test{"CoWR", "store x 1 rlx; r0 = load x rlx || store x 2 rlx", 3, "1:r0=2 x=2",
                "1:r0=0|1:r0=2 x=1"},
    litmus_test{"CoRW", "r0 = load x rlx; store x 1 rlx || store x 2 rlx", 3, "1:r0=2 x=1",
                "1:r0=2 x=2|1:r0=1"},
    litmus_test{"CoRW alone", "r0 = load x rlx; store x 1 rlx", 1, "1:r0=0", "1:r0=1"},
    litmus_test{"CoWW through sw",
                "store x 1 rlx; store y 1 rel || r0 = load y acq; if r0 == 1: store x 2 rlx", 2, "",
                "2:r0=1 x=1"},
    litmus_test{"a load of three stores",
                "store x 1 rlx; store x 2 rlx; store x 3 rlx || r0 = load x rlx", 4,
                "2:r0=0|2:r0=1|2:r0=2|2:r0=3"},
    litmus_test{"a load of three stores after the second",
                "store x 1 rlx; store x 2 rlx; store y 1 rel; store x 3 rlx || "
                "r0 = load y acq; r1 = load x rlx",
                6, "2:r0=1 2:r1=2|2:r0=1 2:r1=3", "2:r0=1 2:r1=0|2:r0=1 2:r1=1"},

    litmus_test{"WRC rlx",
                "store x 1 rlx || r0 = load x rlx; store y 1 rlx || "
                "r0 = load y rlx; r1 = load x rlx",
                8, "2:r0=1 3:r0=1 3:r1=0"},
    litmus_test{"WRC rel acq",
                "store x 1 rlx || r0 = load x rlx; store y 1 rel || "
                "r0 = load y acq; r1 = load x rlx",
                7, "", "2:r0=1 3:r0=1 3:r1=0"},
    litmus_test{"ISA2 rlx",
                "store x 1 rlx; store y 1 rlx || r0 = load y rlx; store z 1 rlx || "
                "r0 = load z rlx; r1 = load x rlx",
                8, "2:r0=1 3:r0=1 3:r1=0"},
    litmus_test{"ISA2 rel acq",
                "store x 1 rlx; store y 1 rel || r0 = load y acq; store z 1 rel || "
                "r0 = load z acq; r1 = load x rlx",
                7, "", "2:r0=1 3:r0=1 3:r1=0"},
    litmus_test{"S rlx", "store x 2 rlx; store y 1 rlx || r0 = load y rlx; store x 1 rlx", 4,
                "2:r0=1 x=2"},
    litmus_test{"S rel acq", "store x 2 rlx; store y 1 rel || r0 = load y acq; store x 1 rlx", 3,
                "", "2:r0=1 x=2"},
    litmus_test{"R rel acq", "store x 1 rel; store y 1 rel || store y 2 rel; r0 = load x acq", 4,
                "y=2 2:r0=0"},
    litmus_test{"R sc", "store x 1 sc; store y 1 sc || store y 2 sc; r0 = load x sc", 3, "",
                "y=2 2:r0=0"},
    litmus_test{"RWC acq",
                "store x 1 rel || r0 = load x acq; r1 = load y acq || "
                "store y 1 rel; r0 = load x acq",
                8, "2:r0=1 2:r1=0 3:r0=0"},
    litmus_test{"RWC sc",
                "store x 1 sc || r0 = load x sc; r1 = load y sc || store y 1 sc; r0 = load x sc", 7,
                "", "2:r0=1 2:r1=0 3:r0=0"},
    litmus_test{"RWC fences",
                "store x 1 rlx || r0 = load x rlx; fence sc; r1 = load y rlx || "
                "store y 1 rlx; fence sc; r0 = load x rlx",
                7, "", "2:r0=1 2:r1=0 3:r0=0"},
    litmus_test{"W+RWC rel acq",
                "store x 1 rlx; store y 1 rel || r0 = load y acq; r1 = load z acq || "
                "store z 1 rel; r0 = load x acq",
                8, "2:r0=1 2:r1=0 3:r0=0"},
    litmus_test{"W+RWC fences",
                "store x 1 rlx; store y 1 rel || r0 = load y acq; fence sc; r1 = load z rlx || "
                "store z 1 rlx; fence sc; r0 = load x rlx",
                7, "", "2:r0=1 2:r1=0 3:r0=0"},
    litmus_test{"W+RWC sc but for the first store",
                "store x 1 rlx; store y 1 rel || r0 = load y acq; r1 = load z sc || "
                "store z 1 sc; r0 = load x sc",
                8, "2:r0=1 2:r1=0 3:r0=0"},

    // Z6: three threads in a ring, of which at least one link is an order of writes.
    litmus_test{"Z6.0 rel acq",
                "store x 1 rel; store y 1 rel || r0 = load y acq; store z 1 rel || "
                "store z 2 rel; r0 = load x acq",
                8, "2:r0=1 z=2 3:r0=0"},
    litmus_test{"Z6.0 sc",
                "store x 1 sc; store y 1 sc || r0 = load y sc; store z 1 sc || "
                "store z 2 sc; r0 = load x sc",
                7, "", "2:r0=1 z=2 3:r0=0"},
    litmus_test{"Z6.1 rel acq",
                "store x 2 rel; store y 1 rel || store y 2 rel; store z 1 rel || "
                "r0 = load z acq; store x 1 rel",
                8, "x=2 y=2 3:r0=1"},
    litmus_test{"Z6.1 sc",
                "store x 2 sc; store y 1 sc || store y 2 sc; store z 1 sc || "
                "r0 = load z sc; store x 1 sc",
                7, "", "x=2 y=2 3:r0=1"},
    litmus_test{"Z6.2 rlx",
                "store x 2 rlx; store y 1 rlx || r0 = load y rlx; store z 1 rlx || "
                "r0 = load z rlx; store x 1 rlx",
                8, "x=2 2:r0=1 3:r0=1"},
    litmus_test{"Z6.2 rel acq",
                "store x 2 rlx; store y 1 rel || r0 = load y acq; store z 1 rel || "
                "r0 = load z acq; store x 1 rlx",
                7, "", "x=2 2:r0=1 3:r0=1"},
    litmus_test{"Z6.3 rel acq",
                "store x 1 rel; store y 1 rel || store y 2 rel; store z 1 rel || "
                "r0 = load z acq; r1 = load x acq",
                8, "y=2 3:r0=1 3:r1=0"},
    litmus_test{"Z6.3 sc",
                "store x 1 sc; store y 1 sc || store y 2 sc; store z 1 sc || "
                "r0 = load z sc; r1 = load x sc",
                7, "", "y=2 3:r0=1 3:r1=0"},
    litmus_test{"Z6.4 rel acq",
                "store x 1 rel; store y 1 rel || store y 2 rel; r0 = load z acq || "
                "store z 1 rel; r0 = load x acq",
                8, "y=2 2:r0=0 3:r0=0"},
    litmus_test{"Z6.4 sc",
                "store x 1 sc; store y 1 sc || store y 2 sc; r0 = load z sc || "
                "store z 1 sc; r0 = load x sc",
                7, "", "y=2 2:r0=0 3:r0=0"},
    litmus_test{"Z6.5 rel acq",
                "store x 1 rel; store y 1 rel || store y 2 rel; store z 1 rel || "
                "store z 2 rel; r0 = load x acq",
                8, "y=2 z=2 3:r0=0"},
    litmus_test{"Z6.5 sc",
                "store x 1 sc; store y 1 sc || store y 2 sc; store z 1 sc || "
                "store z 2 sc; r0 = load x sc",
                7, "", "y=2 z=2 3:r0=0"},
    // Forbidden by C++11's text, allowed by RC11, because Power does it.
    litmus_test{"Z6.U",
                "store x 1 sc; store y 1 rel || r0 = add y 1 sc; r1 = load y rlx || "
                "store y 3 sc; r0 = load x sc",
                24, "2:r0=1 2:r1=3 3:r0=0"},
    litmus_test{"Z6.U all sc",
                "store x 1 sc; store y 1 sc || r0 = add y 1 sc; r1 = load y sc || "
                "store y 3 sc; r0 = load x sc",
                18, "", "2:r0=1 2:r1=3 3:r0=0"},

    // Read-modify-writes: every one reads what is right before it, so n of them have n! orders.
    litmus_test{"one add", "r0 = add x 1 rlx", 1, "x=1"},
    litmus_test{"two adds", "r0 = add x 1 rlx || r0 = add x 1 rlx", 2, "x=2",
                "x=1|1:r0=0 2:r0=0|1:r0=1 2:r0=1"},
    litmus_test{"three adds", "r0 = add x 1 rlx || r0 = add x 1 rlx || r0 = add x 1 rlx", 6, "x=3",
                "x=1|x=2"},
    litmus_test{"four adds",
                "r0 = add x 1 rlx || r0 = add x 1 rlx || r0 = add x 1 rlx || r0 = add x 1 rlx", 24,
                "x=4", "x=1|x=2|x=3"},
    litmus_test{"two times two adds",
                "r0 = add x 1 rlx; r1 = add x 1 rlx || r0 = add x 1 rlx; r1 = add x 1 rlx", 6,
                "1:r0=0 1:r1=3", "x=3|1:r0=1 1:r1=0"},
    litmus_test{"an add and a store", "r0 = add x 1 rlx || store x 5 rlx", 2, "x=6|1:r0=0 x=5",
                "x=1"},
    litmus_test{"two exchanges", "r0 = exchange x 1 rlx || r0 = exchange x 2 rlx", 2,
                "1:r0=0 2:r0=1|1:r0=2 2:r0=0", "1:r0=0 2:r0=0"},
    litmus_test{"one of two wins", "r0 = cas x 0 1 rlx rlx || r0 = cas x 0 2 rlx rlx", 2,
                "x=1 2:r0=1|x=2 1:r0=2", "1:r0=0 2:r0=0"},
    litmus_test{"a failed compare-exchange reads any write",
                "store x 1 rlx; store x 2 rlx || r0 = cas x 9 5 rlx rlx", 3,
                "2:r0=0|2:r0=1|2:r0=2"},
    litmus_test{"a failed compare-exchange has its own order",
                "set d 1; store x 1 rel || r0 = cas x 5 6 rlx acq; if r0 == 1: get d", 2},
    litmus_test{"a failed compare-exchange does not acquire",
                "set d 1; store x 1 rel || r0 = cas x 5 6 acq rlx; if r0 == 1: get d", k_race},
    litmus_test{"a weak compare-exchange may fail", "r0 = weak x 0 1 rlx rlx", 2,
                "1:r0=0 x=0|1:r0=0 x=1"},
    litmus_test{"two weak ones", "r0 = weak x 0 1 rlx rlx || r0 = weak x 0 2 rlx rlx", 5,
                "x=0|x=1 2:r0=1|x=2 1:r0=2|x=1 2:r0=0"},
    litmus_test{"a lock taken by compare-exchange",
                "r0 = cas x 0 1 acq rlx; if r0 == 0: set d 1; if r0 == 0: store x 0 rel || "
                "r0 = cas x 0 1 acq rlx; if r0 == 0: set d 2; if r0 == 0: store x 0 rel",
                4},

    // Release sequences. C++20 took the later stores of the same thread out of them.
    litmus_test{"sequence by the same thread, C++20",
                "set d 1; store x 1 rel; store x 2 rlx || r0 = load x acq; if r0 == 2: get d",
                k_race},
    litmus_test{"sequence by the same thread, C++11",
                "set d 1; store x 1 rel; store x 2 rlx || r0 = load x acq; if r0 == 2: get d", 3,
                "", "", k_cxx11},
    litmus_test{"sequence of a fence",
                "set d 1; fence rel; store x 1 rlx; store x 2 rlx || "
                "r0 = load x acq; if r0 == 2: get d",
                3},
    litmus_test{"sequence through an add",
                "set d 1; store x 1 rel || r0 = add x 1 rlx || r0 = load x acq; if r0 == 2: get d",
                6},
    litmus_test{"sequence through two adds",
                "set d 1; store x 1 rel || r0 = add x 1 rlx || r0 = add x 1 rlx || "
                "r0 = load x acq; if r0 == 3: get d",
                24},
    litmus_test{"no sequence through a store",
                "set d 1; store x 1 rel || r0 = load x rlx; if r0 == 1: store x 2 rlx || "
                "r0 = load x acq; if r0 == 2: get d",
                k_race},
    litmus_test{"no sequence through another thread's store, C++11",
                "set d 1; store x 1 rel || r0 = load x rlx; if r0 == 1: store x 2 rlx || "
                "r0 = load x acq; if r0 == 2: get d",
                k_race, "", "", k_cxx11},
};

}  // namespace

std::span<const litmus_test> litmus_tests() { return k_tests; }

}  // namespace cyclone::model::test
