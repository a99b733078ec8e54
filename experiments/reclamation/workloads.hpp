// The workloads of a reclamation benchmark, templates over the variant.
//
//   read     threads that protect a node and give it up, as fast as they can; nothing is retired.
//            What a reader pays for being safe
//   replace  threads that make a node, swap it for the one in a word of their own, and retire that;
//            nobody reads. What a writer pays, the allocator with it (the floor has that too)
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <vector>

#include "base/cache_line.hpp"
#include "lab/bench.hpp"
#include "lab/thread_driver.hpp"
#include "reclamation/reclamation.hpp"

namespace cyclone::reclamation {

/// The compiler may not drop what was computed.
inline void keep(std::uint64_t value) { asm volatile("" : : "r"(value)); }

struct item final : retirable<> {
    explicit item(std::uint64_t v) : value(v) {}
    std::uint64_t value;
};
using item_source = sync::native::atomic<item*>;

/// A thread rests after so many operations, the same in every variant.
inline constexpr std::uint64_t k_rest_every = 64;

/// The most nodes that wait while `k_replaced` are retired by one thread, and another one's guard
/// stands still or not. One thread, so the figure repeats.
template <class V>
[[nodiscard]] std::uint64_t backlog_of(bool stalled) {
    struct counted final : retirable<> {
        explicit counted(std::uint64_t& left) : waiting(&left) {}
        std::uint64_t* waiting;
    };
    constexpr std::uint64_t k_replaced = 10'000;
    std::uint64_t waiting = 0;
    std::uint64_t most = 0;
    {
        V domain({.participants = 4, .guards = 1});
        typename V::handle writes(domain);
        typename V::handle reads(domain);
        counted first(waiting);
        sync::native::atomic<retirable<>*> word(&first);
        typename V::guard guard(reads);
        if (stalled) keep(reinterpret_cast<std::uintptr_t>(guard.protect(word)));
        for (std::uint64_t i = 0; i < k_replaced; ++i) {
            ++waiting;
            writes.retire(new counted(waiting), [](retirable<>* old) {
                auto* const gone = static_cast<counted*>(old);
                --*gone->waiting;
                delete gone;
            });
            most = std::max(most, waiting);
            if (i % k_rest_every == 0) {
                writes.rest();
                if (!stalled) reads.rest();
            }
        }
    }
    return most;
}

/// What one thread reads and replaces in all variants: the same for all that keep S1.
template <class V>
[[nodiscard]] std::uint64_t first_values_digest() {
    V domain({.participants = 1, .guards = 1});
    typename V::handle me(domain);
    item_source word(new item(0));
    std::uint64_t digest = 0;
    for (std::uint64_t i = 1; i <= 64; ++i) {
        {
            typename V::guard guard(me);
            digest = digest * 31 + guard.protect(word)->value;
        }
        retire(me, word.exchange(new item(i), std::memory_order_acq_rel));
    }
    delete word.load(std::memory_order_acquire);
    return digest;
}

enum class task : std::uint8_t { read, replace };

/// Params: threads. n: operations of each thread in a batch. A batch ends when the last thread has
/// done its n.
template <class V, task Task>
class crowd final : public lab::batches {
 public:
    explicit crowd(const lab::request& what) : operations_(what.n), shared_(new item(1)) {
        const std::uint64_t threads = what.param("threads", std::uint64_t{1});
        if (threads == 0 || threads > k_places) {
            throw lab::usage_error{fmt::format("--param threads: 1 to {}", k_places)};
        }
        if (what.by != lab::meter::time && threads > 1) {
            throw lab::usage_error{
                "only --meter time can measure more than one thread: "
                "what they do depends on how they meet"};
        }
        auto team = lab::thread_team::start(static_cast<unsigned>(threads), what.cpus);
        if (!team) throw lab::usage_error{to_string(team.error())};
        team_ = std::move(*team);
        begin();
    }
    ~crowd() override {
        team_.reset();
        end();
        delete shared_.load(std::memory_order_acquire);
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;

    void prepare() override {
        team_->muster([this](unsigned index, lab::stop_flag&) {
            return lab::repeat_count(operations_,
                                     [&, me = workers_[index].get()] { return step(*me); });
        });
    }
    std::uint64_t run() override { return team_->go().total().ops; }
    /// What keeps all until its end ends between batches, or the measurement runs out of memory.
    void restore() override {
        if constexpr (V::k_traits.frees) return;
        end();
        begin();
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        if (Task == task::read) return {};
        return {{"backlog_most_nodes", static_cast<double>(backlog_of<V>(false))},
                {"backlog_stalled_nodes", static_cast<double>(backlog_of<V>(true))}};
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_values_digest<V>(); }

 private:
    static constexpr unsigned k_places = 16;

    struct alignas(k_no_false_sharing) worker {
        explicit worker(V& domain) : handle(domain), own(new item(0)) {}
        typename V::handle handle;
        item_source own;
        std::uint64_t done = 0;
    };

    void begin() {
        domain_ = std::make_unique<V>(limits{.participants = k_places, .guards = 1});
        for (unsigned i = 0; i < team_->size(); ++i) {
            workers_.push_back(std::make_unique<worker>(*domain_));
        }
    }
    void end() {
        for (const auto& each : workers_) delete each->own.load(std::memory_order_acquire);
        workers_.clear();
        domain_.reset();
    }

    bool step(worker& me) {
        if constexpr (Task == task::read) {
            typename V::guard guard(me.handle);
            keep(guard.protect(shared_)->value);
        } else {
            item* const fresh = new item(me.done);
            retire(me.handle, me.own.exchange(fresh, std::memory_order_acq_rel));
        }
        if (++me.done % k_rest_every == 0) me.handle.rest();
        return true;
    }

    std::unique_ptr<V> domain_;
    std::uint64_t operations_;
    alignas(k_no_false_sharing) item_source shared_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::unique_ptr<lab::thread_team> team_;  // last: its threads end before what they use
};

}  // namespace cyclone::reclamation
