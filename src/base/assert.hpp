// Three tiers of assertion, chosen by cost and switched by CYCLONE_CHECK at compile time.
//
//   CYCLONE_ASSERT      tier 1  a few instructions: a caller's mistake or a broken invariant in
//   sight CYCLONE_CHECK_THAT  tier 2  up to O(log n): what a debugging build pays on every call
//   CYCLONE_AUDIT       tier 3  O(n): recompute the whole structure from scratch after every change
//
// CYCLONE_CHECK=0 compiles all of them away (their operands are still type-checked, never run).
// A failure prints one line and ends in the handler, which aborts unless a test has replaced it.
#pragma once

#include <cstdio>
#include <cstdlib>

#ifndef CYCLONE_CHECK
#define CYCLONE_CHECK 1
#endif

namespace cyclone {

/// Receives a failed assertion. It may throw (tests do); if it returns, the program aborts.
using assert_handler = void (*)(const char* expression, const char* file, int line);

inline void print_assertion(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
}

namespace detail {
inline assert_handler current_assert_handler = print_assertion;
}

/// Replaces the handler and returns the one before. Not thread-safe: call it before threads start.
inline assert_handler set_assert_handler(assert_handler handler) noexcept {
    const assert_handler before = detail::current_assert_handler;
    detail::current_assert_handler = handler;
    return before;
}

[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
    detail::current_assert_handler(expression, file, line);
    std::abort();
}

}  // namespace cyclone

#define CYCLONE_DETAIL_TEST(condition) \
    ((condition) ? void() : ::cyclone::assertion_failed(#condition, __FILE__, __LINE__))
#define CYCLONE_DETAIL_SKIP(condition) (false ? void(condition) : void())

#if CYCLONE_CHECK >= 1
#define CYCLONE_ASSERT(condition) CYCLONE_DETAIL_TEST(condition)
#else
#define CYCLONE_ASSERT(condition) CYCLONE_DETAIL_SKIP(condition)
#endif

#if CYCLONE_CHECK >= 2
#define CYCLONE_CHECK_THAT(condition) CYCLONE_DETAIL_TEST(condition)
#else
#define CYCLONE_CHECK_THAT(condition) CYCLONE_DETAIL_SKIP(condition)
#endif

#if CYCLONE_CHECK >= 3
#define CYCLONE_AUDIT(condition) CYCLONE_DETAIL_TEST(condition)
#else
#define CYCLONE_AUDIT(condition) CYCLONE_DETAIL_SKIP(condition)
#endif
