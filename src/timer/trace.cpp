#include "timer/trace.hpp"

#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace cyclone::timer {
namespace {

constexpr std::string_view k_magic = "cyclone-trace 1\n";
constexpr std::size_t k_header_max = 4096;

void put(std::string& out, std::uint64_t value) {
    for (; value >= 128; value >>= 7) out += static_cast<char>(value & 127 | 128);
    out += static_cast<char>(value);
}

constexpr bool has_delta(trace_op op) { return op == trace_op::start || op == trace_op::restart; }

/// Reads from the first byte to the last; every error names the offset in the file.
class reader {
 public:
    explicit reader(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] result<trace> read() {
        if (bytes_.size() > k_trace_bytes_max)
            return wrong("more than 64 MiB", error_code::out_of_range);
        CYCLONE_TRY_VOID(header());
        CYCLONE_TRY_VOID(body());
        return std::move(out_);
    }

 private:
    [[nodiscard]] result<void> header() {
        if (!bytes_.starts_with(k_magic))
            return wrong("no trace: the first line must be 'cyclone-trace 1'");
        at_ = k_magic.size();
        CYCLONE_TRY(out_.tick_ns, number("tick_ns", 1, 1'000'000'000'000));
        CYCLONE_TRY(out_.program, line("program"));
        CYCLONE_TRY(out_.source, line("source"));
        CYCLONE_TRY(out_.command, line("command"));
        CYCLONE_TRY(const std::uint64_t timers, number("timers", 0, k_trace_timers_max));
        out_.timers = static_cast<std::uint32_t>(timers);
        CYCLONE_TRY(events_, number("events", 0, k_trace_events_max));
        CYCLONE_TRY(size_, number("bytes", 0, k_trace_bytes_max));
        const std::size_t place = at_;
        CYCLONE_TRY(const std::string sum, line("sha256"));
        CYCLONE_TRY_VOID(expect("\n", "the empty line after the header is missing"));
        if (bytes_.size() - at_ != size_)
            return wrong(
                fmt::format("{} bytes of events, the header says {}", bytes_.size() - at_, size_));
        const std::string found = sha256_hex(bytes_.substr(at_));
        if (found == sum) return {};
        at_ = place;
        return wrong(fmt::format("the events have sha256 {}: the file was changed", found));
    }

    [[nodiscard]] result<void> body() {
        tick now = 0;
        while (out_.events.size() < events_) {
            const std::size_t began = at_;
            CYCLONE_TRY(const std::uint64_t first, varint());
            trace_event event{.op = static_cast<trace_op>(first & 3)};
            CYCLONE_TRY(const std::uint64_t timer, varint());
            if (has_delta(event.op)) {
                CYCLONE_TRY(event.delta, varint());
            }
            now += first >> 2;  // at most 2^50 + 2^62
            event.when = now;
            event.timer = static_cast<std::uint32_t>(timer);
            const bool in_time = now <= k_trace_ticks_max && event.delta <= k_trace_ticks_max;
            if (timer < out_.timers && in_time) {
                out_.events.push_back(event);
                continue;
            }
            at_ = began;
            if (in_time) return wrong(fmt::format("timer {} of {}", timer, out_.timers));
            return wrong("beyond 2^50 ticks", error_code::out_of_range);
        }
        if (at_ != bytes_.size()) return wrong("bytes after the last event");
        return {};
    }

    [[nodiscard]] result<std::uint64_t> varint() {
        const std::size_t began = at_;
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 63; shift += 7) {
            if (at_ == bytes_.size()) return wrong("the events end within one");
            const auto byte = static_cast<unsigned char>(bytes_[at_++]);
            value |= std::uint64_t{byte} % 128 << shift;
            if (byte < 128) return value;
        }
        at_ = began;
        return wrong("a number of more than 63 bits");
    }

