// For a file that `cyclone prove` is to go through: scenarios on one's own structure.
//
//   #include "model/prove.hpp"
//   #include "my_queue.hpp"                        // template <class Sync> class my_queue
//
//   CYCLONE_PROVE(one_of_each) {
//       my_queue<cyclone::model::explored> queue;
//       cyclone::model::thread producer([&] { queue.push(1); });
//       auto got = queue.pop();
//       cyclone::model::require(!got || *got == 1, "what comes out was put in");
//       producer.join();
//   }
//
// The structure is a template over the policy that makes its atomics (base/sync.hpp), so that what
// is gone through is what ships. A scenario makes its own objects, has few threads and few
// operations each, and does the same whenever it reads the same.
#pragma once

#include <span>

#include "model/check.hpp"
#include "model/explored.hpp"

namespace cyclone::model {

struct scenario {
    const char* name;
    void (*body)();
    std::source_location at;
};

/// Those of the program, in the order of the file.
[[nodiscard]] std::span<const scenario> scenarios();

/// What CYCLONE_PROVE makes of a body.
struct scenario_line {
    scenario_line(const char* name, void (*body)(),
                  std::source_location at = std::source_location::current());
};

}  // namespace cyclone::model

#define CYCLONE_PROVE(name)                                                                        \
    static void cyclone_prove_##name();                                                            \
    static const ::cyclone::model::scenario_line cyclone_line_##name(#name, cyclone_prove_##name); \
    static void cyclone_prove_##name()
