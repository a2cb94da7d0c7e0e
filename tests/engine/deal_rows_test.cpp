// tests/engine/deal_rows_test.cpp: Tests that a pass is shared out fairly.
#include "engine/deal_rows.h"

#include <doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using namespace heddle::engine;

namespace {

using Counts = std::vector<std::int64_t>;

Counts deal(const Counts& wanted, std::int64_t rows_max) {
    Counts dealt(wanted.size(), -1);
    deal_rows(wanted, rows_max, dealt);
    return dealt;
}

}  // namespace

TEST_CASE("deal_rows: every step gets its row before prefill gets more than one") {
    CHECK(deal({1000, 1, 1, 1}, 64) == Counts{61, 1, 1, 1});
    CHECK(deal({1, 1000, 1, 500}, 64) == Counts{1, 62, 1, 0});
    CHECK(deal({1000, 500, 1}, 8) == Counts{7, 0, 1});
    CHECK(deal({20, 30, 1}, 64) == Counts{20, 30, 1});
}

TEST_CASE("deal_rows: the one that waited longest gets a row, whatever the others want") {
    CHECK(deal({1000, 1, 1, 1}, 3) == Counts{1, 1, 1, 0});
    CHECK(deal({1000, 1}, 1) == Counts{1, 0});
    CHECK(deal({}, 5).empty());
}

TEST_CASE("deal_rows: never more rows than there are or are wanted, and none is left lying that somebody wants") {
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        Counts wanted(random() % 12 + 1);
        for (auto& count : wanted) count = random() % 2 == 0 ? 1 : random() % 100 + 1;
        const auto rows_max = static_cast<std::int64_t>(random() % 90 + 1);
        const Counts dealt = deal(wanted, rows_max);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            REQUIRE(dealt[i] >= 0);
            REQUIRE(dealt[i] <= wanted[i]);
        }
        const auto sum = [](const Counts& counts) { return std::accumulate(counts.begin(), counts.end(), 0l); };
        REQUIRE(sum(dealt) == std::min(sum(wanted), rows_max));
    }
}
