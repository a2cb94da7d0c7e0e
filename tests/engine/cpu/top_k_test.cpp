// tests/engine/cpu/top_k_test.cpp: Tests the selection against a full sort, ties and all.
#include "engine/cpu/top_k.h"

#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

using namespace heddle::engine;

namespace {

std::vector<int> by_sorting(const std::vector<float>& scores, int k) {
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) {
        return scores[std::size_t(a)] != scores[std::size_t(b)] ? scores[std::size_t(a)] > scores[std::size_t(b)]
                                                                : a < b;
    });
    order.resize(std::min(order.size(), std::size_t(k)));
    std::sort(order.begin(), order.end());
    return order;
}

std::vector<int> selected(const std::vector<float>& scores, int k) {
    std::vector<int> out(std::size_t(k), -1);
    out.resize(std::size_t(top_k(scores.data(), std::int64_t(scores.size()), k, out.data())));
    return out;
}

}  // namespace

TEST_CASE("top_k: equals a full sort, with many ties, of either sign, at any length") {
    std::mt19937 random(5);
    for (int round = 0; round < 400; ++round) {
        const auto count = 1 + random() % 3000;
        const int k = 1 + static_cast<int>(random() % 300);
        const auto values = 1 + random() % (round % 3 == 0 ? 4 : 1000);  // few values: many ties
        std::vector<float> scores(count);
        for (float& score : scores) score = (float(random() % values) - float(values / 2)) / 7 + 0.0f;
        REQUIRE(selected(scores, k) == by_sorting(scores, k));
    }
}

TEST_CASE("top_k: of scores that are all equal it takes the first") {
    CHECK(selected(std::vector<float>(100, 0.0f), 3) == std::vector<int>{0, 1, 2});
}

TEST_CASE("top_k: a NaN does no harm") {
    std::vector<float> scores(100, 1.0f);
    scores[50] = std::nanf("");
    CHECK(selected(scores, 10).size() == 10);
}
