// The order-weakening matrix on a handover whose needs are known.

#include "engine_support.hpp"
#include "model/weaken.hpp"

namespace cyclone::model::test {

using sync::explored;

namespace {

void handover() {
    plain_int data(0);
    atomic_int flag(0), count(0);
    thread a([&] {
        data.set(1);
        count.fetch_add(1, k_acq_rel);
        flag.store(1, k_rel);
    });
    if (flag.load(k_acq) == 1) require(data.get() == 1);
    int one = 1;
    count.compare_exchange_strong(one, 2, k_sc, k_acq);
    a.join();
}

void with_fences() {
    atomic_int x(0), y(0);
    int seen = 1;
    thread a([&] {
        x.store(1, k_rlx);
        explored::fence(k_sc);
        seen = y.load(k_rlx);
    });
    y.store(1, k_rlx);
    explored::fence(k_sc);
    const int mine = x.load(k_rlx);
    a.join();
    require(seen + mine > 0);
}

}  // namespace

TEST_CASE("orders that are needed are told from those that are not", "[weaken]") {
    const weaken_report report = weaken({}, {{"handover", handover}});
    INFO(report.table());
    CHECK(report.unsound.empty());
    // update 3, store 1, load 1, compare 4 and its failure 1
    REQUIRE(report.rows.size() == 10);
    CHECK(report.count(fate_of::caught) == 2);
    CHECK(report.count(fate_of::survived) == 8);
    for (const weakening& w : report.rows) {
        const bool needed =
            w.site.what == site_use::kind_of::store || w.site.what == site_use::kind_of::load;
        INFO(w.site.where);
        CHECK((w.came_to == fate_of::caught) == needed);
        if (needed) CHECK(w.what == fault::race);
        if (needed) CHECK(w.scenario == "handover");
    }
    CHECK(report.json_lines().find("\"fate\":\"caught\"") != std::string::npos);
}

TEST_CASE("fences are weakened down to none", "[weaken]") {
    const weaken_report report = weaken({}, {{"fences", with_fences}});
    INFO(report.table());
    REQUIRE(report.rows.size() == 8);
    CHECK(report.count(fate_of::caught) == 8);
}

TEST_CASE("what is wrong already is not weakened", "[weaken]") {
    const weaken_report report = weaken({}, {{"wrong", [] { require(false, "never"); }}});
    CHECK(report.rows.empty());
    CHECK(report.unsound.find("wrong: never") == 0);
}

TEST_CASE("weaker orders of each kind of operation", "[weaken]") {
    using kind_of = site_use::kind_of;
    using list = std::vector<std::memory_order>;
    CHECK(weaker_orders(kind_of::load, k_sc) == list{k_acq, k_rlx});
    CHECK(weaker_orders(kind_of::store, k_sc) == list{k_rel, k_rlx});
    CHECK(weaker_orders(kind_of::update, k_sc) == list{k_acq_rel, k_acq, k_rel, k_rlx});
    CHECK(weaker_orders(kind_of::fence, k_acq) == list{k_rlx});
    CHECK(weaker_orders(kind_of::load, k_rlx).empty());
}

}  // namespace cyclone::model::test
