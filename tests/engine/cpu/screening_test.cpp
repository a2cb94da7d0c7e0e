// tests/engine/cpu/screening_test.cpp: Tests that bounds, however bad, never change which keys are chosen.
#include "engine/cpu/screening.h"

#include <doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "engine/cpu/top_k.h"
#include "tests/support/sparse_kernels_here.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

// Scores that lie anywhere within their bounds, at the ends more often than not.
struct Made {
    std::vector<float> lowest, scales, exact;
    float error;

    Made(int count, float bound, unsigned seed) : error(bound) {
        std::mt19937 random(seed);
        std::normal_distribution<float> normal;
        std::uniform_real_distribution<float> within(0, 1);
        for (int i = 0; i < count; ++i) {
            scales.push_back(std::exp2(float(random() % 9) - 4));
            const float place = random() % 3 == 0 ? within(random) : float(random() % 2);
            lowest.push_back(normal(random) * scales.back());
            exact.push_back(lowest.back() + place * 1.999f * error * scales.back());
        }
        scales.resize(scales.size() + key_block);  // the last page's other lanes
        lowest.resize(lowest.size() + key_block, 1e9f);
    }

    bool choose(const SparseKernels& kernels, int k, std::vector<int>& selected, int parts = 1) const {
        selected.resize(static_cast<std::size_t>(k));
        const QuickScores quick{
            {lowest.data(), exact.size()}, error, [&](std::int64_t page) { return scales.data() + page * key_block; }};
        return choose_screened(
            kernels, quick, k,
            [&](std::span<const int> positions, float* scores) {
                REQUIRE(positions.size() <= key_block);
                for (const int position : positions) *scores++ = exact[static_cast<std::size_t>(position)];
            },
            [](std::int64_t tasks, const auto& task) {
                while (tasks-- > 0) task(tasks);  // in any order
            },
            parts, selected.data());
    }
    std::vector<int> best(const SparseKernels& kernels, int k) const {
        std::vector<int> selected(static_cast<std::size_t>(k));
        top_k(kernels, exact.data(), std::int64_t(exact.size()), k, selected.data());
        return selected;
    }
};

}  // namespace

TEST_CASE("screening: what is chosen is what exact scores of all would choose, wherever in their bounds they lie") {
    int decided = 0;
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        for (unsigned seed = 0; seed < 200; ++seed) {
            const int count = 65 + int(seed * 37 % 1500), k = 1 + int(seed * 11) % (count - 1);
            const Made made(count, 0.002f * float(1 << seed % 7), seed);
            std::vector<int> selected;
            if (!made.choose(*kernels, k, selected, 1 + int(seed % 3))) continue;
            ++decided;
            INFO(kernels->name, ", seed ", seed);
            REQUIRE(selected == made.best(*kernels, k));
        }
    }
    CHECK(decided > 100);
}

TEST_CASE("screening: bounds too wide to settle anything are said to be, and nothing is chosen") {
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        std::vector<int> selected;
        CHECK_FALSE(Made(1000, 100, 1).choose(*kernels, 300, selected));
    }
}

TEST_CASE("screening: a scale that is no number leaves its key to the exact score") {
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        Made made(500, 0.01f, 3);
        made.scales[70] = made.lowest[70] = std::numeric_limits<float>::quiet_NaN();
        made.exact[70] = 1e6f;
        std::vector<int> selected;
        REQUIRE(made.choose(*kernels, 20, selected));
        CHECK(selected == made.best(*kernels, 20));
    }
}
