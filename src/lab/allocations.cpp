// The symbol is looked up at run time: nothing of the counting is linked into what is measured.

#include "lab/allocations.hpp"

#include <dlfcn.h>

namespace cyclone::lab {

std::expected<allocation_counter, std::string> allocation_counter::find() {
    void* const symbol = ::dlsym(RTLD_DEFAULT, "cyclone_allocation_totals");
    if (symbol == nullptr) {
        return std::unexpected(
            "start with LD_PRELOAD=libcyclone_allocations.so (of the build's bench/lab)");
    }
    return allocation_counter(reinterpret_cast<cyclone_allocation_totals_fn>(symbol));
}

}  // namespace cyclone::lab