    [[nodiscard]] result<std::string> line(std::string_view key) {
        const std::size_t began = at_;
        CYCLONE_TRY_VOID(expect(key, fmt::format("the line '{} ...' is missing", key)));
        CYCLONE_TRY_VOID(expect(" ", fmt::format("a space after '{}' is missing", key)));
        const std::size_t end = bytes_.substr(0, k_header_max).find('\n', at_);
        if (end == std::string_view::npos) {
            at_ = began;
            return wrong("the header has no end within 4096 bytes");
        }
        std::string text(bytes_.substr(at_, end - at_));
        at_ = end + 1;
        return text;
    }

    [[nodiscard]] result<std::uint64_t> number(std::string_view key, std::uint64_t least,
                                               std::uint64_t most) {
        const std::size_t began = at_;
        CYCLONE_TRY(const std::string text, line(key));
        std::uint64_t value = 0;
        const char* const last = text.data() + text.size();
        const auto [stop, bad] = std::from_chars(text.data(), last, value);
        const bool whole = bad == std::errc{} && stop == last;
        if (whole && value >= least && value <= most) return value;
        at_ = began;
        return wrong(fmt::format("'{}' must be a number from {} to {}", key, least, most),
                     whole ? error_code::out_of_range : error_code::corrupt_data);
    }

    [[nodiscard]] result<void> expect(std::string_view text, const std::string& otherwise) {
        if (bytes_.substr(at_, text.size()) != text) return wrong(otherwise);
        at_ += text.size();
        return {};
    }

    [[nodiscard]] std::unexpected<error> wrong(std::string_view why,
                                               error_code code = error_code::corrupt_data) const {
        return fail(code, fmt::format("trace, offset {}: {}; record it again", at_, why));
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t size_ = 0;
    trace out_;
};

result<void> check(const trace& what) {
    const auto bad = [](const std::string& why) {
        return fail(error_code::invalid_argument, "cannot write the trace: " + why);
    };
    for (const std::string* text : {&what.program, &what.source, &what.command})
        if (text->size() > 1000 || text->find('\n') != std::string::npos)
            return bad("a text of the header has a line break or more than 1000 characters");
    if (what.timers > k_trace_timers_max || what.events.size() > k_trace_events_max)
        return bad("more than 2^22 timers or 2^24 events; record for a shorter time");
    if (what.tick_ns == 0) return bad("a tick of 0 ns");
    tick now = 0;
    for (const trace_event& event : what.events) {
        if (event.when < now) return bad("events out of order");
        if (event.timer >= what.timers) return bad("a timer beyond 'timers'");
        if (event.when > k_trace_ticks_max || event.delta > k_trace_ticks_max)
            return bad("beyond 2^50 ticks");
        now = event.when;
    }
    return {};
}

}  // namespace

result<std::string> write_trace(const trace& what) {
    CYCLONE_TRY_VOID(check(what));
    std::string body;
    tick now = 0;
    for (const trace_event& event : what.events) {
        put(body, event.when - now << 2 | static_cast<std::uint64_t>(event.op));
        put(body, event.timer);
        if (has_delta(event.op)) put(body, event.delta);
        now = event.when;
    }
    if (body.size() > k_trace_bytes_max - k_header_max)
        return fail(error_code::invalid_argument, "cannot write the trace: more than 64 MiB");
    return fmt::format(
               "{}tick_ns {}\nprogram {}\nsource {}\ncommand {}\ntimers {}\nevents {}\nbytes {}\n"
               "sha256 {}\n\n",
               k_magic, what.tick_ns, what.program, what.source, what.command, what.timers,
               what.events.size(), body.size(), sha256_hex(body)) +
           body;
}

result<trace> parse_trace(std::string_view bytes) { return reader(bytes).read(); }

result<trace> read_trace(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(error_code::not_found, "cannot open the trace " + path + "; check the path");
    std::string bytes;
    std::vector<char> piece(std::size_t{1} << 16);
    while (file && bytes.size() <= k_trace_bytes_max) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        bytes.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) return fail(error_code::io_error, "cannot read the trace " + path);
    auto found = parse_trace(bytes);
    if (!found) return fail(found.error().code, path + ": " + found.error().message);
    return found;
}

}  // namespace cyclone::timer
