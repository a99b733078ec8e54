// Random litmus programs.
#include "draw.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

namespace cyclone::model::test {

using litmus::action;
using litmus::instruction;
using litmus::program;

program program_of(const std::string& text) {
    litmus::parsed p = litmus::parse(text);
    if (!p.value) FAIL(text << ": " << p.error);
    return std::move(*p.value);
}

namespace {

class drawer {
 public:
    drawer(rng& random, flavour how) : random_(random), how_(how) {}

    program run() { return one_in(2) ? cycle() : anything(); }

 private:
    /// Each thread goes from one location to the next, perhaps over a fence, and the last back to
    /// the first: what the axioms forbid are cycles of this kind (the method of Alglave's diy).
    /// Now and then a further write of the same location, or a read-modify-write by another thread.
    program cycle() {
        program p;
        const std::size_t threads = 2 + pick(2);
        for (std::size_t k = 0; k < threads; ++k) add_location(p);
        for (std::size_t t = 0; t < threads; ++t) {
            auto& thread = begin_thread(p);
            thread.push_back(access_to(t, one_in(2) ? action::load : action::store));
            if (one_in(2)) thread.push_back(fence());
            const std::size_t next = (t + 1) % threads;
            thread.push_back(access_to(next, pick_of({action::load, action::store, action::add})));
            if (one_in(4)) thread.push_back(access_to(next, action::store));
        }
        if (threads == 2 && one_in(3)) {
            auto& thread = begin_thread(p);
            thread.push_back(access_to(pick(2), pick_of({action::add, action::cas, action::load})));
        }
        return p;
    }

    program anything() {
        program p;
        const std::size_t threads = 2 + pick(2);
        const std::size_t atomics = 1 + pick(10) / 4;  // mostly two
        for (std::size_t k = 0; k < atomics; ++k) add_location(p);
        if (how_ == flavour::any && one_in(6)) p.locations.push_back({"d", true});
        for (std::size_t t = 0; t < threads; ++t) {
            auto& thread = begin_thread(p);
            const std::size_t length = 2 + pick(threads == 2 ? 3 : 2);
            for (std::size_t n = 0; n < length; ++n) thread.push_back(draw_one(p));
        }
        return p;
    }

    static void add_location(program& p) {
        p.locations.push_back({std::string(1, static_cast<char>('x' + p.locations.size())), false});
    }
    std::vector<instruction>& begin_thread(program& p) {
        weak_ = false;
        readers_ = 0;
        return p.threads.emplace_back();
    }
    action pick_of(std::initializer_list<action> fit) { return *(fit.begin() + pick(fit.size())); }

    std::size_t pick(std::size_t bound) { return random_.uniform(bound); }
    bool one_in(std::size_t n) { return pick(n) == 0; }

    std::memory_order order_of(std::initializer_list<std::memory_order> fit) {
        constexpr auto k_sc = std::memory_order_seq_cst;
        if (how_ == flavour::sc) return k_sc;
        const std::size_t n = pick(fit.size() + (how_ == flavour::any ? 1 : 0));
        return n == fit.size() ? k_sc : *(fit.begin() + n);
    }

    action draw_action(const program& p) {
        if (p.locations.back().plain && one_in(4)) return one_in(2) ? action::get : action::set;
        const std::size_t n = pick(32);
        if (n < 11) return action::load;
        if (n < 20) return action::store;
        if (n < 22) return action::exchange;
        if (n < 24) return action::add;
        if (n < 27) return action::cas;
        if (n < 28 && !weak_) return action::weak;
        return action::fence;
    }

    litmus::operand draw_value() {
        litmus::operand v;
        if (readers_ > 0 && one_in(7)) v.reg = static_cast<std::uint8_t>(pick(readers_));
        v.plus = 1 + pick(3);
        return v;
    }

    instruction fence() {
        instruction i;
        i.what = action::fence;
        // Without seq_cst accesses fences of that order still are in the fragment.
        const bool sc = how_ == flavour::sc || one_in(how_ == flavour::weak ? 4 : 2);
        i.order = sc ? std::memory_order_seq_cst
                     : order_of({std::memory_order_acquire, std::memory_order_release,
                                 std::memory_order_acq_rel});
        return i;
    }

    instruction access_to(std::size_t where, action what) {
        constexpr auto rlx = std::memory_order_relaxed, acq = std::memory_order_acquire,
                       rel = std::memory_order_release, both = std::memory_order_acq_rel;
        instruction i;
        i.what = what;
        i.where = static_cast<std::uint8_t>(where);
        if (what == action::load)
            i.order = order_of({rlx, acq});
        else if (what == action::store)
            i.order = order_of({rlx, rel});
        else if (!litmus::is_plain(what))
            i.order = order_of({rlx, acq, rel, both});
        if (litmus::compares(what)) {
            i.failure = order_of({rlx, acq});
            i.expected = one_in(2) ? litmus::operand{} : draw_value();
        }
        if (litmus::writes(what)) i.value = draw_value();
        if (litmus::reads(what)) i.into = static_cast<std::uint8_t>(readers_++);
        return i;
    }

    instruction draw_one(const program& p) {
        const std::size_t known = readers_;
        const std::size_t atomics = p.locations.size() - (p.locations.back().plain ? 1 : 0);
        const action what = draw_action(p);
        weak_ = weak_ || what == action::weak;
        instruction i = what == action::fence
                            ? fence()
                            : access_to(litmus::is_plain(what) ? atomics : pick(atomics), what);
        if (known > 0 && one_in(8)) i.only_if = {static_cast<std::uint8_t>(pick(known)), pick(3)};
        return i;
    }

    rng& random_;
    flavour how_;
    bool weak_ = false;        ///< the thread has its weak compare-exchange
    std::size_t readers_ = 0;  ///< registers of the thread that have a value
};

}  // namespace

program draw(rng& random, flavour how) { return drawer(random, how).run(); }

program cut_down(program p, const std::function<bool(const program&)>& fails) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (std::size_t t = 0; t < p.threads.size() && !smaller; ++t) {
            for (std::size_t n = 0; n < p.threads[t].size() && !smaller; ++n) {
                program less = p;
                less.threads[t].erase(less.threads[t].begin() + static_cast<std::ptrdiff_t>(n));
                if (less.threads[t].empty())
                    less.threads.erase(less.threads.begin() + static_cast<std::ptrdiff_t>(t));
                if (less.threads.empty() || !fails(less)) continue;
                p = std::move(less);
                smaller = true;
            }
        }
    }
    return p;
}

}  // namespace cyclone::model::test
