// Prints the constants of the wheels and what their slot arithmetic gives on a fixed set of
// arguments, as one JSON object: what the proofs are held against (constants.py).
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "variants/timer/noncascading_wheel.hpp"
#include "variants/timer/slot_arithmetic.hpp"

namespace cyclone::timer {
namespace {

constexpr unsigned k_bits = digit_layout::k_bits;
constexpr unsigned k_shift = distance_layout::k_shift;

/// Ticks on both sides of everything at which the arithmetic changes: powers of 2, and 63 * 8^l.
std::vector<tick> arguments() {
    std::vector<tick> ticks{0};
    for (unsigned bit = 0; bit < 63; ++bit) {
        const tick power = tick{1} << bit;
        for (const tick t : {power - 1, power, power + 1, power + power / 3}) ticks.push_back(t);
        if (bit % 3 == 0 && bit <= 57) {
            for (const tick t : {63 * power - 1, 63 * power}) ticks.push_back(t);
        }
    }
    ticks.push_back(k_tick_max);
    return ticks;
}

class table {
 public:
    template <class... Numbers>
    void row(const char* function, Numbers... numbers) {
        if (!text_.empty()) text_ += ",\n";
        text_ += fmt::format("[\"{}\"", function);
        ((text_ += fmt::format(", {}", numbers)), ...);
        text_ += ']';
    }
    [[nodiscard]] const std::string& text() const { return text_; }

 private:
    std::string text_;
};

void digit_rows(table& out, tick deadline, tick cursor) {
    const unsigned level = level_of_difference<k_bits>(deadline, cursor);
    const unsigned slot = digit_of<k_bits>(deadline, level);
    out.row("level_of_difference", deadline, cursor, level);
    out.row("digit_of", deadline, level, slot);
    out.row("slot_start", cursor, level, slot, slot_start<k_bits>(cursor, level, slot));
}

void distance_rows(table& out, tick now, tick distance) {
    const unsigned level = level_of_distance<distance_layout::k_bits, k_shift>(distance);
    out.row("level_of_distance", distance, level);
    out.row("lateness_max", distance, noncascading_wheel<>::lateness_max(distance));
    const tick horizon = noncascading_wheel<>::k_traits.horizon;
    if (distance > horizon || now > horizon - distance) return;
    const tick turn = rounded_up<k_shift>(now + distance, level);
    out.row("rounded_up", now + distance, level, turn);
    out.row("slot_of", turn, slot_of<distance_layout::k_bits>(turn));
}

int print() {
    table out;
    const std::vector<tick> ticks = arguments();
    // Every tick with its neighbours and with a few far away: enough to meet every level.
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{5}, std::size_t{41}}) {
            const tick other = ticks[(i + step) % ticks.size()];
            digit_rows(out, ticks[i], other);
            distance_rows(out, other, ticks[i]);
        }
    }
    fmt::print(
        "{{\"constants\": {{\"digit_bits\": {}, \"digit_levels\": {}, \"distance_bits\": {}, "
        "\"distance_shift\": {}, \"distance_levels\": {}, \"tick_max\": {}, \"horizon\": {}}},\n"
        "\"rows\": [\n{}\n]}}\n",
        digit_layout::k_bits, digit_layout::k_levels, distance_layout::k_bits,
        distance_layout::k_shift, distance_layout::k_levels, k_tick_max,
        noncascading_wheel<>::k_traits.horizon, out.text());
    return 0;
}

}  // namespace
}  // namespace cyclone::timer

int main() { return cyclone::timer::print(); }
