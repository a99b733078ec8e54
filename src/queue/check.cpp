// Programs in lock step, crowds, and what is true of both.

#include "queue/check.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <stdexcept>

#include "base/cache_line.hpp"
#include "base/rng.hpp"
#include "base/spin.hpp"
#include "base/sync.hpp"
#include "lab/thread_driver.hpp"

namespace cyclone::queue {

namespace {

using word = padded<sync::native::atomic<std::uint64_t>>;

/// Turns without anything moving anywhere after which a thread gives up: a second or so.
constexpr std::uint64_t k_turns_max = std::uint64_t{1} << 20;

std::uint64_t next_of(std::deque<std::uint64_t>& items, order keeps) {
    const std::uint64_t item = keeps == order::lifo ? items.back() : items.front();
    if (keeps == order::lifo) {
        items.pop_back();
    } else {
        items.pop_front();
    }
    return item;
}

/// What one thread knows of a queue: what is inside, and how much of it flushes may still hide
/// (S13).
struct alone {
    any& queue;
    std::deque<std::uint64_t> inside{};
    std::uint64_t next = 0;
    std::size_t not_shown = 0;       ///< pushed since a flush, at most
    std::size_t not_given_back = 0;  ///< popped since a flush, at most

    [[nodiscard]] bool flushes() const { return queue.declared().shows == visibility::at_flush; }
    void flush() {
        queue.flush_pushes();
        queue.flush_pops();
        not_shown = not_given_back = 0;
    }
};

/// One pop against the model.
std::optional<violation> pop_both(alone& at, std::size_t step) {
    const auto got = at.queue.try_pop();
    if (!got) {
        at.not_given_back = 0;  // a pop that finds nothing flushes the pops
        if (got.said() == answer::empty && at.inside.size() <= at.not_shown) return std::nullopt;
        return violation{"S3 empty", fmt::format("step {}: {} with {} items inside and no other "
                                                 "thread",
                                                 step, name_of(got.said()), at.inside.size())};
    }
    if (at.inside.empty()) {
        return violation{"S1 once",
                         fmt::format("step {}: {} popped, and nothing was inside", step, *got)};
    }
    if (at.flushes()) ++at.not_given_back;
    const std::uint64_t due = next_of(at.inside, at.queue.declared().keeps);
    if (*got == due) return std::nullopt;
    return violation{"S2 order", fmt::format("step {}: popped {} and not {}", step, *got, due)};
}

std::optional<violation> push_both(alone& at, std::size_t step) {
    const std::size_t room = at.queue.capacity() - std::min(at.inside.size(), at.queue.capacity());
    const bool done = at.queue.try_push(++at.next);
    if (done ? room == 0 : room > at.not_given_back) {
        return violation{"S4 full", fmt::format("step {}: {} with {} of {} items inside", step,
                                                done ? "not full" : "full", at.inside.size(),
                                                at.queue.capacity())};
    }
    if (done) at.inside.push_back(at.next);
    if (done && at.flushes()) ++at.not_shown;
    if (!done) at.not_shown = 0;  // a push that finds no room flushes the pushes
    return std::nullopt;
}

/// What the threads of a crowd share beside the queue.
struct ground {
    const any& queue;
    const crowd& who;
    std::uint64_t all;  // items in total
    word pushed;        // pushes that have succeeded
    word taken;         // pops that have succeeded
    word pushes_begun;  // and not failed
    word pops_begun;    // and not come back without an item
    word violated;      // some thread has seen something wrong: everybody stops

    /// Watching needs counts that are never behind. Else they must not order the threads, or a
    /// sanitizer would not see where the queue does not.
    [[nodiscard]] std::memory_order counting() const noexcept {
        return who.watched ? std::memory_order_seq_cst : std::memory_order_relaxed;
    }
};

/// Counts turns in which nothing moved.
class patience {
 public:
    explicit patience(const ground& at) : at_(at) {}

    /// False: give up.
    bool once() {
        const std::uint64_t moved =
            at_.pushed->load(at_.counting()) + at_.taken->load(at_.counting());
        if (moved != moved_) {
            moved_ = moved;
            turns_ = 0;
        }
        if (++turns_ > k_turns_max || at_.violated->load(at_.counting()) != 0) return false;
        wait_.once();
        return true;
    }

