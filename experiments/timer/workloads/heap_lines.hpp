// Which cache lines an implicit heap touches, by its shape. Simulated, counted, not timed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// A cache of one level: 8 ways, lines of 64 bytes, the least recently used goes. A model: no
/// prefetching, no other traffic, physical addresses as the program's own.
class cache_model {
    static constexpr std::size_t k_ways = 8;

 public:
    static constexpr std::uint64_t k_line = 64;

    explicit cache_model(std::size_t kib) : sets_(kib * 1024 / k_line / k_ways) {}
    void touch(std::uint64_t address) {
        const std::uint64_t line = address / k_line + 1;  // 0 is an empty way
        auto& set = sets_[line % sets_.size()];
        auto at = std::find(set.begin(), set.end(), line);
        if (at == set.end()) {
            ++misses_;
            --at;
        }
        std::move_backward(set.begin(), at, at + 1);
        set.front() = line;
    }
    [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }

 private:
    std::vector<std::array<std::uint64_t, k_ways>> sets_;  // most recent first
    std::uint64_t misses_ = 0;
};

/// What a slot of the heap holds, and what is written when it moves.
enum class slot_kind : std::uint8_t {
    plain,   ///< key and data, 16 bytes: a heap that only ever removes its first
    cached,  ///< key and pointer, 16 bytes; the node is told its index
    pointer  ///< pointer, 8 bytes; the key is in the node, which is told its index
};

/// An implicit heap of D children a parent whose every access goes to a cache. Aligned: the array
/// begins D - 1 slots late, so that brothers begin at a multiple of their size.
template <std::size_t D, slot_kind Kind, bool Aligned>
class traced_heap {
    static constexpr std::uint64_t k_slot = Kind == slot_kind::pointer ? 8 : 16;
    static constexpr std::uint64_t k_array = std::uint64_t{1} << 40;
    static constexpr std::uint64_t k_node = 64;

 public:
    traced_heap(const std::vector<tick>& keys, cache_model& cache) : cache_(cache), keys_(keys) {
        for (std::uint32_t id = 0; id < keys.size(); ++id) {
            heap_.push_back(id);
            up(heap_.size() - 1, id);
        }
    }
    /// The earliest is taken out, and started again for `delta` later. Returns when it was due.
    tick hold(tick delta) {
        const std::uint32_t id = heap_.front();
        const tick due = keys_[id];
        const std::uint32_t last = heap_.back();
        heap_.pop_back();
        if (!heap_.empty()) down(0, last);
        keys_[id] = due + delta;
        cache_.touch(node(id));
        heap_.push_back(id);
        up(heap_.size() - 1, id);
        return due;
    }
    /// Timer `id`, wherever it is, is stopped, and started again as the newest, due at `key`.
    void cancel(std::uint32_t id, tick key) {
        cache_.touch(node(id));
        const std::size_t at = index_[id];
        const std::uint32_t last = heap_.back();
        heap_.pop_back();
        if (last != id) keys_[last] < keys_[id] ? up(at, last) : down(at, last);
        keys_[id] = key;
        cache_.touch(node(id));
        heap_.push_back(id);
        up(heap_.size() - 1, id);
    }
    /// Timer `id`, wherever it is, is due at `key` instead.
    void restart(std::uint32_t id, tick key) {
        cache_.touch(node(id));
        const std::size_t at = index_[id];
        const bool earlier = key < keys_[id];
        keys_[id] = key;
        earlier ? up(at, id) : down(at, id);
    }

 private:
    [[nodiscard]] static std::uint64_t node(std::uint32_t id) {
        return (id * std::uint64_t{0x9e3779b1} & 0xffffffff) * k_node;  // no order that helps
    }
    tick read(std::size_t i) {
        cache_.touch(k_array + (i + (Aligned ? D - 1 : 0)) * k_slot);
        if constexpr (Kind == slot_kind::pointer) cache_.touch(node(heap_[i]));
        return keys_[heap_[i]];
    }
    void put(std::size_t i, std::uint32_t id) {
        cache_.touch(k_array + (i + (Aligned ? D - 1 : 0)) * k_slot);
        if constexpr (Kind != slot_kind::plain) cache_.touch(node(id));
        heap_[i] = id;
        if (index_.size() <= id) index_.resize(keys_.size());
        index_[id] = i;
    }
    void up(std::size_t i, std::uint32_t id) {
        for (; i > 0 && read((i - 1) / D) > keys_[id]; i = (i - 1) / D) put(i, heap_[(i - 1) / D]);
        put(i, id);
    }
    void down(std::size_t i, std::uint32_t id) {
        for (std::size_t first = D * i + 1; first < heap_.size(); first = D * i + 1) {
            std::size_t best = first;
            tick least = read(first);
            for (std::size_t c = first + 1; c < std::min(first + D, heap_.size()); ++c) {
                const tick key = read(c);
                if (key >= least) continue;
                least = key;
                best = c;
            }
            if (least >= keys_[id]) break;
            put(i, heap_[best]);
            i = best;
        }
        put(i, id);
    }

    cache_model& cache_;
    std::vector<tick> keys_;  // by timer: what is at node(), or in the slot
    std::vector<std::uint32_t> heap_;
    std::vector<std::size_t> index_;
};

