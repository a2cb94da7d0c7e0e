// tests/engine/measure/alternate_test.cpp: Tests which rounds of a measurement count, and what many have in common.
#include "engine/measure/alternate.h"

#include <doctest.h>

#include <functional>
#include <vector>

#include "engine/measure/timing.h"

using namespace heddle::engine;

TEST_CASE("alternate: a round between two unlike probes is run again") {
    const std::vector<double> probes{10, 10, 10, 13, 10, 11};  // the second round is disturbed
    std::size_t next = 0;
    std::string order;
    const std::vector<std::function<double()>> acts{[&] { return order += 'a', 1.0; },
                                                    [&] { return order += 'b', 2.0; }};
    const auto rounds = alternate(acts, [&] { return probes[next++]; }, 2, {});
    REQUIRE(rounds);
    CHECK(order == "ababab");
    CHECK(rounds->rounds.size() == 2);
    CHECK(rounds->discarded == 1);
    CHECK(!rounds->noisy);
    CHECK(rounds->rounds[1].probe == doctest::Approx(10.5));
    CHECK(rounds->rounds[1].seconds == std::vector<double>{1, 2});
}

TEST_CASE("alternate: where nothing is calm, all rounds count and the result says so") {
    int reading = 0;
    const std::vector<std::function<double()>> acts{[] { return 1.0; }};
    const auto rounds = alternate(acts, [&] { return reading++ % 2 == 0 ? 1.0 : 2.0; }, 2, {});
    REQUIRE(rounds);
    CHECK(rounds->noisy);
    CHECK(rounds->rounds.size() == 6);
}

TEST_CASE("alternate: a stop ends it between two acts") {
    std::stop_source stop;
    int acted = 0;
    const std::vector<std::function<double()>> acts{[&] { return stop.request_stop(), ++acted; },
                                                    [&] { return ++acted; }};
    CHECK(!alternate(
        acts, [] { return 1.0; }, 5, stop.get_token()));
    CHECK(acted == 1);
}

TEST_CASE("timing: a sample has the median and the spread of its middle half") {
    const Sample sample = sample_of({5, 1, 2, 3, 100});
    CHECK(sample.median == 3);
    CHECK(sample.spread == doctest::Approx(1));  // from 2 to 5, over 3
    CHECK(sample.count == 5);
    CHECK(sample_of({1, 2}).median == 1.5);
    CHECK(sample_of({}).count == 0);
}
