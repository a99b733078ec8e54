// Nodes that remember what became of them, for checks with one thread. The book keeps their memory
// to its own end: that a node is gone can then be asked of the node.
#pragma once

#include <cstdint>
#include <deque>

#include "reclamation/any.hpp"

namespace cyclone::reclamation {

struct probe : any_node {
    unsigned retired = 0;
    unsigned disposed = 0;

    static probe* of(any_node* node) noexcept { return static_cast<probe*>(node); }
    static void dispose(any_node* node) noexcept { ++of(node)->disposed; }
};

class probe_book {
 public:
    [[nodiscard]] probe* make() { return &all_.emplace_back(); }

    /// Hands a node over, as retire() does.
    void retire(any_handle& by, any_node* node) {
        ++probe::of(node)->retired;
        by.retire(node, &probe::dispose);
    }

    [[nodiscard]] const std::deque<probe>& all() const noexcept { return all_; }
    [[nodiscard]] std::uint64_t backlog() const noexcept {
        std::uint64_t waiting = 0;
        for (const probe& p : all_) waiting += p.retired > p.disposed ? 1 : 0;
        return waiting;
    }

 private:
    std::deque<probe> all_;
};

}  // namespace cyclone::reclamation
