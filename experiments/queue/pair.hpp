// One thread that pushes and pops: what the calls cost when nobody else is there.
#pragma once

#include "experiments/queue/crowd.hpp"

namespace cyclone::queue {

using counter::bystander;

/// Params: capacity, inside (items that are in while it works). n: pushes in a batch, and as many
/// pops.
template <class V>
class pair final : public lab::batches {
    using T = typename V::value_type;

 public:
    explicit pair(const lab::request& what)
        : queue_(ring_of(what), 0), end_(queue_), pairs_(what.n) {
        const std::uint64_t inside = what.param("inside", std::uint64_t{0});
        if (inside >= ring_of(what)) {
            throw lab::usage_error{"--param inside: fewer than the capacity"};
        }
        calls seen;
        for (std::uint64_t i = 0; i < inside; ++i) push_surely(end_, parcel_of<T>(i), seen, 0);
        flush_pushes(end_);
    }

    std::uint64_t run() override {
        std::uint64_t failed = 0;
        for (std::uint64_t i = 0; i < pairs_; ++i) {
            failed += end_.try_push(parcel_of<T>(i)) ? 0 : 1;
            const auto one = end_.try_pop();
            if (one) read_parcel(*one);
        }
        keep(failed);
        return pairs_;
    }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 8; }
    [[nodiscard]] std::map<std::string, double> values() const override {
        return {{"bytes_per_item", static_cast<double>(V::k_bytes_per_item)}};
    }
    [[nodiscard]] std::uint64_t digest() const override { return first_items_digest<V>(); }

 private:
    bystander asleep_;
    V queue_;
    access_of<V> end_;
    std::uint64_t pairs_;
};

}  // namespace cyclone::queue
