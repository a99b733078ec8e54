#pragma once
// Three small algorithms over a sync policy, for the tests of the policies. Each says how many
// steps an undisturbed operation takes; the tests hold the policy to that.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace cyclone::test {

// One producer, one consumer, two cells. Free-running indices; a cell belongs to the producer
// until tail_ passes it and to the consumer until head_ does.
template <class Sync>
class spsc_ring {
 public:
    static constexpr std::uint64_t k_push_steps = 4;

    bool push(int item) noexcept(Sync::k_nothrow) {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == k_cells) return false;
        cells_[tail % k_cells].set(item);
        tail_.store(tail + 1, std::memory_order_release);  // pairs with the acquire in pop
        return true;
    }

    std::optional<int> pop() noexcept(Sync::k_nothrow) {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (tail_.load(std::memory_order_acquire) == head) return std::nullopt;
        const int item = cells_[head % k_cells].get();
        head_.store(head + 1, std::memory_order_release);  // pairs with the acquire in push
        return item;
    }

 private:
    static constexpr std::size_t k_cells = 2;
    typename Sync::template atomic<std::size_t> head_;
    typename Sync::template atomic<std::size_t> tail_;
    typename Sync::template var<int> cells_[k_cells];
};

struct node {
    int value = 0;
    node* next = nullptr;
};

// Treiber's stack of nodes that outlive it.
template <class Sync>
class treiber_stack {
 public:
    static constexpr std::uint64_t k_push_steps = 2;

    void push(node& n) noexcept(Sync::k_nothrow) {
        n.next = head_.load(std::memory_order_relaxed);
        while (!head_.compare_exchange_strong(n.next, &n, std::memory_order_release,
                                              std::memory_order_relaxed)) {
        }
    }

    node* pop() noexcept(Sync::k_nothrow) {
        node* top = head_.load(std::memory_order_acquire);
        while (top != nullptr &&
               !head_.compare_exchange_strong(top, top->next, std::memory_order_acquire,
                                              std::memory_order_acquire)) {
        }
        return top;
    }

 private:
    typename Sync::template atomic<node*> head_;
};

// Blocking on purpose: what it does when its holder dies is the opposite of the stack.
template <class Sync>
class spin_lock {
 public:
    bool try_lock() noexcept(Sync::k_nothrow) {
        return held_.exchange(1, std::memory_order_acquire) == 0;
    }
    void unlock() noexcept(Sync::k_nothrow) { held_.store(0, std::memory_order_release); }

 private:
    typename Sync::template atomic<int> held_;
};

template <class Sync>
class guard {
 public:
    explicit guard(spin_lock<Sync>& lock) noexcept(Sync::k_nothrow) : lock_(lock) {
        while (!lock_.try_lock()) Sync::pause();
    }
    ~guard() noexcept(Sync::k_nothrow) { lock_.unlock(); }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

 private:
    spin_lock<Sync>& lock_;
};

}  // namespace cyclone::test