 private:
    const ground& at_;
    std::uint64_t moved_ = 0;
    std::uint64_t turns_ = 0;
    spin_wait<> wait_;
};

/// A push, and whether "full" was true of some instant in it, where that is promised and watched.
bool push(ground& at, any& end, std::uint64_t item, std::optional<violation>& seen) {
    if (!at.who.watched) return end.try_push(item);
    const std::uint64_t out_before = at.taken->load(at.counting());
    at.pushes_begun->fetch_add(1, at.counting());
    if (end.try_push(item)) return true;
    const std::uint64_t others = at.pushes_begun->fetch_sub(1, at.counting()) - 1;
    const bool is_strict = at.queue.declared().fills == fullness::strict &&
                           at.queue.declared().shows == visibility::at_once;
    if (is_strict && others - out_before < at.queue.capacity()) {
        seen = violation{"S4 full", fmt::format("full, and at most {} of {} items were inside",
                                                others - out_before, at.queue.capacity())};
    }
    return false;
}

/// A pop, and whether "empty" was true of some instant in it.
popped<std::uint64_t> pop(ground& at, any& end, std::optional<violation>& seen) {
    if (!at.who.watched) return end.try_pop();
    const std::uint64_t in_before = at.pushed->load(at.counting());
    at.pops_begun->fetch_add(1, at.counting());
    auto got = end.try_pop();
    if (got) return got;
    const std::uint64_t others = at.pops_begun->fetch_sub(1, at.counting()) - 1;
    const bool is_promised = at.queue.declared().empties != emptiness::weak &&
                             at.queue.declared().shows == visibility::at_once;
    if (got.said() == answer::empty && is_promised && in_before > others) {
        seen = violation{"S3 empty", fmt::format("empty, and of {} items that were in only {} can "
                                                 "have been taken",
                                                 in_before, others)};
    }
    return got;
}

lab::tally produce(ground& at, any& end, unsigned producer, std::optional<violation>& seen) {
    lab::tally done;
    patience wait(at);
    while (done.ops < at.who.items) {
        if (push(at, end, item_of(producer, done.ops), seen)) {
            ++done.ops;
            at.pushed->fetch_add(1, at.counting());
            continue;
        }
        ++done.failed;
        if (seen) break;
        if (!wait.once()) {
            if (at.violated->load(at.counting()) == 0) {
                seen = violation{"S8 stuck", fmt::format("producer {} could not push item {}",
                                                         producer, done.ops)};
            }
            break;
        }
    }
    end.flush_pushes();
    return done;
}

lab::tally consume(ground& at, any& end, std::vector<std::uint64_t>& got,
                   std::optional<violation>& seen) {
    lab::tally done;
    patience wait(at);
    while (at.taken->load(at.counting()) < at.all) {
        auto one = pop(at, end, seen);
        if (one) {
            got.push_back(*one);
            ++done.ops;
            at.taken->fetch_add(1, at.counting());
            if (got.size() > 2 * at.all) break;  // items without end
            continue;
        }
        ++done.failed;
        if (seen || !wait.once()) break;  // what is still inside is found afterwards
    }
    return done;
}

unsigned producer_of(std::uint64_t item) { return static_cast<unsigned>(item >> 40) - 1; }
std::uint64_t number_of(std::uint64_t item) { return (item & ((std::uint64_t{1} << 40) - 1)) - 1; }

std::string text(std::uint64_t item) {
    return fmt::format("item {} of producer {}", number_of(item), producer_of(item));
}

std::optional<violation> judge_once(const harvest& reaped, const crowd& who) {
    std::vector<std::uint64_t> all = reaped.left;
    for (const auto& mine : reaped.got) all.insert(all.end(), mine.begin(), mine.end());
    std::ranges::sort(all);
    for (const std::uint64_t item : all) {
        if (item >> 40 == 0 || producer_of(item) >= who.producers || number_of(item) >= who.items) {
            return violation{"S1 once", fmt::format("{:#x} was popped and never pushed", item)};
        }
    }
    if (const auto twice = std::ranges::adjacent_find(all); twice != all.end()) {
        return violation{"S1 once", text(*twice) + " was popped twice"};
    }
    for (unsigned producer = 0; producer < who.producers; ++producer) {
        for (std::uint64_t number = 0; number < who.items; ++number) {
            const std::uint64_t item = item_of(producer, number);
            if (!std::ranges::binary_search(all, item)) {
                return violation{"S1 once", text(item) + " was lost"};
            }
        }
    }
    return std::nullopt;
}

/// Each producer's items rise in each consumer, and what was left came after all of them.
std::optional<violation> judge_order(const harvest& reaped, const crowd& who) {
    std::vector<std::uint64_t> latest(who.producers);
    for (const auto& mine : reaped.got) {
        std::vector<std::uint64_t> before(who.producers);
        for (const std::uint64_t item : mine) {
            std::uint64_t& mark = before[producer_of(item)];
            if (item < mark) {
                return violation{"S2 order", text(mark) + " came before " + text(item)};
            }
            mark = item;
        }
        for (unsigned p = 0; p < who.producers; ++p) latest[p] = std::max(latest[p], before[p]);
    }
    for (const std::uint64_t item : reaped.left) {
        std::uint64_t& mark = latest[producer_of(item)];
        if (item < mark) {
            return violation{"S2 order", text(mark) + " came before " + text(item)};
        }
        mark = item;
    }
    return std::nullopt;
}

std::optional<violation> find_alone(factory make, const effort& how) {
    rng random(how.seed);
    for (std::uint64_t i = 0; i < how.programs; ++i) {
        // Positions that go round at 2^32, at 2^64, and not at all.
        const std::uint64_t edge = i % 3 == 0 ? std::uint64_t{1} << 32 : 0;
        const options with{.capacity = 1 + random.uniform(9),
                           .origin = i % 3 == 2 ? 0 : edge - random.uniform(12)};
        std::vector<std::uint8_t> program(1 + random.uniform(60));
        for (auto& step : program) step = static_cast<std::uint8_t>(random.uniform(256));
        const auto queue = made(make, with);
        if (auto found = lock_step(*queue, program)) return found;
    }
    return std::nullopt;
}

}  // namespace

std::unique_ptr<any> made(factory make, const options& how) {
    auto queue = make(how);
    if (!queue) throw std::runtime_error(to_string(queue.error()));
    return std::move(*queue);
}

std::optional<violation> lock_step(any& queue, std::span<const std::uint8_t> program) {
    alone at{queue};
    std::size_t step = 0;
    for (; step < program.size(); ++step) {
        auto found = program[step] < 128 ? push_both(at, step) : pop_both(at, step);
        if (found) return found;
        if (program[step] % 4 == 0) at.flush();
    }
    at.flush();
    while (!at.inside.empty()) {
        if (auto found = pop_both(at, step++)) return found;
    }
    return pop_both(at, step);
}

harvest run_crowd(any& queue, const crowd& who) {
    auto team = lab::thread_team::start(who.producers + who.consumers, {});
    if (!team) throw std::runtime_error(to_string(team.error()));
    ground at{queue, who, who.producers * who.items, {}, {}, {}, {}, {}};
    harvest reaped;
    reaped.got.resize(who.consumers);
    for (auto& mine : reaped.got) mine.reserve(at.all);
    std::vector<std::optional<violation>> seen(who.producers + who.consumers);
    (*team)->run([&](unsigned index, lab::stop_flag&) {
        const auto end = queue.attach();
        const lab::tally done =
            index < who.producers
                ? produce(at, *end, index, seen[index])
                : consume(at, *end, reaped.got[index - who.producers], seen[index]);
        if (seen[index]) at.violated->store(1, at.counting());
        return done;
    });
    for (const auto& one : seen) {
        if (one && !reaped.seen) reaped.seen = one;
    }
    while (reaped.left.size() <= 2 * at.all) {
        const auto one = queue.try_pop();
        if (!one) break;
        reaped.left.push_back(*one);
    }
    return reaped;
}

std::optional<violation> judge(const harvest& reaped, const crowd& who, const traits& declared) {
    if (reaped.seen) return reaped.seen;
    if (auto found = judge_once(reaped, who)) return found;
    if (declared.keeps == order::lifo) return std::nullopt;
    return judge_order(reaped, who);
}

crowd allowed(const traits& declared, crowd most) noexcept {
    if (declared.serves == kind::spsc) most.producers = 1;
    if (declared.serves != kind::mpmc) most.consumers = 1;
    return most;
}

std::optional<violation> find_violation(factory make, const effort& how) {
    // One thread first: what is wrong there is wrong always, and said without luck.
    if (auto found = find_alone(make, how)) return found;
    constexpr std::size_t k_capacities[] = {1, 3, 64};
    for (unsigned round = 0; round < how.rounds; ++round) {
        for (const std::size_t capacity : k_capacities) {
            const auto queue = made(make, {.capacity = capacity, .origin = std::uint64_t{0} - 9});
            const crowd who = allowed(
                queue->declared(),
                {.producers = 2, .consumers = 2, .items = how.items, .watched = round % 2 == 0});
            if (auto found = judge(run_crowd(*queue, who), who, queue->declared())) return found;
        }
    }
    return std::nullopt;
}

}  // namespace cyclone::queue
