// What a scheme still holds of timers that were stopped.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "experiments/timer/workloads/draws.hpp"
#include "experiments/timer/workloads/population.hpp"

namespace cyclone::timer {

/// residue: requests arrive evenly, so fast that n are in flight on average; each has a timeout of
/// ttl ticks, and with probability cancel it is answered long before, after an exponential time of
/// mean `answer`, which stops its timer; the others expire. Before anything is measured a whole
/// ttl passes, so that what is forgotten as slowly as it expires has come to its height. An
/// operation is one request.
///
/// values: live, timers pending by the workload's own account; resident, entries that the variant
/// holds, those of stopped timers included (where it does not tell, its size(), which check()
/// has compared with its structure); stale, the most of resident - live after any batch; unsound,
/// batches after which check() objects.
/// Params: ttl, answer (ticks, 10000 and 100), cancel (0.99).
template <class V>
class residue final : public timer_batches<V> {
    using node = typename V::node;

 public:
    residue(const lab::request& what, rng random)
        : timer_batches<V>(what.n + what.n / 2 + k_batch, {1}, random),
          random_(random),
          ttl_(static_cast<tick>(number_param(what, "ttl", 10000, 10, 1e7))),
          answer_(number_param(what, "answer", 100, 1, 1e6)),
          cancel_(number_param(what, "cancel", 0.99, 0, 1)),
          gap_(life() / static_cast<double>(what.n)),
          answers_(static_cast<std::size_t>(static_cast<double>(ttl_) / gap_) + 2, nullptr) {
        for (node* timer : this->all_.shuffled) requests_.push_back({timer, nullptr, this});
        for (request& r : requests_) {
            r.timer->bind(&residue::on_fire, &r);
            free_.push_back(&r);
        }
        for (std::size_t done = 0; done < answers_.size(); done += k_batch) {
            prepare();
            measured();
        }
        forget();
    }

    void forget() override { started_ = cancelled_ = dropped_ = stale_ = unsound_ = 0; }
    [[nodiscard]] std::uint64_t fixed_batches() const override { return 64; }
    void prepare() override {
        for (tick& after : plan_) {
            const double delay = random_.exponential(answer_) / gap_;
            const bool answered =
                random_.unit() < cancel_ && delay * gap_ + 2 * gap_ + 2 < static_cast<double>(ttl_);
            after = answered ? 1 + static_cast<tick>(delay) : 0;
        }
    }
    void restore() override {
        stale_ = std::max(stale_, resident() - live());
        unsound_ += this->all_.timers.check().empty() ? 0 : 1;
    }
    [[nodiscard]] std::map<std::string, double> values() const override {
        const auto pending = static_cast<double>(live());
        return {
            {"live", pending},
            {"resident", static_cast<double>(resident())},
            {"stale", static_cast<double>(stale_)},
            {"resident_per_live", static_cast<double>(resident()) / pending},
            {"fixed_bytes", static_cast<double>(this->all_.timers.fixed_bytes())},
            {"unsound", static_cast<double>(unsound_)},
            {"dropped", static_cast<double>(dropped_)},
            {"cancelled_share", static_cast<double>(cancelled_) / static_cast<double>(started_)}};
    }

 protected:
    std::uint64_t measured() override {
        V& timers = this->all_.timers;
        for (const tick after : plan_) {
            const auto now = static_cast<tick>(static_cast<double>(++arrivals_) * gap_);
            if (now > timers.now()) timers.advance(now);
            answer(answers_[arrivals_ % answers_.size()]);
            arrive(after);
        }
        return plan_.size();
    }

 private:
    struct request {
        node* timer;
        request* next;  ///< answered by the same arrival
        residue* here;
    };

    /// Mean ticks that a request is in flight.
    [[nodiscard]] double life() const {
        const double whole = static_cast<double>(ttl_);
        const double answered = answer_ * (1 - std::exp(-whole / answer_));
        return cancel_ * answered + (1 - cancel_) * whole;
    }
    [[nodiscard]] std::int64_t live() const {
        return static_cast<std::int64_t>(requests_.size() - free_.size());
    }
    [[nodiscard]] std::int64_t resident() const {
        if constexpr (tells_held<V>) return static_cast<std::int64_t>(this->all_.timers.held());
        return static_cast<std::int64_t>(this->all_.timers.size());
    }
    void arrive(tick after) {
        if (free_.empty()) {  // only if more timers are late than there are spare nodes
            ++dropped_;
            return;
        }
        request* const r = free_.back();
        free_.pop_back();
        V& timers = this->all_.timers;
        timers.start(*r->timer, timers.now() + ttl_);
        ++started_;
        if (after == 0) return;
        request*& chain = answers_[(arrivals_ + after) % answers_.size()];
        r->next = chain;
        chain = r;
    }
    void answer(request*& chain) {
        for (; chain != nullptr; chain = chain->next) {
            if (!this->all_.timers.stop(*chain->timer)) continue;
            ++cancelled_;
            free_.push_back(chain);
        }
    }
    static void on_fire(void* context, entry&) {
        auto& r = *static_cast<request*>(context);
        ++r.here->all_.fired;
        r.here->free_.push_back(&r);
    }

    rng random_;
    tick ttl_;
    double answer_;
    double cancel_;
    double gap_;                     // ticks between two arrivals
    std::vector<request*> answers_;  // by arrival, around and around
    std::vector<request> requests_;
    std::vector<request*> free_;
    std::vector<tick> plan_ = std::vector<tick>(k_batch);  // arrivals until the answer; 0: none
    std::uint64_t arrivals_ = 0;
    std::uint64_t started_ = 0;
    std::uint64_t cancelled_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t unsound_ = 0;
    std::int64_t stale_ = 0;
};

}  // namespace cyclone::timer
