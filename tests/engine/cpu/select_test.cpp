// tests/engine/cpu/select_test.cpp: Tests the indexer's selection: whose it is, and what it does not depend on.
#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/cpu/cpu_ops.h"
#include "engine/reference/reference_ops.h"
#include "tests/support/sparse_kernels_here.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

enum class Spread { normal, few_large, one_for_all, tiny, with_zeros };  // of the queries' and keys' numbers

template <class Number>
struct House {
    int heads, dim;
    PagePool pool;
    KvCache cache;
    std::vector<Number> q, weights;

    House(Ops& ops, std::int64_t length, int head_count, int size, Spread spread)
        : heads(head_count),
          dim(size),
          pool(ops.device(), ops.page_layout(1, 16, 2, dim), 1 << 14),
          cache(pool, 1 << 14) {
        std::mt19937 random(unsigned(length) + unsigned(spread));
        std::normal_distribution<float> normal;
        const auto make = [&](std::int64_t columns, bool is_same) {
            std::vector<Number> values(std::size_t(length * columns));
            for (std::size_t i = 0; i < values.size(); ++i) {
                float value = normal(random);
                if (spread == Spread::few_large && random() % 16 != 0) value *= 1e-3f;
                if (spread == Spread::tiny) value *= 1e-7f;
                if (spread == Spread::with_zeros && random() % 3 != 0) value = 0;
                values[i] = is_same && i >= std::size_t(columns) ? values[i - std::size_t(columns)] : Number(value);
            }
            return values;
        };
        auto latent = make(16, false), rope_key = make(2, false);
        auto key = make(dim, spread == Spread::one_for_all);
        q = make(std::int64_t{heads} * dim, false);
        weights = make(heads, false);
        cache.reserve(length);
        const Sequence sequence{cache.view(), 0, 0, length};
        ops.store({rows(latent, 16), rows(rope_key, 2), rows(key, dim), {&sequence, 1}, 0});
        cache.advance(std::vector<Token>(std::size_t(length)));
    }
    static Rows rows(std::vector<Number>& values, std::int64_t columns) {
        return {reinterpret_cast<std::byte*>(values.data()), std::int64_t(values.size()) / columns, columns, columns,
                sizeof(Number)};
    }
    std::vector<int> select(Ops& ops, std::int64_t first, std::int64_t count, int top_k) {
        auto own_q = q, own_weights = weights;
        std::vector<Number> scores(1 << 14);
        std::vector<int> selected(std::size_t(count * top_k), -1), counts(std::size_t(count), 0);
        const Sequence sequence{cache.view(), first, 0, count};
        SelectParams params;
        params.q = rows(own_q, std::int64_t{heads} * dim).slice_rows(first, count);
        params.weights = rows(own_weights, heads).slice_rows(first, count);
        params.sequences = {&sequence, 1};
        params.heads = heads;
        params.dim = dim;
        params.top_k = top_k;
        params.scores = rows(scores, std::int64_t(scores.size()));
        params.selected = selected.data();
        params.counts = counts.data();
        ops.select(params);
        for (std::int64_t t = 0; t < count; ++t) {
            CHECK(counts[std::size_t(t)] == std::min<std::int64_t>(top_k, first + t + 1));
        }
        return selected;
    }
};

}  // namespace

TEST_CASE("select: agrees with the reference in both precisions, however the numbers are spread") {
    for (const SparseKernels* sparse : sparse_kernels_here()) {
        for (const bool quantised : {false, true}) {
            for (const Spread spread : {Spread::normal, Spread::tiny}) {
                INFO(std::string(sparse->name), " quantised ", quantised, " spread ", int(spread));
                Kernels kernels = plain_kernels;
                kernels.sparse = sparse;
                CpuOps cpu(kernels, 2, quantised, CacheRows::f32);
                ReferenceOps reference(quantised, CacheRows::f32);
                House<float> ours(cpu, 400, 6, 32, spread);
                House<double> theirs(reference, 400, 6, 32, spread);
                CHECK(ours.select(cpu, 0, 400, 50) == theirs.select(reference, 0, 400, 50));
            }
        }
    }
}

TEST_CASE("select: a row's choice does not depend on the rows beside it, nor on the threads") {
    for (const SparseKernels* sparse : sparse_kernels_here()) {
        Kernels kernels = plain_kernels;
        kernels.sparse = sparse;
        for (const Spread spread :
             {Spread::normal, Spread::few_large, Spread::one_for_all, Spread::tiny, Spread::with_zeros}) {
            INFO(std::string(sparse->name), " spread ", int(spread));
            std::vector<int> expected;
            for (const int threads : {1, 2, 3, 4}) {
                CpuOps cpu(kernels, threads, true, CacheRows::f32);
                House<float> house(cpu, 900, 4, 64, spread);
                const auto whole = house.select(cpu, 0, 900, 64);
                if (expected.empty()) expected = whole;
                REQUIRE(whole == expected);
                for (const std::int64_t first : {0, 60, 64, 500, 899}) {
                    const auto one = house.select(cpu, first, 1, 64);
                    REQUIRE(std::equal(one.begin(), one.end(), expected.begin() + first * 64));
                }
            }
        }
    }
}

TEST_CASE("select: weights that are no numbers end in a selection all the same") {
    for (const SparseKernels* sparse : sparse_kernels_here()) {
        Kernels kernels = plain_kernels;
        kernels.sparse = sparse;
        CpuOps cpu(kernels, 2, true, CacheRows::f32);
        House<float> house(cpu, 300, 4, 32, Spread::normal);
        house.weights[4 * 299] = NAN;
        house.weights[4 * 298] = INFINITY;
        house.q[std::size_t(4 * 32 * 297)] = NAN;
        const auto selected = house.select(cpu, 290, 10, 20);
        CHECK(std::all_of(selected.begin(), selected.end(),
                          [](int position) { return position >= 0 && position < 300; }));
    }
}
