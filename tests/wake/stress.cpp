// Threads that fall asleep and are woken as fast as they can, over and over: what is lost shows as
// a thread that stays asleep. The publications are plain stores, so that a missing fence is missing
// on this machine too.
#include "support.hpp"

namespace cyclone::wake::test {

TEST_CASE("W1: ping-pong", "[stress]") {
    on_each("ping-pong", [](const registration& row) {
        const effort how = usual_effort();
        CHECK(text(check_ping_pong(row.make, how)) == "");
        count_cases(2 * how.rounds);
    });
}

TEST_CASE("W1: crowds", "[stress]") {
    on_each("crowds", [](const registration& row) {
        const effort how = usual_effort();
        for (const unsigned producers : {1U, 2U, 3U}) {
            for (const unsigned consumers : {1U, 2U, 4U}) {
                INFO(producers << " producers, " << consumers << " sleepers");
                CHECK(text(check_crowd(row.make, producers, consumers, how)) == "");
                count_cases(producers * how.items);
            }
        }
    });
}

}  // namespace cyclone::wake::test
