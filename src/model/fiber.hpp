// A fiber: a call that can be left in the middle and taken up again, on a stack of its own. Both
// engines run the threads of a body as fibers, because then a switch of threads is a choice of the
// engine and costs some nanoseconds.
//
//   fiber f;
//   f.reset([&] { work(); fiber::yield_to_owner(); more(); });
//   f.resume();   // work
//   f.resume();   // more; f.finished() from here on
//
// A fiber may be abandoned: reset drops what it was doing, without unwinding. Whatever its frames
// owned is then lost to it, and the engine must know how to get it back (arena.hpp).
// Stacks lie at the same address from reset to reset, between pages that fault, so that a pointer
// to an object on one is the same in every execution, and running over the end is not silent.
//
// Source: the switch saves what the System V ABI (AMD64, section 3.2.1) says a callee keeps; other
// machines go through ucontext, which costs two system calls a switch.
// Cost: about 5 ns a switch on x86-64; a stack takes memory where it was written.
// Errors: no memory for a stack ends the program with a message. An exception must not leave the
// entry; where one does, the program ends.
// Thread-safety: a fiber is resumed by the thread that made it, always.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace cyclone::model {

class fiber {
 public:
    static constexpr std::size_t k_stack_bytes = 256 * 1024;

    fiber();
    ~fiber();
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;
    fiber(fiber&&) noexcept;
    fiber& operator=(fiber&&) noexcept;

    /// Sets what the next resume() begins with. Whatever ran on it before is dropped.
    void reset(std::function<void()> entry);

    /// Runs until the fiber yields or ends. Not from a fiber into itself; the caller may be one.
    void resume();

    /// True before the first reset and after the entry has returned.
    [[nodiscard]] bool finished() const noexcept;

    /// Back to whoever called resume(). Only on a fiber.
    static void yield_to_owner();

    /// The one that runs on this thread, or nullptr.
    [[nodiscard]] static fiber* current() noexcept;

    /// Whether an address is on its stack, for messages.
    [[nodiscard]] bool holds(const void* address) const noexcept;
    /// One past the highest address of the stack: offsets from it are the same in every process.
    [[nodiscard]] const void* stack_top() const noexcept;

 private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace cyclone::model
