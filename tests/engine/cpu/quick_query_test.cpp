// tests/engine/cpu/quick_query_test.cpp: Tests that quick scores are as near the true ones as they say.
#include "engine/cpu/quick_query.h"

#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/ops/numbers.h"
#include "tests/support/sparse_kernels_here.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

// A page of keys and a query. `exponents`: how many of a byte's 16 the keys use, from the smallest on.
struct Page {
    int heads, dim;
    std::vector<std::uint8_t> keys;  // [dim / 2, 64, 2]
    std::vector<float> scales, q, weights;

    Page(int head_count, int size, int exponents, bool is_of_one_sign, unsigned seed) : heads(head_count), dim(size) {
        std::mt19937 random(seed);
        const auto byte = [&](int below) {
            const auto bits = std::uint8_t(random() % unsigned(below * 8));
            return std::uint8_t(std::min<std::uint8_t>(bits, 0x7e) | (is_of_one_sign ? 0 : random() % 2 << 7));
        };
        for (int i = 0; i < dim * key_block; ++i) keys.push_back(byte(exponents));
        for (int i = 0; i < key_block; ++i) scales.push_back(std::exp2(float(random() % 9) - 4));
        for (int i = 0; i < heads * dim; ++i) q.push_back(e4m3_to_float(byte(16)));
        for (int h = 0; h < heads; ++h) weights.push_back(float(random() % 201) / 100 - (is_of_one_sign ? 0.f : 1.f));
    }

    double true_score(int key) const {
        double score = 0;
        for (int h = 0; h < heads; ++h) {
            double dot = 0;
            for (int d = 0; d < dim; ++d) {
                const std::size_t at = std::size_t(d / 2 * 2 * key_block + 2 * key + d % 2);
                dot += double(q[std::size_t(h * dim + d)]) * double(e4m3_to_float(keys[at]));
            }
            score += double(weights[std::size_t(h)]) * std::max(dot, 0.0);
        }
        return score * double(scales[std::size_t(key)]);
    }

    // Returns how much of its error the worst of the quick scores takes up.
    double worst(const SparseKernels& kernels) const {
        QuickQuery quick;
        quick.set(kernels.quick, q.data(), weights.data(), heads, dim);
        REQUIRE(quick.is_usable());
        std::vector<std::int16_t> wide(keys.size());
        const bool is_whole = kernels.quick == QuickNumbers::whole;
        if (is_whole) kernels.widen_keys_fixed(keys.data(), dim, wide.data());
        float lowest[key_block];
        kernels.screen({.keys = is_whole ? static_cast<const void*>(wide.data()) : keys.data(),
                        .next = nullptr,
                        .key_scales = scales.data(),
                        .q = quick.q.data(),
                        .weights = quick.weights.data(),
                        .error = quick.error,
                        .heads = heads,
                        .dim = dim,
                        .lowest = lowest});
        double share = 0;
        for (int s = 0; s < key_block; ++s) {
            const double bound = double(quick.error) * double(scales[std::size_t(s)]);
            share = std::max(share, std::fabs(true_score(s) - (double(lowest[s]) + bound)) / bound);
        }
        return share;
    }
};

}  // namespace

TEST_CASE("quick query: a quick score is as near the true one as its error says, whatever the keys") {
    double worst = 0;
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        if (kernels->quick == QuickNumbers::none) continue;
        for (const int heads : {1, 4, 16, 19}) {
            for (const int dim : {2, 16, 128}) {
                for (const int exponents : {1, 2, 6, 16}) {
                    for (const bool is_of_one_sign : {false, true}) {
                        INFO(kernels->name, " heads ", heads, " dim ", dim, " exponents ", exponents, " one sign ",
                             is_of_one_sign);
                        const double share =
                            Page(heads, dim, exponents, is_of_one_sign, unsigned(heads)).worst(*kernels);
                        REQUIRE(share <= 1);
                        worst = std::max(worst, share);
                    }
                }
            }
        }
    }
    if (worst > 0) CHECK(worst > 0.05);  // so that a bound that is far too wide is seen
}

TEST_CASE("quick query: as whole numbers, what fits is not rounded") {
    constexpr int heads = 3, dim = 20;
    const std::vector<float> q(heads * dim, 1.5f), weights(heads, 0.5f);
    QuickQuery quick;
    quick.set(QuickNumbers::whole, q.data(), weights.data(), heads, dim);
    REQUIRE(quick.is_usable());
    for (int h = 0; h < heads; ++h) {
        const float scale =
            0.5f / quick.weights[std::size_t(h)] / fixed_key_scale;  // what the numbers were taken times
        for (int d = 0; d < dim; ++d) CHECK(float(quick.q[std::size_t(h * dim + d)]) / scale == 1.5f);
    }
}

TEST_CASE("quick query: numbers out of bounds have no quick scores") {
    constexpr int heads = 3, dim = 20;
    const std::vector<float> weights(heads, 0.5f);
    for (const QuickNumbers numbers : {QuickNumbers::whole, QuickNumbers::bf16}) {
        for (const float bad :
             {500.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
            std::vector<float> q(heads * dim, 1.5f);
            QuickQuery quick;
            quick.set(numbers, q.data(), weights.data(), heads, dim);
            REQUIRE(quick.is_usable());
            q[37] = bad;
            quick.set(numbers, q.data(), weights.data(), heads, dim);
            CHECK_FALSE(quick.is_usable());
        }
    }
}
