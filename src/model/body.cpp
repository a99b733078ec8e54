// What runs on fibers: the functions that a body and its atomics call. Each is a request or a few.

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "model/arena.hpp"
#include "model/check.hpp"
#include "model/engine.hpp"
#include "model/explored.hpp"
#include "model/fiber.hpp"
#include "model/runtime.hpp"

namespace cyclone::model {
namespace detail {
namespace {

constexpr unsigned k_waiter_bits = 5;
constexpr std::uint64_t k_waiter_mask = (std::uint64_t{1} << k_waiter_bits) - 1;
static_assert(k_threads_max < (1U << k_waiter_bits));
static_assert(k_waiters_max * k_waiter_bits <= 64);

std::uint64_t append_waiter(std::uint64_t queue, std::uint64_t waiter) {
    unsigned shift = 0;
    while ((queue >> shift) != 0) shift += k_waiter_bits;
    return queue | waiter << shift;
}

bool queue_has(std::uint64_t queue, std::uint64_t waiter) {
    for (; queue != 0; queue >>= k_waiter_bits) {
        if ((queue & k_waiter_mask) == waiter) return true;
    }
    return false;
}

std::uint64_t without_waiter(std::uint64_t queue, std::uint64_t waiter) {
    std::uint64_t kept = 0;
    for (; queue != 0; queue >>= k_waiter_bits) {
        const std::uint64_t each = queue & k_waiter_mask;
        if (each != waiter) kept = append_waiter(kept, each);
    }
    return kept;
}

std::uint64_t without_first(std::uint64_t queue, std::uint64_t) { return queue >> k_waiter_bits; }
std::uint64_t without_all(std::uint64_t, std::uint64_t) { return 0; }

std::uint64_t self() { return explorer::current()->running() + std::uint64_t{1}; }

std::uint64_t internal_update(location where, effect_fn effect, std::uint64_t operand,
                              std::memory_order order, std::source_location site) {
    request r;
    r.what = ask::update;
    r.where = where;
    r.effect = effect;
    r.value = operand;
    r.order = order;
    r.internal = true;
    r.site = site;
    perform(r);
    return r.seen;
}

std::uint64_t internal_load(location where, std::memory_order order, std::source_location site) {
    request r;
    r.where = where;
    r.order = order;
    r.internal = true;
    r.site = site;
    perform(r);
    return r.seen;
}

std::uint64_t take_if(location where, bool (*wanted)(const void*, std::uint64_t), effect_fn effect,
                      std::uint64_t operand, std::memory_order order, std::source_location site) {
    request r;
    r.what = ask::update_if;
    r.where = where;
    r.wanted = wanted;
    r.effect = effect;
    r.value = operand;
    r.order = order;
    r.internal = true;
    r.site = site;
    perform(r);
    return r.seen;
}

location queue_of(location where, std::source_location site) {
    request r;
    r.what = ask::queue_of;
    r.where = where;
    r.site = site;
    perform(r);
    return r.where;
}

}  // namespace

bool inside() noexcept { return explorer::current() != nullptr && fiber::current() != nullptr; }

void perform(request& r) {
    if (!inside()) {
        std::fprintf(stderr,
                     "%s:%u: sync::explored outside of model::check; run this in its body\n",
                     r.site.file_name(), static_cast<unsigned>(r.site.line()));
        std::abort();
    }
    explorer::current()->post(r);
}

void fail_with(fault what, const char* message, std::source_location site) {
    request r;
    r.what = ask::fail;
    r.kind = what;
    r.text = message;
    r.site = site;
    perform(r);
    std::abort();  // does not come back
}

void arena_full(std::size_t bytes) {
    char message[128];
    std::snprintf(message, sizeof message,
                  "a thread has used up its %zu bytes of memory (%zu more wanted); make the body "
                  "smaller",
                  arena::k_thread_bytes, bytes);
    fail_with(fault::too_long, message, {});
}

void wrong_free(const void*, const arena::block* b) {
    if (b == nullptr) fail_with(fault::double_free, "delete of what new did not give", {});
    fail_with(fault::double_free, "the same memory is deleted twice", b->site);
}

location init(bool atomic, std::uint64_t value, const void* data, std::size_t bytes,
              std::source_location site) {
    if (!inside()) return k_nowhere;
    request r;
    r.what = ask::init;
    r.atomic = atomic;
    r.value = value;
    r.data = data;
    r.bytes = bytes;
    r.site = site;
    perform(r);
    if (r.success) {
        request queue;
        queue.what = ask::init;
        queue.atomic = queue.queue = true;
        queue.site = site;
        perform(queue);
    }
    return r.where;
}

void drop(location where, bool atomic, std::source_location site) {
    if (!inside() || where == k_nowhere) return;
    request r;
    r.what = ask::drop;
    r.where = where;
    r.atomic = atomic;
    r.site = site;
    perform(r);
    if (!r.success) return;
    request queue;
    queue.what = ask::drop;
    queue.where = {where.thread, where.number + 1};
    queue.site = site;
    perform(queue);
}

std::uint64_t load(location where, std::memory_order order, std::source_location site) {
    request r;
    r.where = where;
    r.order = order;
    r.site = site;
    perform(r);
    return r.seen;
}

void store(location where, std::uint64_t value, std::memory_order order,
           std::source_location site) {
    request r;
    r.what = ask::store;
    r.where = where;
    r.value = value;
    r.order = order;
    r.site = site;
    perform(r);
}

std::uint64_t update(location where, effect_fn effect, std::uint64_t operand, std::uint64_t mask,
                     std::memory_order order, std::source_location site) {
    request r;
    r.what = ask::update;
    r.where = where;
    r.effect = effect;
    r.value = operand;
    r.mask = mask;
    r.order = order;
    r.site = site;
    perform(r);
    return r.seen;
}

void enlist(location queue, std::memory_order order, std::source_location site) {
    const std::uint64_t before = internal_update(queue, append_waiter, self(), order, site);
    if (before >> (k_waiters_max - 1) * k_waiter_bits != 0) {
        fail_with(fault::too_long, "more waiters than a queue can hold; make the body smaller",
                  site);
    }
}

void await_call(location queue, std::source_location site) {
    const std::uint64_t me = self();
    request r;
    r.what = ask::await;
    r.where = queue;
    r.context = &me;
    r.wanted = [](const void* waiter, std::uint64_t value) {
        return !queue_has(value, *static_cast<const std::uint64_t*>(waiter));
    };
    r.internal = true;
    r.site = site;
    perform(r);
}

void call_first(location queue, std::source_location site) {
    internal_update(queue, without_first, 0, std::memory_order_release, site);
}

void call_all(location queue, std::source_location site) {
    internal_update(queue, without_all, 0, std::memory_order_release, site);
}

void wait_while(location where, std::uint64_t old, std::memory_order order,
                std::source_location site) {
    for (;;) {
        if (load(where, order, site) != old) return;
        const location queue = queue_of(where, site);
        enlist(queue, std::memory_order_acquire, site);
        if (internal_load(where, std::memory_order_relaxed, site) == old) {
            await_call(queue, site);
        } else {
            internal_update(queue, without_waiter, self(), std::memory_order_relaxed, site);
        }
    }
}

void wake(location where, bool all, std::source_location site) {
    const location queue = queue_of(where, site);
    if (all) {
        call_all(queue, site);
    } else {
        call_first(queue, site);
    }
}

void* make_block(std::size_t bytes, std::size_t alignment, const char* type,
                 std::source_location site) {
    void* const p = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                        ? ::operator new (bytes, std::align_val_t{alignment})
                        : ::operator new(bytes);
    if (!inside()) return p;
    request r;
    r.what = ask::make;
    r.site = site;
    perform(r);
    arena::block* const b = body_memory().from->at(p);
    b->where = r.where;
    b->site = site;
    b->name = type;
    return p;
}

void dispose_block(const void* p, std::source_location site) {
    if (!inside()) return;
    const arena::block* const b = body_memory().from->at(p);
    if (b == nullptr || b->where == k_nowhere) return;  // made by new: delete sees to it
    request r;
    r.what = ask::dispose;
    r.where = b->where;
    r.site = site;
    perform(r);
}

explored_mutex::~explored_mutex() {
    if (inside() && holder_ != 0) {
        fail_with(fault::requirement, "a mutex ends while it is held", std::source_location{});
    }
    drop(where_, true, site::current());
}

void explored_mutex::taken() noexcept { holder_ = static_cast<std::uint32_t>(self()); }

void explored_mutex::lock(site at) {
    take_if(
        where_, [](const void*, std::uint64_t held) { return held == 0; }, effects::exchange, 1,
        std::memory_order_acquire, at);
    taken();
}

bool explored_mutex::try_lock(site at) {
    request r;
    r.what = ask::compare;
    r.where = where_;
    r.expected = 0;
    r.value = 1;
    r.order = std::memory_order_acquire;
    r.internal = true;
    r.site = at;
    perform(r);
    if (r.success) taken();
    return r.success;
}

void explored_mutex::unlock(site at) {
    if (holder_ != self()) {
        fail_with(fault::requirement, "unlock of a mutex that this thread does not hold", at);
    }
    holder_ = 0;
    request r;
    r.what = ask::store;
    r.where = where_;
    r.order = std::memory_order_release;
    r.internal = true;
    r.site = at;
    perform(r);
}

}  // namespace detail

void condvar::wait(sync::explored::mutex& held, site at) {
    detail::enlist(queue_, std::memory_order_acquire, at);
    held.unlock(at);
    detail::await_call(queue_, at);
    held.lock(at);
}

void event_counter::post(std::uint64_t n, site at) {
    constexpr std::uint64_t k_most = ~std::uint64_t{0} - 1;  // what eventfd(2) holds
    const std::uint64_t before =
        detail::internal_update(where_, detail::effects::add, n, std::memory_order_acq_rel, at);
    if (n == 0 || before > k_most - n) {
        detail::fail_with(fault::requirement, "an event counter is posted 0, or overflows", at);
    }
}

namespace {
std::uint64_t leave_one_less(std::uint64_t before, std::uint64_t) {
    return before == 0 ? 0 : before - 1;
}
}  // namespace

std::uint64_t event_counter::take(bool semaphore, site at) {
    const std::uint64_t before = detail::take_if(
        where_, [](const void*, std::uint64_t value) { return value != 0; },
        semaphore ? leave_one_less : detail::effects::exchange, 0, std::memory_order_acq_rel, at);
    return semaphore ? 1 : before;
}

std::uint64_t event_counter::try_take(bool semaphore, site at) {
    const std::uint64_t before =
        detail::internal_update(where_, semaphore ? leave_one_less : detail::effects::exchange, 0,
                                std::memory_order_acq_rel, at);
    return semaphore && before > 0 ? 1 : before;
}

void require(bool holds, const char* what, std::source_location at) {
    if (holds) return;
    detail::fail_with(fault::requirement, what, at);
}

void fail(fault what, const std::string& message, std::source_location at) {
    detail::fail_with(what, message.c_str(), at);
}

void assume(bool holds, std::source_location at) {
    if (holds) return;
    detail::request r;
    r.what = detail::ask::assume;
    r.site = at;
    detail::perform(r);
}

void call(std::uint64_t number, const char* name, std::source_location at) {
    detail::request r;
    r.what = detail::ask::call;
    r.value = number;
    r.name = name;
    r.site = at;
    detail::perform(r);
}

void back(std::uint64_t number, std::source_location at) {
    detail::request r;
    r.what = detail::ask::back;
    r.value = number;
    r.site = at;
    detail::perform(r);
}

bool precedes(std::uint64_t first, std::uint64_t second) {
    detail::request r;
    r.what = detail::ask::precedes;
    r.value = first;
    r.expected = second;
    detail::perform(r);
    return r.success;
}

std::uint32_t this_thread() { return explorer::current()->running(); }

thread::thread(std::function<void()> body, std::source_location at) : id_(0) {
    detail::request r;
    r.what = detail::ask::spawn;
    r.body = new std::function<void()>(std::move(body));
    r.site = at;
    detail::perform(r);
    id_ = r.child;
}

thread::~thread() {
    if (!joined_) join();
}

void thread::join(std::source_location at) {
    detail::request r;
    r.what = detail::ask::join;
    r.child = id_;
    r.site = at;
    joined_ = true;
    detail::perform(r);
}

}  // namespace cyclone::model

namespace cyclone::sync {

void explored::fence(std::memory_order order, std::source_location at) {
    model::detail::request r;
    r.what = model::detail::ask::fence;
    r.order = order;
    r.site = at;
    model::detail::perform(r);
}

void explored::pause(std::source_location at) {
    model::detail::request r;
    r.what = model::detail::ask::pause;
    r.site = at;
    model::detail::perform(r);
}

}  // namespace cyclone::sync
