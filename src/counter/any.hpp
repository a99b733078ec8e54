// The type-erased counter: one virtual call an operation, any variant behind it.
//
// Correctness code is compiled once against this; benchmarks never go through it.
#pragma once

#include <memory>

#include "counter/counter.hpp"

namespace cyclone::counter {

/// A handle whose variant is known only at run time. Same semantics as counter.hpp.
class any_handle {
 public:
    any_handle() = default;
    any_handle(const any_handle&) = delete;
    any_handle& operator=(const any_handle&) = delete;
    virtual ~any_handle() = default;

    [[nodiscard]] virtual std::uint64_t next() = 0;
};

/// A counter variant whose type is known only at run time. It outlives its handles.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    [[nodiscard]] virtual std::unique_ptr<any_handle> make_handle() = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;
};

namespace detail {

template <variant V>
class erased_handle final : public any_handle {
 public:
    explicit erased_handle(V& counter) : handle_(counter) {}
    [[nodiscard]] std::uint64_t next() override { return handle_.next(); }

 private:
    typename V::handle handle_;
};

template <variant V>
class erased final : public any {
 public:
    [[nodiscard]] std::unique_ptr<any_handle> make_handle() override {
        return std::make_unique<erased_handle<V>>(counter_);
    }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }

 private:
    V counter_;
};

}  // namespace detail

/// Makes a type-erased V that stands at 0.
template <variant V>
[[nodiscard]] std::unique_ptr<any> make_any() {
    return std::make_unique<detail::erased<V>>();
}

}  // namespace cyclone::counter
