// timer_trace: makes a trace of what a recorder wrote, and tells what is in one.
//
//   timer_trace make --out F --program P --command C --source S RAW...
//   timer_trace describe F
//
// A program may have several loops and processes; the trace is of the one with the most events.
// Both commands print one JSON object. Exit codes: 0, 1 for files that are no such thing, 64 usage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "experiments/timer/recorder/raw.hpp"
#include "timer/trace.hpp"

namespace cyclone::timer {
namespace {

using json = nlohmann::ordered_json;
using recorder::raw_event;
using recorder::raw_header;
using recorder::raw_op;

struct loop_log {
    std::string file;
    std::string library;
    std::uint32_t loop = 0;
    std::uint64_t dropped = 0;
    std::vector<raw_event> events;
};

result<std::string> slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(error_code::not_found, "cannot open " + path);
    std::ostringstream out;
    out << file.rdbuf();
    return std::move(out).str();
}

/// Adds the loops of one raw file to `loops`. corrupt_data with the place of the first bad byte.
result<void> read_raw(const std::string& path, std::vector<loop_log>& loops) {
    CYCLONE_TRY(const std::string bytes, slurp(path));
    const auto bad = [&](std::size_t offset, const std::string& why) {
        return fail(error_code::corrupt_data,
                    fmt::format("{}, offset {}: {}; record again", path, offset, why));
    };
    raw_header header{};
    if (bytes.size() < sizeof header) return bad(bytes.size(), "shorter than its header");
    std::memcpy(&header, bytes.data(), sizeof header);
    if (std::memcmp(header.magic, recorder::k_magic, sizeof header.magic) != 0)
        return bad(0, "not what a recorder writes");
    if (header.count > (bytes.size() - sizeof header) / sizeof(raw_event))
        return bad(16, fmt::format("{} events do not fit the file", header.count));
    header.library[sizeof header.library - 1] = '\0';
    std::map<std::uint32_t, std::size_t> place;
    std::uint64_t now = 0;
    for (std::size_t i = 0; i < header.count; ++i) {
        const std::size_t offset = sizeof header + i * sizeof(raw_event);
        raw_event event{};
        std::memcpy(&event, bytes.data() + offset, sizeof event);
        if (event.op > raw_op::fire) return bad(offset, "no such kind of event");
        if (event.when_ns < now) return bad(offset, "time goes back");
        now = event.when_ns;
        const auto [at, fresh] = place.try_emplace(event.loop, loops.size());
        if (fresh) loops.push_back({path, header.library, event.loop, header.dropped, {}});
        loops[at->second].events.push_back(event);
    }
    return {};
}

/// Turns addresses into ids and nanoseconds into ticks; leaves out stops and firings of timers that
/// are not pending (an event_del of an event without a timeout), and says how many.
class maker {
 public:
    explicit maker(std::uint64_t tick_ns) { out_.tick_ns = tick_ns; }

    trace make(const std::vector<raw_event>& events) {
        begin_ns_ = events.empty() ? 0 : events.front().when_ns;
        for (const raw_event& event : events) add(event);
        out_.timers = static_cast<std::uint32_t>(ids_.size());
        return std::move(out_);
    }
    [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }

 private:
    void add(const raw_event& event) {
        const auto known = ids_.find(event.timer);
        const bool pending = known != ids_.end() && pending_[known->second];
        if (event.op != raw_op::start && !pending) {
            ++left_out_;
            return;
        }
        const auto next = static_cast<std::uint32_t>(ids_.size());
        const auto id = ids_.try_emplace(event.timer, next).first->second;
        if (id == pending_.size()) pending_.push_back(false);
        trace_event made{.when = tick_of(event.when_ns), .timer = id};
        if (event.op == raw_op::start) {
            made.op = pending ? trace_op::restart : trace_op::start;
            // Never early: the deadline is the first tick at or after it.
            const std::uint64_t due = event.when_ns - begin_ns_ + event.delta_ns;
            made.delta = (due + out_.tick_ns - 1) / out_.tick_ns - made.when;
        } else {
            made.op = event.op == raw_op::stop ? trace_op::stop : trace_op::fire;
        }
        pending_[id] = event.op == raw_op::start;
        out_.events.push_back(made);
    }
    [[nodiscard]] tick tick_of(std::uint64_t ns) const { return (ns - begin_ns_) / out_.tick_ns; }

