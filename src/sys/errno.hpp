#pragma once
// From the kernel's errno to an error: the code a caller branches on, and a message with the name.

#include <source_location>
#include <string>

#include "base/error.hpp"

namespace cyclone::sys {

// "ENOENT"; "errno 4711" for a number this system has no name for.
std::string errno_name(int number);

// What the caller can do about it; io_error for all that have no better word.
error_code code_of_errno(int number) noexcept;

// `return fail_errno(errno, "cannot open " + path);` gives "cannot open x: ENOENT (No such file or
// directory)". Read errno into the call before anything else can change it.
[[nodiscard]] std::unexpected<error> fail_errno(
    int number, std::string message, std::source_location place = std::source_location::current());

}  // namespace cyclone::sys
