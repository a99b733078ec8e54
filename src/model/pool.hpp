// What explorers of one thread of the process use one after the other: stacks and an arena, so that
// addresses are the same from execution to execution and nothing is mapped twice.
// Cost: address space of k_threads_max stacks and regions. Thread-safety: one a thread.
#pragma once

#include <array>
#include <source_location>
#include <string_view>
#include <vector>

#include "model/arena.hpp"
#include "model/fiber.hpp"

namespace cyclone::model {

struct pool {
    arena memory;
    std::array<fiber, k_threads_max> fibers;

    /// Where atomics were made that threads wait on: these get a queue from the start.
    std::vector<std::source_location> queues;

    [[nodiscard]] bool has_queue(const std::source_location& made) const {
        for (const auto& q : queues) {
            if (q.line() == made.line() && q.column() == made.column() &&
                std::string_view(q.file_name()) == made.file_name() &&
                std::string_view(q.function_name()) == made.function_name()) {
                return true;
            }
        }
        return false;
    }
    void add_queue(const std::source_location& made) { queues.push_back(made); }
};

[[nodiscard]] pool& pool_of_thread();

}  // namespace cyclone::model