/// heap_lines: n timers of exponential intervals in implicit heaps of 2, 4 and 8 children, with
/// slots of each kind, aligned or not; the lines that each misses in a cache of cache_kib (32) an
/// operation, after as many to warm up. mode=hold: the earliest is set again. mode=restart: any
/// timer is. mode=cancel: any timer is stopped and started. values: misses_KIND_D, with _aligned;
/// the ratios that claims ask for; disagreements: shapes that did not fire at the ticks at which
/// the variant does (hold).
template <class V>
class heap_lines final : public lab::batches {
    static constexpr std::size_t k_ops = 16384;
    static constexpr tick k_mean = 1'000'000'000;

 public:
    heap_lines(const lab::request& what, rng random)
        : kib_(what.param("cache_kib", std::uint64_t{32})),
          mode_(what.param("mode", std::string("hold"))),
          hold_(mode_ == "hold"),
          deltas_(interval_draws(random, 2 * k_ops, "exp", k_mean)),
          keys_(interval_draws(random, what.n, "exp", k_mean)) {
        for (std::size_t i = 0; i < 2 * k_ops; ++i)
            whom_.push_back(static_cast<std::uint32_t>(random.uniform(what.n)));
        if (kib_ == 0 || kib_ > 65536) throw lab::usage_error{"--param cache_kib: 1 to 65536"};
        if (!hold_ && mode_ != "restart" && mode_ != "cancel")
            throw lab::usage_error{"--param mode: hold, restart or cancel"};
    }
    std::uint64_t run() override {
        if (hold_) expected_ = fired_by_variant();
        disagreements_ = 0;
        if (hold_) kind<slot_kind::plain>("plain");
        kind<slot_kind::cached>("cached");
        kind<slot_kind::pointer>("pointer");
        return k_ops;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        auto found = found_;
        found["disagreements"] = static_cast<double>(disagreements_);
        const auto ratio = [&](const char* name, const char* over, const char* under) {
            if (found_.contains(over)) found[name] = found_.at(over) / found_.at(under);
        };
        ratio("aligned_over_unaligned_plain", "misses_plain_4_aligned", "misses_plain_4");
        ratio("aligned_over_binary_plain", "misses_plain_4_aligned", "misses_plain_2");
        ratio("aligned_over_unaligned_cached", "misses_cached_4_aligned", "misses_cached_4");
        ratio("aligned_over_binary_cached", "misses_cached_4_aligned", "misses_cached_2");
        ratio("aligned_over_binary_pointer", "misses_pointer_4_aligned", "misses_pointer_2");
        ratio("cached_over_pointer", "misses_cached_4_aligned", "misses_pointer_4_aligned");
        return found;
    }
    [[nodiscard]] std::uint64_t digest() const override { return expected_; }

 private:
    template <slot_kind Kind>
    void kind(const std::string& name) {
        one<2, Kind, false>(name + "_2");
        one<2, Kind, true>(name + "_2_aligned");
        one<4, Kind, false>(name + "_4");
        one<4, Kind, true>(name + "_4_aligned");
        one<8, Kind, false>(name + "_8");
        one<8, Kind, true>(name + "_8_aligned");
    }
    template <std::size_t D, slot_kind Kind, bool Aligned>
    void one(const std::string& name) {
        cache_model cache(kib_);
        traced_heap<D, Kind, Aligned> heap(keys_, cache);
        std::uint64_t fired = 0;
        std::uint64_t before = 0;
        for (std::size_t i = 0; i < 2 * k_ops; ++i) {
            if (i == k_ops) before = cache.misses();
            const tick now = i * (k_mean / keys_.size());
            if (hold_) fired = fired * 31 + heap.hold(deltas_[i]);
            if (mode_ == "restart") heap.restart(whom_[i], now + deltas_[i]);
            if (mode_ == "cancel") heap.cancel(whom_[i], now + deltas_[i]);
        }
        found_["misses_" + name] =
            static_cast<double>(cache.misses() - before) / static_cast<double>(k_ops);
        if (hold_ && fired != expected_) ++disagreements_;
    }
    /// The digest of the ticks at which the variant fires the same timers.
    [[nodiscard]] std::uint64_t fired_by_variant() {
        struct held {
            V timers{0};
            const std::vector<tick>& deltas;
            std::size_t done = 0;
            std::uint64_t digest = 0;
            static void on_fire(void* context, entry& self) {
                auto& here = *static_cast<held*>(context);
                if (here.done == here.deltas.size()) return;
                const tick now = here.timers.now();
                here.digest = here.digest * 31 + now;
                here.timers.start(static_cast<typename V::node&>(self),
                                  now + here.deltas[here.done++]);
            }
        };
        const std::unique_ptr<held> all(new held{.deltas = deltas_});
        std::vector<typename V::node> nodes(keys_.size());
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            nodes[i].bind(&held::on_fire, all.get());
            all->timers.start(nodes[i], keys_[i]);
        }
        while (all->done < deltas_.size()) all->timers.advance(all->timers.next_deadline());
        for (auto& timer : nodes) all->timers.stop(timer);
        return all->digest;
    }

    std::size_t kib_;
    std::string mode_;
    bool hold_;
    std::vector<tick> deltas_;
    std::vector<tick> keys_;
    std::vector<std::uint32_t> whom_;
    std::map<std::string, double> found_;
    std::uint64_t expected_ = 0;
    std::uint64_t disagreements_ = 0;
};

}  // namespace cyclone::timer
