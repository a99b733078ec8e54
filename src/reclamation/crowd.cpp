// Crowds: real threads on shared structures. What a thread stands on tells whether it is still
// there: disposing of a node marks it, and gives its memory back only if that was asked for.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>

#include "base/cache_line.hpp"
#include "base/rng.hpp"
#include "lab/thread_driver.hpp"
#include "reclamation/check.hpp"

namespace cyclone::reclamation {

namespace {

using count = sync::native::atomic<std::uint64_t>;
constexpr auto k_relaxed = std::memory_order_relaxed;

/// What all threads of a crowd count together, and where the dead lie.
struct book {
    explicit book(bool frees) : give_back(frees) {}
    const bool give_back;
    padded<count> retired;
    padded<count> disposed;
    padded<count> twice;
    padded<any_source> graves;
};

constexpr std::uint64_t k_alive = 0xa11ce;
constexpr std::uint64_t k_gone = 0xdead;

struct item final : any_node {
    item(book& of, std::uint64_t number) : all(&of), content(number), copy(~number) {}

    book* const all;
    const std::uint64_t content;
    const std::uint64_t copy;  ///< its complement: memory used anew would not agree
    any_source next;           ///< in the stack, later in the grave
    count life{k_alive};
    count popped{0};

    static item* of(any_node* node) noexcept { return static_cast<item*>(node); }

    /// Whether this is the node it was when it was found.
    [[nodiscard]] bool is_well() const noexcept {
        return life.load(k_relaxed) == k_alive && content == ~copy;
    }

    static void dispose(any_node* node) noexcept {
        item* const me = of(node);
        book& all = *me->all;
        if (me->life.exchange(k_gone, k_relaxed) != k_alive) {
            all.twice->fetch_add(1, k_relaxed);
            return;
        }
        all.disposed->fetch_add(1, k_relaxed);
        if (all.give_back) {
            delete me;
            return;
        }
        any_node* top = all.graves->load(k_relaxed);
        do {
            me->next.store(top, k_relaxed);
        } while (!all.graves->compare_exchange_weak(top, me, std::memory_order_acq_rel, k_relaxed));
    }
};

/// What one thread does and has seen.
struct alignas(k_no_false_sharing) walker {
    walker(any& domain, book& of, rng draws) : domain_(&domain), all(&of), random(draws) {
        begin();
    }

    void begin() {
        handle = domain_->make_handle();
        outer = handle->make_guard();
        inner = handle->make_guard();
    }
    void end() {
        outer.reset();
        inner.reset();
        handle.reset();
    }
    /// Now and then another handle: threads come and go.
    void come_and_go() {
        end();
        begin();
    }

    [[nodiscard]] item* make() {
        ++made;
        return new item(*all, made);
    }
    void retire(item* node) {
        all->retired->fetch_add(1, k_relaxed);
        handle->retire(node, &item::dispose);
    }
    /// Looks at a node for a while: long enough for somebody to take it away.
    void look_at(const item* node) {
        ++reads;
        faults += node->is_well() ? 0 : 1;
        if (random.uniform(8) == 0) widen_window<sync::native>();
        faults += node->is_well() ? 0 : 1;
    }
    void note_backlog() {
        // In this order: what happens in between makes the difference too small, never too large.
        const std::uint64_t went = all->retired->load(std::memory_order_acquire);
        const std::uint64_t gone = all->disposed->load(k_relaxed);
        if (went > gone) backlog_most = std::max(backlog_most, went - gone);
    }

    any* domain_;
    book* all;
    rng random;
    std::unique_ptr<any_handle> handle;
    std::unique_ptr<any_guard> outer;
    std::unique_ptr<any_guard> inner;
    std::uint64_t made = 0;
    std::uint64_t reads = 0;
    std::uint64_t faults = 0;
    std::uint64_t backlog_most = 0;
};

class cells {
 public:
    void step(walker& me) {
        any_source& here = words_[me.random.uniform(words_.size())];
        if (me.random.uniform(4) != 0) {
            if (any_node* const got = me.outer->protect(here)) me.look_at(item::of(got));
            // What one guard holds stays while another one walks on.
            if (me.random.uniform(4) == 0) nested(me);
            me.outer->release();
            return;
        }
        any_node* const old = here.exchange(me.make(), std::memory_order_acq_rel);
        if (old != nullptr) me.retire(item::of(old));
    }

    /// The nodes still there, which nobody else can reach any more.
    [[nodiscard]] std::uint64_t clear() {
        std::uint64_t linked = 0;
        for (any_source& word : words_) {
            any_node* const last = word.exchange(nullptr, std::memory_order_acquire);
            if (last == nullptr) continue;
            ++linked;
            delete item::of(last);
        }
        return linked;
    }

