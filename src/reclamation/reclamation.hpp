// The reclamation contract: when memory that threads share may be given back, in one page. Read
// this before writing a variant.
//
// A structure without locks unlinks a node while another thread may still stand on it. A domain
// keeps such nodes until nobody can: readers say what they stand on (a guard), writers hand over
// what they have unlinked (retire), and the domain disposes of it when no guard can reach it.
//
// A thread works through a handle of its own. Nodes derive from retirable<Sync> (retired.hpp), so
// that to retire one allocates nothing.
//
//   V domain(limits{.participants = 8});          // shared, outlives all handles
//   V::handle me(domain);                         // one a thread
//   V::guard guard(me);                           // on the stack, like a lock guard
//   my_node* top = guard.protect(head_);          // stays valid until guard.release()
//   ... unlink top ...
//   retire(me, top);                              // disposed of by Sync::dispose, some time
//
// Semantics (the tests cite these by number):
//   S1  guard.protect(from) returns what `from` holds at a moment within the call, with acquire
//       order, and what it returned is not disposed of before the guard gives it up: by release(),
//       by its next protect(), by its end. Null protects nothing.
//   S2  A variant that declares protects::region holds more: of all that is retired after a guard's
//       protect() nothing is disposed of before that guard's release() or end, so that a node found
//       through another one is held too. With protects::pointer a node is held only if `from` is
//       where it was unlinked from: what an unlinked node points to may be gone already.
//   S3  retire() is called once a node, after it was unlinked: no protect() that begins then finds
//       it. It may be called under guards, the caller's own on that very node too. The node is
//       disposed of once, by some thread's retire(), flush() or release(), or at S4.
//   S4  The destruction of a domain disposes of all that was retired. Its handles have gone before.
//   S5  A round: every handle rests (S8), then one of them calls flush(). While no guard holds
//       anything, `rounds` of them dispose of all that this handle has retired, and of what handles
//       that have gone left. (`frees` false: S4 is all there is.)
//   S6  A variant that declares itself `bounded` never keeps more than backlog_max(limits) nodes
//       that were retired and not disposed of, whoever stands still, wherever. The others may keep
//       all that was retired since a guard that is still there began.
//   S7  At most limits.participants handles at a time: one more is std::length_error. A handle goes
//       with its guards gone; what it had retired stays with the domain (S4, S5). At most
//       limits.guards guards of a handle at a time.
//   S8  rest() says that the caller holds nothing. It is called while no guard of the handle holds
//       anything; variants that declare needs_rest dispose of nothing until every handle did so,
//       the others take it for nothing. A thread that is outside of calls and whose guards hold
//       nothing then holds nobody up, S6 aside from needs_rest.
//   S9  Disposing of a node does not call into the domain.
//
// Thread-safety: a domain is shared; a handle and its guards belong to one thread at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "base/sync.hpp"
#include "reclamation/retired.hpp"

namespace cyclone::reclamation {

enum class protects : std::uint8_t {
    pointer,  ///< a guard holds the node that it returned, and no other
    region,   ///< a guard holds whatever is retired while it lasts
};

enum class progress : std::uint8_t {
    wait_free,  ///< every call ends in a bounded number of its own steps, disposing apart
    lock_free,  ///< some call always ends; a single one may lose for ever
    blocking,   ///< a thread stopped inside stops others
};

inline constexpr std::uint64_t k_unbounded = std::numeric_limits<std::uint64_t>::max();

/// What a domain is made for. Memory and the cost of looking for holders grow with both.
struct limits {
    static constexpr unsigned k_guards_max = 4;
    static constexpr unsigned k_participants_max = 4096;

    unsigned participants = 64;      ///< handles at a time
    unsigned guards = k_guards_max;  ///< guards of a handle at a time, 1 to k_guards_max
};

/// What a variant declares about itself. The tests hold it to every line but progress.
struct traits {
    protects reach = protects::pointer;
    std::uint64_t holds = 1;  ///< nodes that one guard can hold; k_unbounded for a region
    progress protecting = progress::blocking;
    progress retiring = progress::blocking;
    bool bounded = false;     ///< S6
    bool frees = true;        ///< before the end of the domain
    bool needs_rest = false;  ///< S8
    unsigned rounds = 1;      ///< S5
};

/// The limits if a domain can be made of them; else std::invalid_argument that says what is wrong.
[[nodiscard]] inline const limits& checked(const limits& how) {
    if (how.participants == 0 || how.participants > limits::k_participants_max) {
        throw std::invalid_argument("reclamation: limits.participants is " +
                                    std::to_string(how.participants) + ": give 1 to " +
                                    std::to_string(limits::k_participants_max));
    }
    if (how.guards == 0 || how.guards > limits::k_guards_max) {
        throw std::invalid_argument("reclamation: limits.guards is " + std::to_string(how.guards) +
                                    ": give 1 to " + std::to_string(limits::k_guards_max));
    }
    return how;
}

/// What a domain says when there is no place for one more handle (S7).
[[noreturn]] inline void refuse_handle(const limits& how) {
    throw std::length_error("reclamation: all " + std::to_string(how.participants) +
                            " places of the domain are taken: make it with more "
                            "limits.participants, or let a handle go first");
}

/// Retires a node that Sync::make made.
template <class Handle, class T>
void retire(Handle& handle, T* node) noexcept(Handle::policy::k_nothrow) {
    using sync_policy = typename Handle::policy;
    static_assert(std::derived_from<T, retirable<sync_policy>>,
                  "a node derives from cyclone::reclamation::retirable of the domain's policy");
    handle.retire(node,
                  [](retirable<sync_policy>* old) { sync_policy::dispose(static_cast<T*>(old)); });
}

/// For seeded bugs only: opens the window of a race wide enough for a short test to fall into it.
/// Under a policy that is not native it does nothing: an explorer needs no luck.
template <sync::policy Sync>
inline void widen_window() {
    if constexpr (std::same_as<Sync, sync::native>) std::this_thread::yield();
}

// clang-format off
template <class V>
concept variant = requires(typename V::handle& handle, typename V::guard& guard,
                           const typename V::policy::template atomic<
                               retirable<typename V::policy>*>& from,
                           retirable<typename V::policy>* node,
                           typename retirable<typename V::policy>::disposer how,
                           const limits& wanted) {
    requires std::same_as<decltype(V::k_traits), const traits>;
    requires std::constructible_from<V, const limits&>;
    requires std::constructible_from<typename V::handle, V&>;
    requires std::constructible_from<typename V::guard, typename V::handle&>;
    { guard.protect(from) } -> std::same_as<retirable<typename V::policy>*>;
    { guard.release() } -> std::same_as<void>;
    { handle.retire(node, how) } -> std::same_as<void>;
    { handle.flush() } -> std::same_as<void>;
    { handle.rest() } -> std::same_as<void>;
    { V::backlog_max(wanted) } -> std::same_as<std::uint64_t>;
};
// clang-format on

[[nodiscard]] constexpr std::string_view name_of(protects p) noexcept {
    return p == protects::pointer ? "pointer" : "region";
}
[[nodiscard]] constexpr std::string_view name_of(progress p) noexcept {
    return p == progress::wait_free   ? "wait_free"
           : p == progress::lock_free ? "lock_free"
                                      : "blocking";
}

}  // namespace cyclone::reclamation
