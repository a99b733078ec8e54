// The type-erased waker: one virtual call an operation, any variant behind it.
//
// Correctness code is compiled once against this; what is timed never goes through it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "wake/wake.hpp"

namespace cyclone::wake {

/// A waker whose type is known only at run time. Same semantics as wake.hpp.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    [[nodiscard]] virtual key prepare() = 0;
    virtual void cancel(key seen) = 0;
    virtual void sleep(key seen) = 0;
    virtual void notify_one() = 0;
    virtual void notify_all() = 0;
    /// wake::await().
    virtual void await(const std::function<bool()>& look) = 0;
    [[nodiscard]] virtual std::uint64_t asks() const = 0;
    [[nodiscard]] virtual bool counts() const = 0;  ///< whether asks() does
    [[nodiscard]] virtual const traits& declared() const = 0;
};

namespace detail {

template <variant V>
class erased final : public any {
 public:
    [[nodiscard]] result<void> open() { return waker_.open(); }
    [[nodiscard]] key prepare() override { return waker_.prepare(); }
    void cancel(key seen) override { waker_.cancel(seen); }
    void sleep(key seen) override { waker_.sleep(seen); }
    void notify_one() override { waker_.notify_one(); }
    void notify_all() override { waker_.notify_all(); }
    void await(const std::function<bool()>& look) override { wake::await(waker_, look); }
    [[nodiscard]] std::uint64_t asks() const override { return waker_.asks(); }
    [[nodiscard]] bool counts() const override { return V::k_counts; }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }

 private:
    V waker_;
};

}  // namespace detail

/// Makes a type-erased V and opens it.
template <variant V>
[[nodiscard]] result<std::unique_ptr<any>> make_any() {
    auto made = std::make_unique<detail::erased<V>>();
    CYCLONE_TRY_VOID(made->open());
    return result<std::unique_ptr<any>>(std::move(made));
}

}  // namespace cyclone::wake
