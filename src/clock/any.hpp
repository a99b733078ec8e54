// The type-erased clock: one virtual call an operation, any variant behind it.
//
// Correctness code and simulations in virtual time are compiled against this; nothing timed is.
#pragma once

#include <memory>
#include <string>

#include "clock/clock.hpp"

namespace cyclone::clock {

/// A clock variant whose type is known only at run time. Same semantics as clock.hpp.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    virtual void observe(const sample& s) = 0;
    [[nodiscard]] virtual ns now(ns local) const = 0;
    [[nodiscard]] virtual ns error_bound(ns local) const = 0;
    [[nodiscard]] virtual std::string check() const = 0;
    [[nodiscard]] virtual work_totals work() const = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;
};

namespace detail {

template <variant V>
class erased final : public any {
 public:
    erased(const settings& how, const sample& first) : clock_(how, first) {}
    void observe(const sample& s) override { clock_.observe(s); }
    [[nodiscard]] ns now(ns local) const override { return clock_.now(local); }
    [[nodiscard]] ns error_bound(ns local) const override { return clock_.error_bound(local); }
    [[nodiscard]] std::string check() const override { return clock_.check(); }
    [[nodiscard]] work_totals work() const override { return clock_.work().totals(); }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }

 private:
    V clock_;
};

}  // namespace detail

/// Makes a type-erased V, born from `first`.
template <variant V>
[[nodiscard]] std::unique_ptr<any> make_any(const settings& how, const sample& first) {
    return std::make_unique<detail::erased<V>>(how, first);
}

}  // namespace cyclone::clock
