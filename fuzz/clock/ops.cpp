// Fuzzing of the clocks in virtual time: one input is a timeline (clock/reference.hpp), five bytes
// a leg; every row of the registry lives through it under the judge, who knows the true time. An
// input that breaks something aborts with the property in words.
#include <cstdio>
#include <cstdlib>
#include <span>

#include "clock/check.hpp"
#include "clock/registry.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cyclone::clock;
    constexpr std::size_t k_legs_max = 400;
    if (size < 10 || size > 5 * k_legs_max) return 0;
    const auto legs = decode_legs(std::span(data, size));
    for (const registration& row : registry()) {
        const auto found = check_legs(row.make, legs);
        if (!found) continue;
        std::fprintf(stderr, "%.*s: %s: %s\nrepro: run this target on the crash file\n",
                     static_cast<int>(row.name.size()), row.name.data(), found->property.c_str(),
                     found->detail.c_str());
        std::abort();
    }
    return 0;
}