 private:
    void nested(walker& me) {
        any_node* const first = me.outer->protect(words_[0]);
        any_node* const second = me.inner->protect(words_[1]);
        if (second != nullptr) me.look_at(item::of(second));
        me.inner->release();
        if (first != nullptr) me.look_at(item::of(first));
    }

    std::array<any_source, 4> words_;
};

class stack {
 public:
    void step(walker& me) {
        if (me.random.uniform(2) == 0) {
            push(me.make());
        } else {
            pop(me);
        }
    }
    [[nodiscard]] std::uint64_t clear() {
        std::uint64_t linked = 0;
        any_node* at = head_.exchange(nullptr, std::memory_order_acquire);
        while (at != nullptr) {
            item* const one = item::of(at);
            at = one->next.load(k_relaxed);
            if (one->life.load(k_relaxed) == k_alive) ++linked;  // else it lies in a grave
            if (one->life.load(k_relaxed) == k_alive) delete one;
        }
        return linked;
    }

 private:
    void push(item* node) {
        any_node* top = head_.load(k_relaxed);
        do {
            node->next.store(top, k_relaxed);
        } while (!head_.compare_exchange_weak(top, node, std::memory_order_release, k_relaxed));
    }
    void pop(walker& me) {
        for (;;) {
            any_node* top = me.outer->protect(head_);
            if (top == nullptr) break;
            item* const mine = item::of(top);
            me.look_at(mine);
            any_node* const next = mine->next.load(k_relaxed);
            if (!head_.compare_exchange_strong(top, next, std::memory_order_acq_rel, k_relaxed))
                continue;
            if (mine->popped.exchange(1, k_relaxed) != 0) me.all->twice->fetch_add(1, k_relaxed);
            me.retire(mine);
            break;
        }
        me.outer->release();
    }

    any_source head_;
};

template <class Structure>
crowd_report run(factory make, const effort& how) {
    book all(how.give_back);
    auto domain = make({.participants = how.threads + 1, .guards = 2});
    Structure shared;
    auto team = lab::thread_team::start(how.threads, {});
    if (!team) throw std::runtime_error(to_string(team.error()));
    std::vector<std::unique_ptr<walker>> walkers;
    for (unsigned i = 0; i < how.threads; ++i)
        walkers.push_back(std::make_unique<walker>(*domain, all, rng(how.seed).stream(i)));
    (*team)->run([&](unsigned index, lab::stop_flag&) {
        walker& me = *walkers[index];
        for (std::uint64_t step = 1; step <= how.steps; ++step) {
            shared.step(me);
            if (step % 8 == 0) me.handle->rest();
            if (step % 64 == 0) me.note_backlog();
            if (step % 512 == 0) me.handle->flush();
            if (step % 1024 == 0) me.come_and_go();
        }
        me.end();
        return lab::tally{how.steps, 0};
    });
    domain.reset();
    crowd_report got;
    for (const auto& one : walkers) {
        got.made += one->made;
        got.reads += one->reads;
        got.faults += one->faults;
        got.backlog_most = std::max(got.backlog_most, one->backlog_most);
    }
    got.disposed = all.disposed->load(k_relaxed);
    got.twice = all.twice->load(k_relaxed);
    got.linked = shared.clear();
    any_node* grave = all.graves->exchange(nullptr, std::memory_order_acquire);
    while (grave != nullptr) {
        item* const dead = item::of(grave);
        grave = dead->next.load(k_relaxed);
        delete dead;
    }
    return got;
}

}  // namespace

crowd_report record_crowd(factory make, structure what, const effort& how) {
    return what == structure::cells ? run<cells>(make, how) : run<stack>(make, how);
}

finding judge(const crowd_report& got, std::uint64_t backlog_max) {
    if (got.faults > 0)
        return fmt::format("S1: {} looks at a node that was gone, of {}", got.faults, got.reads);
    if (got.twice > 0) return fmt::format("S3: {} nodes went twice", got.twice);
    if (got.disposed + got.linked != got.made) {
        return fmt::format("S4: {} nodes made, {} disposed of, {} still linked", got.made,
                           got.disposed, got.linked);
    }
    if (backlog_max != k_unbounded && got.backlog_most > backlog_max)
        return fmt::format("S6: {} nodes waited, {} promised", got.backlog_most, backlog_max);
    return {};
}

finding run_crowds(factory make, const effort& how) {
    const std::uint64_t most = make({.participants = how.threads + 1, .guards = 2})->backlog_max();
    for (const structure what : {structure::cells, structure::stack}) {
        finding found = judge(record_crowd(make, what, how), most);
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace cyclone::reclamation
