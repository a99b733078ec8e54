// What the C library's allocator was asked for. It is counted by a library of its own
// (interpose.cpp, libcyclone_allocations.so) that is put before the C library with LD_PRELOAD, so
// that the measured binary is the one that is timed.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

extern "C" {
/// Exported by the preloaded library: calls that asked for memory, and the bytes asked for, since
/// the process began.
using cyclone_allocation_totals_fn = void (*)(std::uint64_t* allocations, std::uint64_t* bytes);
}

namespace cyclone::lab {

struct allocation_totals {
    std::uint64_t allocations = 0;
    std::uint64_t bytes = 0;

    friend allocation_totals operator-(const allocation_totals& a,
                                       const allocation_totals& b) noexcept {
        return {a.allocations - b.allocations, a.bytes - b.bytes};
    }
    friend allocation_totals operator+(const allocation_totals& a,
                                       const allocation_totals& b) noexcept {
        return {a.allocations + b.allocations, a.bytes + b.bytes};
    }
};

/// Reads the counter of the preloaded library. All threads of the process are counted.
class allocation_counter {
 public:
    /// Fails, in words, when the library was not preloaded.
    static std::expected<allocation_counter, std::string> find();
    [[nodiscard]] allocation_totals now() const noexcept {
        allocation_totals out;
        totals_(&out.allocations, &out.bytes);
        return out;
    }

 private:
    explicit allocation_counter(cyclone_allocation_totals_fn totals) noexcept : totals_(totals) {}
    cyclone_allocation_totals_fn totals_;
};

}  // namespace cyclone::lab
