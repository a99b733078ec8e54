// One run of a plan: who calls what, what was told, and the judgement.
#include "scenario.hpp"

#include <array>
#include <optional>

#include "model/check.hpp"
#include "model/history.hpp"
#include "model/linearize.hpp"
#include "promise.hpp"

namespace cyclone::queue::test {
namespace {

class play {
 public:
    play(maker make, const plan& how)
        : how_(how), queue_(make({.capacity = how.capacity, .origin = how.origin})) {
        model::require(how.threads.size() <= k_threads_max, "a plan of at most 4 threads");
        for (std::size_t t = 0; t < how.threads.size(); ++t) ends_[t] = queue_->attach();
    }

    void run() {
        perform(0, how_.before, 0);
        std::array<std::optional<model::thread>, k_threads_max> threads;
        std::size_t first = how_.before.size();
        for (std::size_t t = 0; t < how_.threads.size(); ++t) {
            const std::string& script = how_.threads[t];
            threads[t].emplace([this, t, &script, first] { perform(t + 1, script, first); });
            first += script.size();
        }
        during_ = first;
        for (auto& one : threads) {
            if (one) one->join();
        }
        all_ = during_;
        if (how_.drained) drain();
        for (auto& one : ends_) one.reset();
        queue_.reset();
        judge();
    }

 private:
    static constexpr std::size_t k_threads_max = 4;
    static constexpr std::size_t k_operations_max = 48;

    /// The body's is number 0.
    end& end_at(std::size_t number) { return number == 0 ? *queue_ : *ends_[number - 1]; }
    model::operation& operation_at(std::size_t number) {
        model::require(number < k_operations_max, "a plan of at most 48 operations");
        return told_[number];
    }

    /// Operations of a thread are numbered from `first`. Those before the threads begin are before
    /// all others anyway, and have no events.
    void perform(std::size_t thread, const std::string& script, std::size_t first) {
        const bool is_timed = &script != &how_.before;
        for (std::size_t i = 0; i < script.size(); ++i) {
            const std::size_t number = first + i;
            if (is_timed) model::call(number, name_of_letter(script[i]));
            operation_at(number) = one_call(script[i], thread, thread, number + 1);
            if (is_timed) model::back(number);
        }
    }
    static const char* name_of_letter(char letter) {
        switch (letter) {
            case '+':
            case 'P': return "push";
            case '-':
            case 'p': return "pop";
            case 'f': return "flush_pushes";
            case 'g': return "flush_pops";
            default: model::require(false, "a plan's letters are + - P p f g"); return "";
        }
    }

    model::operation one_call(char letter, std::size_t thread, std::size_t through,
                              std::uint64_t item) {
        model::operation done{.thread = static_cast<std::uint32_t>(thread), .extra = through};
        end& on = end_at(through);
        if (letter == '+' || letter == 'P') {
            done.what = model::verb::push;
            done.argument = item;
            const bool in = letter == '+' ? on.try_push(std::uint64_t{item})
                                          : (on.push(std::uint64_t{item}), true);
            done.said = in ? model::answer::done : model::answer::full;
        } else if (letter == '-') {
            done.what = model::verb::pop;
            const auto got = on.try_pop();
            done.said = told(got);
            done.result = got ? *got : 0;
        } else if (letter == 'p') {
            done.what = model::verb::pop;
            done.result = on.pop();
        } else if (letter == 'f') {
            done.what = k_flush_pushes;
            on.flush_pushes();
        } else {
            done.what = k_flush_pops;
            on.flush_pops();
        }
        return done;
    }

    /// Everybody flushes, where that means something; then as many pops as items can be inside, and
    /// "empty".
    void drain() {
        for (std::size_t e = 0; promises_flushes() && e <= how_.threads.size(); ++e) {
            for (const char letter : {'f', 'g'}) operation_at(all_++) = one_call(letter, 0, e, 0);
        }
        for (std::size_t i = 0; i <= during_; ++i) {
            operation_at(all_) = one_call('-', 0, 0, 0);
            if (operation_at(all_++).said != model::answer::done) return;
        }
    }
    [[nodiscard]] bool promises_flushes() const { return declared_.shows == visibility::at_flush; }

    [[nodiscard]] bool precedes(std::size_t i, std::size_t j) const {
        const auto phase = [this](std::size_t n) {
            return n < how_.before.size() ? 0 : n < during_ ? 1 : 2;
        };
        if (phase(i) != 1 || phase(j) != 1) return phase(i) < phase(j);
        return model::precedes(i, j);
    }

    void judge() {
        std::vector<model::operation> given;
        for (std::size_t i = 0; i < all_; ++i) {
            // A flush where nothing is hidden is no operation of the queue.
            const bool is_flush = told_[i].what == k_flush_pushes || told_[i].what == k_flush_pops;
            if (is_flush && !promises_less(declared_)) continue;
            given.push_back(told_[i]);
            given.back().call = 2 * i;
            given.back().back = 2 * i + 1;
        }
        const auto recorded = model::history::by_order(given, [&](std::size_t i, std::size_t j) {
            return precedes(given[i].call / 2, given[j].call / 2);
        });
        model::require(recorded.has_value(), "a history that can be judged");
        const bool weak_full = declared_.fills == fullness::weak && !how_.strict_at_both_ends;
        const auto found = judged(*recorded, declared_, capacity_, weak_full);
        if (found.verdict != model::linearizable::yes) {
            model::fail(model::fault::not_linearizable, found.text);
        }
    }

    const plan& how_;
    std::unique_ptr<end> queue_;
    const traits& declared_ = queue_->declared();
    const std::size_t capacity_ = queue_->capacity();
    std::array<std::unique_ptr<end>, k_threads_max> ends_{};
    std::array<model::operation, k_operations_max> told_{};
    std::size_t during_ = 0;
    std::size_t all_ = 0;
};

}  // namespace

void act(maker make, const plan& how) {
    play once(make, how);
    once.run();
}

}  // namespace cyclone::queue::test
