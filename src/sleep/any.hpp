// The type-erased sleeper: one virtual call an operation, any variant behind it.
//
// Correctness code is compiled once against this; what is timed never goes through it.
#pragma once

#include <memory>

#include "sleep/sleep.hpp"

namespace cyclone::sleep {

/// A sleeper whose type is known only at run time. Same semantics as sleep.hpp.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    [[nodiscard]] virtual result<woke> sleep_until(ns deadline) = 0;
    virtual void wake() noexcept = 0;
    [[nodiscard]] virtual std::uint64_t calls() const = 0;
    [[nodiscard]] virtual bool counts() const = 0;  ///< whether calls() does
    [[nodiscard]] virtual const traits& declared() const = 0;
};

namespace detail {

template <variant V, bool Counts>
class erased final : public any {
 public:
    result<void> open() { return sleeper_.open(); }
    [[nodiscard]] result<woke> sleep_until(ns deadline) override {
        return sleeper_.sleep_until(deadline);
    }
    void wake() noexcept override { sleeper_.wake(); }
    [[nodiscard]] std::uint64_t calls() const override { return sleeper_.calls(); }
    [[nodiscard]] bool counts() const override { return Counts; }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }

 private:
    V sleeper_;
};

}  // namespace detail

/// Makes a type-erased V and opens it.
template <variant V>
[[nodiscard]] result<std::unique_ptr<any>> make_any() {
    auto made = std::make_unique<detail::erased<V, V::k_counts>>();
    CYCLONE_TRY_VOID(made->open());
    return result<std::unique_ptr<any>>(std::move(made));
}

}  // namespace cyclone::sleep
