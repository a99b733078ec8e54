// Memory of bodies: leaks, use after disposal, double disposal; and that addresses come again.

#include <memory>
#include <string>
#include <vector>

#include "engine_support.hpp"
#include "model/arena.hpp"

namespace cyclone::model::test {

using sync::explored;

namespace {

struct node {
    plain_int value;
    explored::atomic<node*> next;
    explicit node(int v) : value(v) {}
};

struct seen_places {
    const void* first = nullptr;
    int times = 0;
    bool same = true;

    void note(const void* p) {
        if (times++ == 0) first = p;
        same = same && p == first;
    }
};

// The compiler knows that it must not be; the explorer is to say so.
template <class T>
T* once_more(T* p) {
    T* volatile hidden = p;
    return hidden;
}

}  // namespace

TEST_CASE("what is not given back is a leak", "[memory]") {
    const result r = expect_fault([] { static_cast<void>(explored::make<node>(1)); }, fault::leak,
                                  "never given back");
    CHECK(r.found->message.find("node") != std::string::npos);
    expect_fault([] { once_more(new int(3)); }, fault::leak);
    options lenient;
    lenient.leaks = false;
    CHECK(check(lenient, [] { once_more(new int(3)); }).said == verdict::passed);
    CHECK(check({}, [] { explored::dispose(explored::make<node>(1)); }).said == verdict::passed);
}

TEST_CASE("use after disposal", "[memory]") {
    expect_fault(
        [] {
            node* const n = explored::make<node>(1);
            node* const m = once_more(n);
            explored::dispose(n);
            m->value.get();
        },
        fault::use_after_free, "after its end");
    expect_fault(
        [] {
            node* const n = explored::make<node>(1);
            thread a([&] { n->next.load(k_rlx); });
            explored::dispose(n);
            a.join();
        },
        fault::use_after_free);
    CHECK(check({}, [] {
              node* const n = explored::make<node>(1);
              thread a([&] { n->next.load(k_rlx); });
              a.join();
              explored::dispose(n);
          }).said == verdict::passed);
}

TEST_CASE("giving back twice", "[memory]") {
    expect_fault(
        [] {
            node* const n = explored::make<node>(1);
            node* const m = once_more(n);
            explored::dispose(n);
            explored::dispose(m);
        },
        fault::double_free);
    expect_fault(
        [] {
            int* const n = new int(1);
            int* const m = once_more(n);
            delete n;
            delete m;
        },
        fault::double_free, "twice");
}

TEST_CASE("containers in a body", "[memory]") {
    const counted c = explore([] {
        std::vector<std::string> words;
        atomic_int x(0);
        thread a([&] {
            std::vector<int> mine(100, 1);
            x.store(mine[50], k_rlx);
        });
        for (int i = 0; i < 20; ++i) words.push_back(std::string(100, 'a'));
        if (x.load(k_rlx) == 1) words.clear();
        a.join();
        const auto shared = std::make_shared<int>(x.load(k_rlx));
        require(*shared == 1);
    });
    CHECK(c.said.said == verdict::passed);
    CHECK(c.said.complete == 2);
}

TEST_CASE("addresses are the same in every execution", "[memory]") {
    seen_places heap, stack, other;  // nothing here may allocate inside of the body
    const counted c = explore([&] {
        int local = 0;
        stack.note(&local);
        atomic_int x(0);
        auto* const n = new int(1);
        heap.note(n);
        delete n;
        thread a([&] {
            auto* const m = new int(1);
            other.note(m);
            delete m;
            x.store(1, k_rlx);
            x.store(2, k_rlx);
        });
        x.load(k_rlx);
        a.join();
    });
    CHECK(c.said.complete == 3);
    for (const seen_places* const places : {&heap, &stack, &other}) {
        CHECK(places->times >= 3);
        CHECK(places->first != nullptr);
        CHECK(places->same);
    }
}

TEST_CASE("the arena hands out and takes back", "[memory]") {
    arena memory;
    auto* const a = static_cast<char*>(memory.allocate(0, 10, 1));
    auto* const b = static_cast<char*>(memory.allocate(0, 10, 64));
    void* const other = memory.allocate(1, 10, 1);
    REQUIRE((a != nullptr && b != nullptr && other != nullptr));
    CHECK(reinterpret_cast<std::uintptr_t>(b) % 64 == 0);
    CHECK(b >= a + 10);
    CHECK(memory.live() == 3);
    CHECK(memory.at(a)->bytes == 10);
    CHECK(memory.at(a + 1) == nullptr);
    CHECK(memory.around(a + 9) == memory.at(a));
    CHECK(memory.around(a + 10) == nullptr);
    CHECK(memory.leaked() == memory.at(a));
    memory.release(*memory.at(a));
    CHECK(memory.leaked() == memory.at(b));
    CHECK(memory.live() == 2);
    CHECK(memory.allocate(0, arena::k_thread_bytes, 1) == nullptr);
    memory.reset();
    CHECK(memory.allocate(0, 10, 1) == a);
    CHECK(memory.live() == 1);
}

TEST_CASE("a thread that asks for too much memory", "[memory]") {
    expect_fault([] { delete[] once_more(new char[arena::k_thread_bytes]); }, fault::too_long,
                 "memory");
}

}  // namespace cyclone::model::test
