// Programs: sequences of operations of three handles on one thread, in step with a model. The model
// is the plain truth: which node each guard got, which nodes were retired; no order of operations
// may contradict it.

#include <array>
#include <fmt/format.h>

#include "base/rng.hpp"
#include "reclamation/check.hpp"
#include "reclamation/probe.hpp"

namespace cyclone::reclamation {

namespace {

constexpr unsigned k_handles = 3;
constexpr unsigned k_guards = 2;
constexpr unsigned k_sources = 3;
constexpr limits k_limits{.participants = k_handles, .guards = k_guards};

/// The order of declaration is the order in which all this may end.
class machine {
 public:
    explicit machine(factory make) : domain_(make(k_limits)) {
        for (unsigned h = 0; h < k_handles; ++h) come(h);
        for (any_source& s : sources_) s.store(book_.make(), std::memory_order_relaxed);
    }

    /// One operation. What it broke, or nothing.
    finding step(std::uint8_t what, std::uint8_t who, std::uint8_t where) {
        const unsigned h = who % k_handles;
        const unsigned g = who / k_handles % k_guards;
        any_source& from = sources_[where % k_sources];
        switch (what % 10) {
            case 0:
            case 1:
            case 2: return protect(h, g, from);
            case 3: release(h, g); break;
            case 4:
            case 5: replace(h, from, book_.make()); break;
            case 6: replace(h, from, nullptr); break;
            case 7: burst(h, from, where); break;
            case 8: tend(h, where); break;
            default: leave_or_come(h); break;
        }
        return judge();
    }

    /// The end: first what S5 promises, then what S4 does.
    finding finish() {
        for (unsigned h = 0; h < k_handles; ++h) {
            for (unsigned g = 0; g < k_guards; ++g) release(h, g);
            come(h);
        }
        for (unsigned round = 0; round < domain_->declared().rounds; ++round) {
            for (unsigned h = 0; h < k_handles; ++h) {
                for (one_handle& each : handles_) each.handle->rest();
                handles_[h].handle->flush();
            }
        }
        if (finding found = judge(); !found.empty()) return found;
        if (domain_->declared().frees && book_.backlog() != 0)
            return fmt::format("S5: {} nodes are kept although nothing is held", book_.backlog());
        for (one_handle& each : handles_) leave(each);
        domain_.reset();
        for (const probe& p : book_.all()) {
            if (p.disposed != p.retired) return "S4: the end did not dispose of each node once";
        }
        return {};
    }

 private:
    struct one_guard {
        std::unique_ptr<any_guard> guard;
        probe* got = nullptr;
    };
    struct one_handle {
        std::unique_ptr<any_handle> handle;
        std::array<one_guard, k_guards> guards;
        [[nodiscard]] bool holds() const {
            for (const one_guard& g : guards) {
                if (g.got != nullptr) return true;
            }
            return false;
        }
    };

    void come(unsigned h) {
        one_handle& me = handles_[h];
        if (me.handle != nullptr) return;
        me.handle = domain_->make_handle();
        for (one_guard& g : me.guards) g.guard = me.handle->make_guard();
    }
    static void leave(one_handle& me) {
        for (one_guard& g : me.guards) g = {};
        me.handle.reset();
    }
    void leave_or_come(unsigned h) {
        if (handles_[h].handle == nullptr) {
            come(h);
        } else {
            leave(handles_[h]);
        }
    }

    finding protect(unsigned h, unsigned g, any_source& from) {
        if (handles_[h].handle == nullptr) return {};
        one_guard& mine = handles_[h].guards[g];
        any_node* const there = from.load(std::memory_order_relaxed);
        any_node* const got = mine.guard->protect(from);
        mine.got = got == nullptr ? nullptr : probe::of(got);
        if (got != there) return "S1: protect returned what the source does not hold";
        return judge();
    }
    void release(unsigned h, unsigned g) {
        if (handles_[h].handle == nullptr) return;
        one_guard& mine = handles_[h].guards[g];
        mine.got = nullptr;
        mine.guard->release();
    }
    void replace(unsigned h, any_source& where, any_node* next) {
        if (handles_[h].handle == nullptr) return;
        any_node* const old = where.exchange(next, std::memory_order_relaxed);
        if (old != nullptr) book_.retire(*handles_[h].handle, old);
    }
    /// Enough to make a handle look what it can dispose of, without being asked.
    void burst(unsigned h, any_source& where, std::uint8_t size) {
        for (unsigned i = 0; i < size; ++i) replace(h, where, book_.make());
    }
    void tend(unsigned h, std::uint8_t how) {
        one_handle& me = handles_[h];
        if (me.handle == nullptr) return;
        if (how % 2 == 0 && !me.holds()) {
            // A guard that got null may still pin: S8 asks for guards that hold nothing.
            for (one_guard& g : me.guards) g.guard->release();
            me.handle->rest();
        }
        me.handle->flush();
    }

    /// What must be true after every operation.
    [[nodiscard]] finding judge() const {
        for (const one_handle& each : handles_) {
            for (const one_guard& g : each.guards) {
                if (g.got != nullptr && g.got->disposed > 0)
                    return "S1: a node was disposed of while a guard held it";
            }
        }
        for (const probe& p : book_.all()) {
            if (p.disposed > p.retired) return "S3: disposed of twice, or never retired";
        }
        const std::uint64_t most = domain_->backlog_max();
        if (most != k_unbounded && book_.backlog() > most)
            return fmt::format("S6: {} nodes wait, {} were promised", book_.backlog(), most);
        return {};
    }

    probe_book book_;
    std::unique_ptr<any> domain_;
    std::array<any_source, k_sources> sources_;
    std::array<one_handle, k_handles> handles_;
};

}  // namespace

finding run_program(factory make, std::span<const std::uint8_t> program) {
    machine m(make);
    for (std::size_t at = 0; at + 3 <= program.size(); at += 3) {
        finding found = m.step(program[at], program[at + 1], program[at + 2]);
        if (!found.empty()) return fmt::format("{} (operation {})", found, at / 3);
    }
    return m.finish();
}

finding run_programs(factory make, std::uint64_t seed, std::uint64_t count, std::size_t longest) {
    rng random(seed);
    std::vector<std::uint8_t> program;
    for (std::uint64_t i = 0; i < count; ++i) {
        program.resize(3 * random.uniform(longest + 1));
        for (std::uint8_t& byte : program) byte = static_cast<std::uint8_t>(random.uniform(256));
        finding found = run_program(make, program);
        if (!found.empty()) return fmt::format("{} of program {}", found, i);
    }
    return {};
}

}  // namespace cyclone::reclamation
