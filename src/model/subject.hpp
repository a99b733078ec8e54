#pragma once
// What the progress classifier and the coherence counter run: an object under sync::stepped, and
// what each of some threads does with it, operation by operation.
//
//   subject_maker make = [] {
//       auto ring = placed<my_ring<sync::stepped>>(4);
//       return subject{.object = ring,
//                      .operate = [ring](std::uint32_t thread, std::uint64_t number) {
//                          if (thread == 0) return ring->push(number) ? outcome::done : ...
//                      },
//                      .name = [](std::uint32_t thread, std::uint64_t) {
//                          return thread == 0 ? "push" : "pop"; }};
//   };
//
// An operation must not wait for a result: it says refused or would_block and ends. Operations may
// be left half done for ever; the object's destructor runs nevertheless (and is given up if it
// waits for them). Keep the flow going: threads that only push end in an object that is full, where
// nothing can be said about what happens to a push.
// Thread-safety: tasks of one scheduler.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/stepped.hpp"

namespace cyclone::model::steps {

/// A part of the object under a name, for what is counted by cache line.
struct named_range {
    std::string name{};
    const void* where = nullptr;
    std::size_t bytes = 0;
};

struct subject {
    std::shared_ptr<void> object{};
    /// The operation number `number` (from 0) of a thread, from beginning to end.
    std::function<outcome(std::uint32_t thread, std::uint64_t number)> operate{};
    /// What it is called. The text must outlive the run: a literal.
    std::function<const char*(std::uint32_t thread, std::uint64_t number)> name{};
    std::vector<named_range> ranges{};
};
using subject_maker = std::function<subject()>;

/// An object in the scheduler's own memory: its place relative to cache lines is the same each
/// time.
template <class T, class... Args>
[[nodiscard]] std::shared_ptr<T> placed(Args&&... args) {
    return std::shared_ptr<T>(sync::stepped::make<T>(std::forward<Args>(args)...),
                              [](T* old) { sync::stepped::dispose(old); });
}

/// One operation of a subject, on a task.
inline outcome operate_once(const subject& s, std::uint32_t thread, std::uint64_t number) {
    steps::operation op(s.name(thread, number));
    const outcome how = s.operate(thread, number);
    op.ends(how);
    return how;
}

}  // namespace cyclone::model::steps

namespace cyclone::model {
using steps::placed;
using steps::subject;
using steps::subject_maker;
}  // namespace cyclone::model