    trace out_;
    std::uint64_t begin_ns_ = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> ids_;
    std::vector<bool> pending_;
    std::uint64_t left_out_ = 0;
};

json told(const trace& what) {
    std::array<std::uint64_t, 4> ops{};
    std::vector<bool> pending(what.timers);
    std::int64_t now = 0;
    std::int64_t peak = 0;
    std::map<tick, std::uint64_t> deltas;
    for (const trace_event& event : what.events) {
        ++ops[static_cast<std::size_t>(event.op)];
        const bool sets = event.op == trace_op::start || event.op == trace_op::restart;
        now += static_cast<int>(sets) - static_cast<int>(pending[event.timer]);
        pending[event.timer] = sets;
        peak = std::max(peak, now);
        if (sets) ++deltas[event.delta];
    }
    return {{"schema", 1},
            {"program", what.program},
            {"source", what.source},
            {"command", what.command},
            {"tick_ns", what.tick_ns},
            {"timers", what.timers},
            {"events", what.events.size()},
            {"ticks", what.events.empty() ? 0 : what.events.back().when},
            {"starts", ops[0]},
            {"stops", ops[1]},
            {"restarts", ops[2]},
            {"fires", ops[3]},
            {"peak_pending", peak},
            {"distinct_deltas", deltas.size()}};
}

struct options {
    std::string out;
    std::vector<std::string> raw;
    std::uint64_t tick_ns = 1'000'000;
    std::uint64_t most = k_trace_events_max;
    trace texts;
};

result<json> make(const options& asked) {
    std::vector<loop_log> loops;
    for (const std::string& file : asked.raw) CYCLONE_TRY_VOID(read_raw(file, loops));
    const auto most = std::max_element(
        loops.begin(), loops.end(),
        [](const loop_log& a, const loop_log& b) { return a.events.size() < b.events.size(); });
    if (most == loops.end() || most->events.empty())
        return fail(error_code::not_found,
                    "the program set no timer that could be seen; it must run on the shared libuv "
                    "or libevent");
    if (most->events.size() > asked.most) most->events.resize(asked.most);
    maker from(asked.tick_ns);
    trace made = from.make(most->events);
    made.program = asked.texts.program;
    made.source = asked.texts.source;
    made.command = asked.texts.command;
    CYCLONE_TRY(const std::string bytes, write_trace(made));
    std::ofstream file(asked.out, std::ios::binary | std::ios::trunc);
    file << bytes;
    if (!file.flush()) return fail(error_code::io_error, "cannot write " + asked.out);
    json out = told(made);
    out["loops"] = loops.size();
    out["left_out"] = from.left_out();
    out["dropped"] = most->dropped;
    out["bytes"] = bytes.size();
    return out;
}

result<json> describe(const std::string& path) {
    CYCLONE_TRY(const trace found, read_trace(path));
    return told(found);
}

int answer(const result<json>& found) {
    if (found)
        return std::puts(found->dump(-1, ' ', false, json::error_handler_t::replace).c_str()) >= 0
                   ? 0
                   : 1;
    std::fprintf(stderr, "timer_trace: %s\n", found.error().message.c_str());
    return 1;
}

int run(int argc, char** argv) {
    CLI::App app{"makes traces of timers, and tells what is in one"};
    app.require_subcommand(1);
    options asked;
    auto* const making = app.add_subcommand("make", "a trace from what recorders wrote");
    making->add_option("raw", asked.raw, "files of the recorders")->required();
    making->add_option("--out", asked.out, "the trace")->required();
    making->add_option("--program", asked.texts.program, "name and version")->required();
    making->add_option("--command", asked.texts.command, "what it was doing")->required();
    making->add_option("--source", asked.texts.source, "how it was recorded")->required();
    making->add_option("--tick-ns", asked.tick_ns, "one tick")->check(CLI::PositiveNumber);
    making->add_option("--events", asked.most, "keep the first so many")
        ->check(CLI::PositiveNumber);
    std::string file;
    auto* const describing = app.add_subcommand("describe", "what is in a trace");
    describing->add_option("file", file, "the trace")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        return app.exit(wrong) == 0 ? 0 : 64;
    }
    return answer(making->parsed() ? make(asked) : describe(file));
}

}  // namespace
}  // namespace cyclone::timer

int main(int argc, char** argv) {
    try {
        return cyclone::timer::run(argc, argv);
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "timer_trace: %s\n", failed.what());
        return 1;
    }
}
