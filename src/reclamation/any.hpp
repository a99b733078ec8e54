// The type-erased domain: one virtual call an operation, any variant behind it.
//
// Correctness code is compiled once against this; benchmarks never go through it.
#pragma once

#include <memory>

#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

using any_node = retirable<>;
using any_source = sync::native::atomic<any_node*>;

/// A guard whose variant is known only at run time. Same semantics as reclamation.hpp.
class any_guard {
 public:
    any_guard() = default;
    any_guard(const any_guard&) = delete;
    any_guard& operator=(const any_guard&) = delete;
    virtual ~any_guard() = default;

    [[nodiscard]] virtual any_node* protect(const any_source& from) = 0;
    virtual void release() = 0;
};

/// It outlives its guards.
class any_handle {
 public:
    any_handle() = default;
    any_handle(const any_handle&) = delete;
    any_handle& operator=(const any_handle&) = delete;
    virtual ~any_handle() = default;

    [[nodiscard]] virtual std::unique_ptr<any_guard> make_guard() = 0;
    virtual void retire(any_node* node, any_node::disposer how) = 0;
    virtual void flush() = 0;
    virtual void rest() = 0;
};

/// It outlives its handles.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    [[nodiscard]] virtual std::unique_ptr<any_handle> make_handle() = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;
    [[nodiscard]] virtual std::uint64_t backlog_max() const = 0;
};

namespace detail {

template <variant V>
class erased_guard final : public any_guard {
 public:
    explicit erased_guard(typename V::handle& owner) : guard_(owner) {}
    [[nodiscard]] any_node* protect(const any_source& from) override {
        return guard_.protect(from);
    }
    void release() override { guard_.release(); }

 private:
    typename V::guard guard_;
};

template <variant V>
class erased_handle final : public any_handle {
 public:
    explicit erased_handle(V& domain) : handle_(domain) {}
    [[nodiscard]] std::unique_ptr<any_guard> make_guard() override {
        return std::make_unique<erased_guard<V>>(handle_);
    }
    void retire(any_node* node, any_node::disposer how) override { handle_.retire(node, how); }
    void flush() override { handle_.flush(); }
    void rest() override { handle_.rest(); }

 private:
    typename V::handle handle_;
};

template <variant V>
class erased final : public any {
 public:
    explicit erased(const limits& how) : domain_(how), backlog_max_(V::backlog_max(how)) {}
    [[nodiscard]] std::unique_ptr<any_handle> make_handle() override {
        return std::make_unique<erased_handle<V>>(domain_);
    }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }
    [[nodiscard]] std::uint64_t backlog_max() const override { return backlog_max_; }

 private:
    V domain_;
    std::uint64_t backlog_max_;
};

}  // namespace detail

/// Makes a type-erased V.
template <variant V>
[[nodiscard]] std::unique_ptr<any> make_any(const limits& how) {
    return std::make_unique<detail::erased<V>>(how);
}

}  // namespace cyclone::reclamation
