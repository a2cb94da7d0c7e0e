// tests/engine/cpu/top_k_test.cpp: Tests the selection against a full sort, ties and all.
#include "engine/cpu/top_k.h"

#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "tests/support/sparse_kernels_here.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

std::vector<int> by_sorting(const std::vector<float>& scores, int k) {
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) {
        const float first = scores[std::size_t(a)], second = scores[std::size_t(b)];
        return first != second ? first > second : a < b;
    });
    order.resize(std::min(order.size(), std::size_t(k)));
    std::sort(order.begin(), order.end());
    return order;
}

// With a guard behind the room that the selection has.
std::vector<int> selected(const SparseKernels& kernels, const std::vector<float>& scores, int k) {
    std::vector<int> out(std::size_t(k) + 1, -1);
    const int count = top_k(kernels, scores.data(), std::int64_t(scores.size()), k, out.data());
    REQUIRE(out.back() == -1);
    out.resize(std::size_t(count));
    return out;
}

void check_all(const std::vector<float>& scores, std::initializer_list<int> ks) {
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        for (const int k : ks) {
            INFO(std::string(kernels->name), " ", scores.size(), " scores, k ", k);
            REQUIRE(selected(*kernels, scores, k) == by_sorting(scores, k));
        }
    }
}

template <class Make>
std::vector<float> made(std::size_t count, Make make) {
    std::vector<float> scores(count);
    for (std::size_t i = 0; i < count; ++i) scores[i] = make(i);
    return scores;
}

}  // namespace

TEST_CASE("top_k: equals a full sort, with many ties, of either sign, at any length") {
    std::mt19937 random(5);
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        for (int round = 0; round < 300; ++round) {
            const auto count = 1 + random() % 3000;
            const int k = 1 + static_cast<int>(random() % 300);
            const auto values = 1 + random() % (round % 3 == 0 ? 4 : 1000);  // few values: many ties
            const auto scores =
                made(count, [&](std::size_t) { return (float(random() % values) - float(values / 2)) / 7; });
            REQUIRE(selected(*kernels, scores, k) == by_sorting(scores, k));
        }
    }
}

TEST_CASE("top_k: equals a full sort of bits of any kind") {
    std::mt19937 random(6);
    for (int round = 0; round < 30; ++round) {
        const auto scores = made(5000, [&](std::size_t) {
            const auto value = std::bit_cast<float>(std::uint32_t(random()));
            return std::isnan(value) ? 0.0f : value;
        });
        check_all(scores, {1, 7, 2048, 4999, 5000, 6000});
    }
}

TEST_CASE("top_k: of scores that are all equal it takes the first") {
    for (const float value : {0.0f, -0.0f, 1.5f, -3e38f, std::numeric_limits<float>::infinity()}) {
        check_all(std::vector<float>(1000, value), {1, 3, 8, 999, 1000});
    }
}

TEST_CASE("top_k: 0 and -0 tie, and what is between them and nothing counts") {
    check_all(made(999, [](std::size_t i) { return i % 3 == 0 ? -0.0f : 0.0f; }), {1, 5, 500});
    check_all(made(999, [](std::size_t i) { return std::ldexp(i % 2 == 0 ? 1.0f : -1.0f, -149 + int(i % 7)); }),
              {1, 5, 300, 700});
}

TEST_CASE("top_k: one crowded bin, and one that differs in its last bits alone") {
    std::mt19937 random(7);
    check_all(made(20000, [&](std::size_t) { return 1 + float(random() % 100000) * 0x1p-20f; }), {1, 2048, 19999});
    check_all(made(20000, [&](std::size_t) { return 1 + float(random() % 300) * 0x1p-23f; }), {1, 2048, 19999});
    check_all(made(20000, [&](std::size_t i) { return i == 777 ? 2.0f : 1.0f; }), {1, 2, 2048});
}

TEST_CASE("top_k: infinities of either sign are the ends") {
    check_all(made(100,
                   [](std::size_t i) {
                       if (i == 50) return std::numeric_limits<float>::infinity();
                       return i % 2 == 0 ? -std::numeric_limits<float>::infinity() : float(i);
                   }),
              {1, 2, 51, 52, 99});
}

TEST_CASE("top_k: a NaN is the largest or the smallest by its sign") {
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        std::vector<float> scores(100, 1.0f);
        scores[50] = std::bit_cast<float>(0x7fc00000u);
        CHECK(selected(*kernels, scores, 1) == std::vector<int>{50});
        scores[50] = std::bit_cast<float>(0xffffffffu);
        CHECK(selected(*kernels, scores, 99).back() == 99);
        const auto all_but_it = selected(*kernels, scores, 99);
        CHECK(std::find(all_but_it.begin(), all_but_it.end(), 50) == all_but_it.end());
    }
}

TEST_CASE("top_k: a sample that misleads costs time, not truth") {
    // Of 20,000 scores some thousand are sampled: those are all high, or all low, or no numbers.
    std::vector<std::size_t> places;
    for (std::uint32_t i = 0; i < 1024; ++i) {
        places.push_back(std::size_t(std::uint64_t{i * 0x9e3779b9u} * 20000 >> 32));
    }
    for (const float sampled : {5.0f, -5.0f, std::bit_cast<float>(0x7fc00000u)}) {
        std::mt19937 random(8);
        auto scores = made(20000, [&](std::size_t) { return float(random() % 1000) / 1000; });
        for (const std::size_t place : places) scores[place] = sampled;
        for (const SparseKernels* kernels : sparse_kernels_here()) {
            const auto chosen = selected(*kernels, scores, 2000);
            if (!std::isnan(sampled)) REQUIRE(chosen == by_sorting(scores, 2000));
            CHECK(chosen.size() == 2000);
            for (std::size_t i = 0; i < places.size() && !(sampled < 0); ++i) {
                CHECK(std::binary_search(chosen.begin(), chosen.end(), int(places[i])));
            }
        }
    }
}
