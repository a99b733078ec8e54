// Stress: crowds of real threads on shared structures, and the judge of what they saw shown to
// bite. In a sanitizer's build memory is really given back: what is touched late is then seen by
// the sanitizer, otherwise by the marks in the nodes.
#include "support.hpp"
#include "support/seed.hpp"

namespace cyclone::reclamation::test {
namespace {

reclamation::effort crowd_of(unsigned threads, bool give_back) {
    return {.threads = threads,
            .steps = effort(200000, 4000000) / threads,
            .give_back = give_back,
            .seed = cyclone::test::seed()};
}

}  // namespace

TEST_CASE("crowds on marked nodes", "[stress]") {
    on_each("marked", [](const registration& row) {
        for (const unsigned threads : {2U, 3U, 4U, 8U}) {
            const auto how = crowd_of(threads, false);
            INFO(threads << " threads");
            CHECK(run_crowds(row.make, how) == "");
            count_cases(2 * how.steps * threads);
        }
    });
}

TEST_CASE("crowds on memory that is given back", "[stress]") {
    on_each("given back", [](const registration& row) {
        for (const unsigned threads : {2U, 4U}) {
            const auto how = crowd_of(threads, true);
            INFO(threads << " threads");
            CHECK(run_crowds(row.make, how) == "");
            count_cases(2 * how.steps * threads);
        }
    });
}

TEST_CASE("a crowd is at work, and not only there", "[stress]") {
    on_each("at work", [](const registration& row) {
        const auto how = crowd_of(3, false);
        for (const structure what : {structure::cells, structure::stack}) {
            const crowd_report got = record_crowd(row.make, what, how);
            CHECK(got.made > how.steps / 2);
            CHECK(got.reads > how.steps / 2);
            CHECK(got.disposed > 0);
        }
    });
}

TEST_CASE("the judge of a crowd finds what is planted", "[judge]") {
    const crowd_report well{.made = 10, .disposed = 8, .linked = 2, .backlog_most = 4, .reads = 9};
    CHECK(judge(well, 4) == "");
    crowd_report bad = well;
    bad.faults = 1;
    CHECK(judge(bad, 4).starts_with("S1"));
    bad = well;
    bad.twice = 1;
    CHECK(judge(bad, 4).starts_with("S3"));
    bad = well;
    bad.linked = 1;
    CHECK(judge(bad, 4).starts_with("S4"));
    CHECK(judge(well, 3).starts_with("S6"));
    CHECK(judge(well, k_unbounded) == "");
}

}  // namespace cyclone::reclamation::test
