#pragma once
// Errors as values. A function that can fail for a reason outside the program returns
// `result<T>`; a bug in the program is an assertion instead (base/assert.hpp).
//
// An error carries a code from a closed set, a message naming the thing and the remedy, the place
// that made it, a correlation id, and the error that caused it. The correlation id joins the errors
// of one piece of work: inside a `correlation_scope` all errors of the thread share the scope's id,
// outside each error gets its own. Ids count up from 1 in each process, so that a replay gives the
// same ids; 0 is never given out.
//
// Cost: the success path costs what std::expected costs; making an error allocates.
// Thread safety: every function here may be called from any thread; an error object is a plain
// value, its causes are immutable and may be shared.

#include <cstdint>
#include <expected>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "base/sync.hpp"

namespace cyclone {

// What a caller can do about it differs from code to code; that is why there are few.
enum class error_code : std::uint8_t {
    invalid_argument,    // the caller asked for something senseless
    out_of_range,        // a sensible request beyond what this can do
    not_found,           // the named thing is not there
    already_exists,      // the named thing is there and must not be
    permission_denied,   // another user or another privilege would succeed
    unavailable,         // this kernel or machine does not offer it
    resource_exhausted,  // memory, disk, descriptors or a quota ran out
    would_block,         // not now; try again when ready
    interrupted,         // a signal or a cancel ended it early
    timed_out,           // the deadline passed
    closed,              // the other side or the owner is gone
    corrupt_data,        // what was read does not have the promised form
    io_error,            // the device or the kernel failed
};

constexpr std::string_view name_of(error_code code) noexcept {
    switch (code) {
        case error_code::invalid_argument: return "invalid_argument";
        case error_code::out_of_range: return "out_of_range";
        case error_code::not_found: return "not_found";
        case error_code::already_exists: return "already_exists";
        case error_code::permission_denied: return "permission_denied";
        case error_code::unavailable: return "unavailable";
        case error_code::resource_exhausted: return "resource_exhausted";
        case error_code::would_block: return "would_block";
        case error_code::interrupted: return "interrupted";
        case error_code::timed_out: return "timed_out";
        case error_code::closed: return "closed";
        case error_code::corrupt_data: return "corrupt_data";
        case error_code::io_error: return "io_error";
    }
    return "unknown_error_code";
}

struct error {
    error_code code;
    std::string message;
    std::source_location place;
    std::uint64_t correlation_id;
    std::shared_ptr<const error> cause;  // null for the first error of a chain
};

template <class T>
using result = std::expected<T, error>;

namespace detail {
inline sync::native::atomic<std::uint64_t> last_correlation_id{0};
inline thread_local std::uint64_t scoped_correlation_id = 0;  // 0: outside every scope
}  // namespace detail

// A fresh id. Relaxed: ids must differ, nothing is published with them.
inline std::uint64_t next_correlation_id() noexcept {
    return detail::last_correlation_id.fetch_add(1, std::memory_order_relaxed) + 1;
}

// The id an error made now on this thread would carry.
inline std::uint64_t current_correlation_id() noexcept {
    const std::uint64_t scoped = detail::scoped_correlation_id;
    return scoped != 0 ? scoped : next_correlation_id();
}

// Gives all errors of this thread one id until the scope ends; scopes nest, the inner one wins.
// Pass an id to continue on this thread the work that began on another.
class correlation_scope {
 public:
    explicit correlation_scope(std::uint64_t id = next_correlation_id()) noexcept
        : outer_(std::exchange(detail::scoped_correlation_id, id)) {}
    ~correlation_scope() { detail::scoped_correlation_id = outer_; }
    correlation_scope(const correlation_scope&) = delete;
    correlation_scope& operator=(const correlation_scope&) = delete;

    std::uint64_t id() const noexcept { return detail::scoped_correlation_id; }

 private:
    std::uint64_t outer_;
};

// `return fail(error_code::not_found, "no such file: x; create it with ...");`
[[nodiscard]] inline std::unexpected<error> fail(
    error_code code, std::string message,
    std::source_location place = std::source_location::current()) {
    return std::unexpected(
        error{code, std::move(message), place, current_correlation_id(), nullptr});
}

// Says what was being attempted when `cause` happened. Code and correlation id stay the cause's:
// the caller branches on the former, the reader searches for the latter.
[[nodiscard]] inline std::unexpected<error> wrap(
    error&& cause, std::string message,
    std::source_location place = std::source_location::current()) {
    const error_code code = cause.code;
    const std::uint64_t id = cause.correlation_id;
    return std::unexpected(error{code, std::move(message), place, id,
                                 std::make_shared<const error>(std::move(cause))});
}

// The whole causal chain, outermost first, exactly one line an error (a newline inside a message
// becomes a space), no newline at the end.
inline std::string to_string(const error& outermost) {
    std::string text;
    for (const error* e = &outermost; e != nullptr; e = e->cause.get()) {
        if (e != &outermost) text += "\n  caused by ";
        text += name_of(e->code);
        text += ": ";
        for (const char c : e->message) text += (c == '\n' || c == '\r') ? ' ' : c;
        text += " [#" + std::to_string(e->correlation_id) + "] at ";
        text += e->place.file_name();
        text += ":" + std::to_string(e->place.line());
    }
    return text;
}

}  // namespace cyclone

#define CYCLONE_JOIN_(a, b) a##b
#define CYCLONE_JOIN(a, b) CYCLONE_JOIN_(a, b)

// CYCLONE_TRY(auto file, open(path));  the value of a result, or return its error from here.
// Declares a variable, so it is a statement of a block and not of an unbraced `if`.
#define CYCLONE_TRY(declaration, expression)                                             \
    auto CYCLONE_JOIN(cyclone_try_, __LINE__) = (expression);                            \
    if (!CYCLONE_JOIN(cyclone_try_, __LINE__))                                           \
        return std::unexpected(std::move(CYCLONE_JOIN(cyclone_try_, __LINE__)).error()); \
    declaration = *std::move(CYCLONE_JOIN(cyclone_try_, __LINE__))

// The same for result<void>: nothing to name.
#define CYCLONE_TRY_VOID(expression)                                                            \
    do {                                                                                        \
        auto cyclone_try_result = (expression);                                                 \
        if (!cyclone_try_result) return std::unexpected(std::move(cyclone_try_result).error()); \
    } while (false)
