// tests/engine/cpu/score_bytes_test.cpp: Tests the indexer's scores of pages of bytes against sums in doubles.
#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/cpu/byte_query.h"
#include "engine/ops/numbers.h"
#include "tests/support/sparse_kernels_here.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

enum class Numbers { any, largest, largest_against, zeros };

// A page of keys, laid out as the cache has it, and a query.
struct Page {
    int heads, dim;
    std::vector<int> keys;  // [64, dim]
    std::vector<std::byte> bytes;
    std::vector<float> q, weights;

    Page(int head_count, int size, Numbers numbers) : heads(head_count), dim(size) {
        std::mt19937 random(unsigned(heads * 1000 + dim));
        const auto whole = [&](int extreme) {
            if (numbers == Numbers::zeros) return 0;
            return numbers == Numbers::any ? int(random() % 255) - 127 : extreme;
        };
        bytes.resize(std::size_t(dim + 4) * key_block);
        for (int s = 0; s < key_block; ++s) {
            for (int d = 0; d < dim; ++d) {
                keys.push_back(whole(numbers == Numbers::largest_against ? -127 : 127));
                bytes[std::size_t(d / 4 * 4 * key_block + 4 * s + d % 4)] = std::byte(keys.back() + key_zero);
            }
            const float scale = std::exp2(float(random() % 9) - 4);
            std::memcpy(bytes.data() + dim * key_block + 4 * s, &scale, sizeof scale);
        }
        for (int i = 0; i < heads * dim; ++i) q.push_back(float(whole(127)));
        for (int h = 0; h < heads; ++h) {
            q[std::size_t(h * dim)] = 127;  // so that a head's scale is one
            weights.push_back(float(random() % 201) / 100 - 1);
        }
    }

    const float* scales() const { return reinterpret_cast<const float*>(bytes.data() + dim * key_block); }
    double true_score(int key, double& size) const {
        double score = size = 0;
        for (int h = 0; h < heads; ++h) {
            double dot = 0;
            for (int d = 0; d < dim; ++d) dot += double(q[std::size_t(h * dim + d)]) * keys[std::size_t(key * dim + d)];
            score += double(weights[std::size_t(h)]) * std::max(dot, 0.0);
            size += std::fabs(double(weights[std::size_t(h)])) * std::max(dot, 0.0);
        }
        size *= double(scales()[key]);
        return score * double(scales()[key]);
    }
    std::vector<float> scores(const SparseKernels& kernels, const std::byte* next) const {
        ByteQuery query;
        query.set(q.data(), weights.data(), heads, dim);
        constexpr float untouched = 77;
        std::vector<float> out(key_block + 1, untouched);
        kernels.score_bytes({.keys = bytes.data(),
                             .next = next,
                             .key_scales = scales(),
                             .q = query.q.data(),
                             .offsets = query.offsets.data(),
                             .weights = query.weights.data(),
                             .heads = heads,
                             .dim = dim,
                             .scores = out.data()});
        CHECK(out.back() == untouched);
        out.pop_back();
        return out;
    }
};

}  // namespace

TEST_CASE("score bytes: sums of products are exact, whatever the numbers, heads and dimensions") {
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        for (const int heads : {1, 2, 3, 4, 6, 16, 19, 64}) {
            for (const int dim : {4, 16, 128}) {
                for (const auto numbers : {Numbers::any, Numbers::largest, Numbers::largest_against, Numbers::zeros}) {
                    INFO(std::string(kernels->name), " heads ", heads, " dim ", dim, " numbers ", int(numbers));
                    const Page page(heads, dim, numbers);
                    const std::vector<float> scores = page.scores(*kernels, nullptr);
                    for (int s = 0; s < key_block; ++s) {
                        double size = 0;
                        const double expected = page.true_score(s, size);
                        // The sum over heads alone is one of floats.
                        REQUIRE(std::fabs(double(scores[std::size_t(s)]) - expected) <= size * heads * 0x1p-23);
                        REQUIRE_FALSE((scores[std::size_t(s)] == 0 && std::signbit(scores[std::size_t(s)])));
                    }
                }
            }
        }
    }
}

TEST_CASE("score bytes: what is wanted next changes no score") {
    const Page page(16, 128, Numbers::any), next(16, 128, Numbers::largest);
    for (const SparseKernels* kernels : sparse_kernels_here()) {
        INFO(std::string(kernels->name));
        CHECK(page.scores(*kernels, next.bytes.data()) == page.scores(*kernels, nullptr));
    }
}

// What decides between two formats of eight bits: whose choice is nearer to that of unrounded numbers.
TEST_CASE("score bytes: whole numbers with a scale choose more of what unrounded ones do than e4m3 would") {
    constexpr int dim = 128, heads = 16, count = 4096, top_k = 256;
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    const auto vectors = [&](int rows) {
        std::vector<float> all(std::size_t(rows * dim));
        for (float& value : all) value = normal(random);
        return all;
    };
    const std::vector<float> keys = vectors(count), queries = vectors(heads);
    const auto rounded = [&](std::vector<float> all, bool is_whole) {
        for (auto row = all.begin(); row != all.end(); row += dim) {
            float largest = 0;
            for (int d = 0; d < dim; ++d) largest = std::max(largest, std::fabs(row[d]));
            const float scale = is_whole ? int8_scale(largest) : e4m3_scale(largest);
            for (int d = 0; d < dim; ++d) {
                row[d] = scale * (is_whole ? float(round_to_int8(row[d] / scale)) : round_to_e4m3(row[d] / scale));
            }
        }
        return all;
    };
    const auto best = [&](const std::vector<float>& k, const std::vector<float>& q) {
        std::vector<std::pair<double, int>> scores;
        for (int s = 0; s < count; ++s) {
            double score = 0;
            for (int h = 0; h < heads; ++h) {
                double dot = 0;
                for (int d = 0; d < dim; ++d) {
                    dot += double(q[std::size_t(h * dim + d)]) * double(k[std::size_t(s * dim + d)]);
                }
                score += std::max(dot, 0.0) * (h % 4 == 3 ? -1 : 1);
            }
            scores.emplace_back(-score, s);
        }
        std::ranges::sort(scores);
        std::vector<int> chosen;
        for (int i = 0; i < top_k; ++i) chosen.push_back(scores[std::size_t(i)].second);
        std::ranges::sort(chosen);
        return chosen;
    };
    const std::vector<int> wanted = best(keys, queries);
    const auto kept = [&](bool is_whole) {
        std::vector<int> both;
        std::ranges::set_intersection(wanted, best(rounded(keys, is_whole), rounded(queries, is_whole)),
                                      std::back_inserter(both));
        return std::ssize(both);
    };
    const auto of_whole = kept(true), of_e4m3 = kept(false);
    INFO("of ", top_k, " kept: ", of_whole, " with whole numbers, ", of_e4m3, " with e4m3");
    CHECK(of_whole > of_e4m3);
    CHECK(of_whole >= top_k * 98 / 100);
}
