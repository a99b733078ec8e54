#pragma once
// File operations with errors as values; so far the one that a shared journal needs.

#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace cyclone::sys {

// Appends `bytes` to the file by a single write at its end, and creates the file when missing.
// The kernel does not interleave such writes, so that processes may share a file of lines.
// Fails with resource_exhausted when only a part fits; the file then ends in a torn line, which
// the message says. Thread safety: any thread, any process.
result<void> append_once(const std::filesystem::path& file, std::string_view bytes);

}  // namespace cyclone::sys
