// The floor: protect is the load itself, and what is retired is disposed of at once. It keeps no
// promise of the contract; the workloads it is run on have readers where nothing is retired and
// writers where nobody reads, so that it does no harm there. Its cost is that of the loop, the
// load, and of making and ending a node.
#pragma once

#include "base/work.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

template <class Work = no_work, int Mutant = 0>
class floor {
 public:
    using policy = sync::native;
    using node = retirable<>;
    static constexpr traits k_traits{.reach = protects::pointer,
                                     .holds = 1,
                                     .protecting = progress::wait_free,
                                     .retiring = progress::wait_free,
                                     .bounded = true};

    [[nodiscard]] static constexpr std::uint64_t backlog_max(const limits&) noexcept { return 0; }
    explicit floor(const limits& = {}) noexcept {}

    class handle {
     public:
        using policy = sync::native;
        explicit handle(floor&) noexcept {}
        void retire(node* what, node::disposer how) noexcept { how(what); }
        void flush() noexcept {}
        void rest() noexcept {}
    };

    class guard {
     public:
        explicit guard(handle&) noexcept {}
        template <class Source>
        [[nodiscard]] auto protect(const Source& from) noexcept {
            return from.load(std::memory_order_acquire);
        }
        void release() noexcept {}
    };
};

}  // namespace cyclone::reclamation
