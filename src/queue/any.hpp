// The type-erased queue of 64-bit numbers: one virtual call an operation, any variant behind it.
//
// Correctness code is compiled once against this; benchmarks never go through it.
#pragma once

#include <memory>
#include <new>

#include "queue/queue.hpp"

namespace cyclone::queue {

struct options {
    std::size_t capacity = 64;
    std::uint64_t origin = 0;  ///< the first position (S10)
};

/// A queue variant whose type is known only at run time. Same semantics as queue.hpp.
class any {
 public:
    any() = default;
    any(const any&) = delete;
    any& operator=(const any&) = delete;
    virtual ~any() = default;

    [[nodiscard]] virtual bool try_push(std::uint64_t item) = 0;
    [[nodiscard]] virtual popped<std::uint64_t> try_pop() = 0;
    [[nodiscard]] virtual std::size_t capacity() const = 0;
    [[nodiscard]] virtual const traits& declared() const = 0;
};

namespace detail {

template <variant V>
class erased final : public any {
 public:
    explicit erased(const options& how) : queue_(how.capacity, how.origin) {}
    [[nodiscard]] bool try_push(std::uint64_t item) override {
        return queue_.try_push(std::move(item));
    }
    [[nodiscard]] popped<std::uint64_t> try_pop() override { return queue_.try_pop(); }
    [[nodiscard]] std::size_t capacity() const override { return queue_.capacity(); }
    [[nodiscard]] const traits& declared() const override { return V::k_traits; }

 private:
    V queue_;
};

}  // namespace detail

/// Makes a type-erased, empty V. invalid_argument, out_of_range: no such capacity (S5);
/// resource_exhausted: no memory for it.
template <variant V>
[[nodiscard]] result<std::unique_ptr<any>> make_any(const options& how) {
    if (auto holds = capacity_for(V::k_traits, how.capacity); !holds) {
        return std::unexpected(std::move(holds).error());
    }
    try {
        return result<std::unique_ptr<any>>(std::make_unique<detail::erased<V>>(how));
    } catch (const std::bad_alloc&) {
        return fail(
            error_code::resource_exhausted,
            "no memory for a queue of " + std::to_string(how.capacity) + " items: ask for fewer");
    }
}

}  // namespace cyclone::queue
