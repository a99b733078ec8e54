#include "timer/program.hpp"

#include <fmt/format.h>

namespace cyclone::timer {

namespace {

std::array<tick, 256> make_deltas() {
    std::array<tick, 256> deltas{};
    std::size_t count = 0;
    const auto add = [&](tick delta) {
        if (count < deltas.size()) deltas[count++] = delta;
    };
    for (tick delta = 0; delta < 70; ++delta) add(delta);
    for (const tick centre :
         {tick{504}, tick{512}, tick{4032}, tick{4096}, tick{8192}, tick{32256}, tick{12288},
          tick{32768}, tick{258048}, tick{262144}, tick{1} << 24, tick{1} << 30, tick{1} << 31,
          tick{1} << 32, tick{1} << 36, tick{1} << 40}) {
        for (const tick delta : {centre - 1, centre, centre + 1}) add(delta);
    }
    for (tick step = 1; count < deltas.size(); ++step) add(70 + step * step * 7);
    return deltas;
}

}  // namespace

const std::array<tick, 256>& program_deltas() {
    static const std::array<tick, 256> deltas = make_deltas();
    return deltas;
}

program decode_program(std::span<const std::uint8_t> bytes) {
    program operations;
    operations.reserve(bytes.size() / 3);
    for (std::size_t i = 0; i + 3 <= bytes.size(); i += 3) {
        op operation;
        operation.timer = bytes[i + 1] % k_program_timers;
        operation.delta = program_deltas()[bytes[i + 2]];
        switch (bytes[i] % 8) {
            case 0:
            case 1: operation.kind = op_kind::start; break;
            case 2: operation.kind = bytes[i] < 32 ? op_kind::start_past : op_kind::start; break;
            case 3: operation.kind = op_kind::stop; break;
            case 4:
            case 5: operation.kind = op_kind::advance; break;
            case 6: operation.kind = op_kind::advance_to_next; break;
            default:
                operation.kind = op_kind::script;
                operation.on_fire = static_cast<reaction>(bytes[i] / 8 % 4);
                operation.other = bytes[i] / 32 + operation.timer & (k_program_timers - 1);
        }
        operations.push_back(operation);
    }
    return operations;
}

std::string to_string(const op& operation) {
    switch (operation.kind) {
        case op_kind::start: return fmt::format("start t{} +{}", operation.timer, operation.delta);
        case op_kind::start_past:
            return fmt::format("start t{} -{}", operation.timer, operation.delta);
        case op_kind::stop: return fmt::format("stop t{}", operation.timer);
        case op_kind::advance: return fmt::format("advance +{}", operation.delta);
        case op_kind::advance_to_next: return "advance to next_deadline()";
        case op_kind::script: break;
    }
    switch (operation.on_fire) {
        case reaction::none: return fmt::format("t{} on firing: nothing", operation.timer);
        case reaction::restart_self:
            return fmt::format("t{} on firing: start itself +{}", operation.timer, operation.delta);
        case reaction::stop_other:
            return fmt::format("t{} on firing: stop t{}", operation.timer, operation.other);
        case reaction::restart_other: break;
    }
    return fmt::format("t{} on firing: restart t{} +{}", operation.timer, operation.other,
                       operation.delta);
}

std::string to_string(const program& operations) {
    std::string text;
    for (const op& operation : operations) text += "  " + to_string(operation) + "\n";
    return text;
}

}  // namespace cyclone::timer
