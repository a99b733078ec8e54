// The type-erased timer: one virtual call an operation, any variant behind it.
//
// Correctness code (conformance, property, fuzz, chaos) is compiled once against this; benchmarks
// never go through it. Servers that choose a variant at run time do, once a batch.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "timer/timer.hpp"

namespace cyclone::timer {

/// Nodes of the variant that made them, owned by the caller; must be idle when destroyed.
class node_array {
 public:
    virtual ~node_array() = default;
    [[nodiscard]] virtual entry& operator[](std::size_t index) = 0;
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
};

/// A timer variant whose type is known only at run time. Same semantics as timer.hpp. A node must
/// come from make_nodes() of an object of the same variant.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    virtual void start(entry& node, tick deadline) = 0;
    virtual bool stop(entry& node) = 0;
    virtual void restart(entry& node, tick deadline) = 0;
    virtual std::size_t advance(tick to) = 0;
    [[nodiscard]] virtual tick next_deadline() const = 0;
    [[nodiscard]] virtual tick now() const = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;
    [[nodiscard]] virtual tick lateness_max(tick delta) const = 0;
    [[nodiscard]] virtual std::string check() const = 0;
    [[nodiscard]] virtual std::size_t fixed_bytes() const = 0;
    /// Entries in the structure, those of stopped timers in a lazy scheme among them. size() where
    /// the variant has no held() of its own.
    [[nodiscard]] virtual std::size_t held() const = 0;
    /// Makes room for `pending` timers, as far as the variant's own reserve() promises. False if it
    /// has none. Throws std::bad_alloc.
    virtual bool reserve(std::size_t pending) = 0;
    [[nodiscard]] virtual work_totals work() const = 0;
    [[nodiscard]] virtual bool counts_work() const = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;
    [[nodiscard]] virtual std::size_t node_bytes() const = 0;
    [[nodiscard]] virtual std::unique_ptr<node_array> make_nodes(std::size_t count) const = 0;
};

namespace detail {

template <variant V>
class typed_node_array final : public node_array {
 public:
    explicit typed_node_array(std::size_t count) : nodes_(count) {}
    [[nodiscard]] entry& operator[](std::size_t index) override { return nodes_[index]; }
    [[nodiscard]] std::size_t size() const noexcept override { return nodes_.size(); }

 private:
    std::vector<typename V::node> nodes_;
};

template <variant V>
class erased final : public any {
    using node = typename V::node;

 public:
    explicit erased(tick now) : timers_(now) {}

    void start(entry& e, tick d) override { timers_.start(static_cast<node&>(e), d); }
    bool stop(entry& e) override { return timers_.stop(static_cast<node&>(e)); }
    void restart(entry& e, tick d) override { timers_.restart(static_cast<node&>(e), d); }
    std::size_t advance(tick to) override { return timers_.advance(to); }
    [[nodiscard]] tick next_deadline() const override { return timers_.next_deadline(); }
    [[nodiscard]] tick now() const override { return timers_.now(); }
    [[nodiscard]] std::size_t size() const override { return timers_.size(); }
    [[nodiscard]] tick lateness_max(tick delta) const override { return V::lateness_max(delta); }
    [[nodiscard]] std::string check() const override { return timers_.check(); }
    [[nodiscard]] std::size_t fixed_bytes() const override { return timers_.fixed_bytes(); }
    [[nodiscard]] std::size_t held() const override {
        if constexpr (requires(const V& v) { v.held(); }) return timers_.held();
        return timers_.size();
    }
    bool reserve(std::size_t pending) override {
        constexpr bool k_can = requires(V & v, std::size_t n) { v.reserve(n); };
        if constexpr (k_can) timers_.reserve(pending);
        return k_can;
    }
    [[nodiscard]] work_totals work() const override { return timers_.work().totals(); }
    [[nodiscard]] bool counts_work() const override { return timer::counts_work<V>; }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }
    [[nodiscard]] std::size_t node_bytes() const override { return sizeof(node); }
    [[nodiscard]] std::unique_ptr<node_array> make_nodes(std::size_t count) const override {
        return std::make_unique<typed_node_array<V>>(count);
    }

 private:
    V timers_;
};

}  // namespace detail

/// Makes a type-erased V whose clock stands at `now`.
template <variant V>
[[nodiscard]] std::unique_ptr<any> make_any(tick now) {
    return std::make_unique<detail::erased<V>>(now);
}

}  // namespace cyclone::timer
