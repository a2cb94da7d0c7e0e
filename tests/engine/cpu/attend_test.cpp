// tests/engine/cpu/attend_test.cpp: Tests attention by tiles, parts and groups against double precision and itself.
#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/cpu/cpu_ops.h"
#include "engine/ops/numbers.h"
#include "engine/reference/reference_ops.h"
#include "tests/support/sparse_kernels_here.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

constexpr int heads = 5, kv_lora = 40, rope = 6, width = 48, layer = 1;

Kernels with(const SparseKernels& sparse) {
    Kernels kernels = plain_kernels;
    kernels.sparse = &sparse;
    return kernels;
}

// A cache of random rows, and queries.
template <class Number>
struct House {
    PagePool pool;
    KvCache cache;
    std::vector<Number> q;

    House(Ops& ops, std::int64_t length)
        : pool(ops.device(), ops.page_layout(2, kv_lora, rope, 16), 1 << 14),
          cache(pool, 1 << 14),
          q(std::size_t(length * heads * width)) {
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        const auto make = [&](std::int64_t columns) {
            std::vector<Number> values(std::size_t(length * columns));
            for (Number& value : values) value = Number(normal(random));
            return values;
        };
        auto latent = make(kv_lora), rope_key = make(rope), key = make(16);
        cache.reserve(length);
        const Sequence sequence{cache.view(), 0, 0, length};
        ops.store({rows(latent, kv_lora), rows(rope_key, rope), rows(key, 16), {&sequence, 1}, layer});
        cache.advance(std::vector<Token>(std::size_t(length)));
        for (std::size_t i = 0; i < q.size(); ++i) {
            const float value = bf16_to_float(float_to_bf16(normal(random)));  // which no kernel rounds further
            q[i] = std::int64_t(i) % width < kv_lora + rope ? Number(value) : Number(0);
        }
    }
    static Rows rows(std::vector<Number>& values, std::int64_t columns) {
        return {reinterpret_cast<std::byte*>(values.data()), std::int64_t(values.size()) / columns, columns, columns,
                sizeof(Number)};
    }
    // Rows [first, first + count), each with its selection or, without any, everything.
    std::vector<Number> attend(Ops& ops, std::int64_t first, std::int64_t count, const std::vector<int>* selected,
                               const std::vector<int>* counts, int top_k) {
        std::vector<Number> out(std::size_t(count * heads * width));
        const Sequence sequence{cache.view(), first, 0, count};
        AttendParams params;
        params.q = rows(q, heads * width).slice_rows(first, count);
        params.sequences = {&sequence, 1};
        params.selected = selected == nullptr ? nullptr : selected->data() + first * top_k;
        params.counts = counts == nullptr ? nullptr : counts->data() + first;
        params.layer = layer;
        params.heads = heads;
        params.kv_lora = kv_lora;
        params.rope = rope;
        params.row_width = width;
        params.top_k = top_k;
        params.scale = 0.3;
        params.out = rows(out, heads * width);
        ops.attend(params);
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (std::int64_t(i) % width >= kv_lora) out[i] = 0;  // left as it was, or what the tile had there
        }
        return out;
    }
};

// What rounding probabilities to bf16 may do to a sum of rows, whose numbers are below five, and rounding the rows to
// the scores too; or what float sums may.
double allowed_error(const SparseKernels& sparse, CacheRows rows, double of_floats) {
    if (sparse.tile_type == CacheRows::f32) return of_floats;
    return (rows == CacheRows::f32 ? 10 : 5) * 0x1p-9;
}

// Random selections of at most top_k of what stands before each row.
void select(std::int64_t length, int top_k, std::vector<int>& selected, std::vector<int>& counts) {
    std::mt19937 random(4);
    selected.assign(std::size_t(length * top_k), -1);
    for (std::int64_t t = 0; t < length; ++t) {
        std::vector<int> all(std::size_t(t + 1));
        std::iota(all.begin(), all.end(), 0);
        std::shuffle(all.begin(), all.end(), random);
        all.resize(std::min(all.size(), std::size_t(top_k)));
        std::sort(all.begin(), all.end());
        std::copy(all.begin(), all.end(), selected.begin() + t * top_k);
        counts.push_back(int(all.size()));
    }
}

}  // namespace

TEST_CASE("attend: sparse and dense, of every row format, agree with the reference") {
    const std::int64_t length = 300;
    const int top_k = 130;
    std::vector<int> selected, counts;
    select(length, top_k, selected, counts);
    for (const SparseKernels* sparse : sparse_kernels_here()) {
        for (const CacheRows type : {CacheRows::fp8, CacheRows::bf16, CacheRows::f32}) {
            const Kernels kernels = with(*sparse);
            CpuOps cpu(kernels, 2, true, type);
            ReferenceOps reference(true, type);
            House<float> ours(cpu, length);
            House<double> theirs(reference, length);
            for (const bool dense : {false, true}) {
                INFO(sparse->name, " ", name_of(type), dense ? " dense" : " sparse");
                const auto* s = dense ? nullptr : &selected;
                const auto* c = dense ? nullptr : &counts;
                const auto out = ours.attend(cpu, 0, length, s, c, top_k);
                const auto expected = theirs.attend(reference, 0, length, s, c, top_k);
                double error = 0;
                for (std::size_t i = 0; i < out.size(); ++i) error = std::max(error, std::fabs(out[i] - expected[i]));
                CHECK(error < allowed_error(*sparse, type, 1e-5));
            }
        }
    }
}

TEST_CASE("attend: a row's bits do not depend on the rows beside it, nor on the threads") {
    const std::int64_t length = 1500;
    const int top_k = 700;
    std::vector<int> selected, counts;
    select(length, top_k, selected, counts);
    for (const SparseKernels* sparse : sparse_kernels_here()) {
        const Kernels kernels = with(*sparse);
        for (const bool dense : {false, true}) {
            std::vector<float> expected;
            for (const int threads : {1, 2, 3, 4}) {
                CpuOps cpu(kernels, threads, true, CacheRows::fp8);
                House<float> house(cpu, length);
                const auto* s = dense ? nullptr : &selected;
                const auto* c = dense ? nullptr : &counts;
                const auto whole = house.attend(cpu, 0, length, s, c, top_k);
                if (expected.empty()) expected = whole;
                INFO(sparse->name, " threads ", threads, dense ? " dense" : " sparse");
                REQUIRE(whole == expected);
                for (const std::int64_t first : {0, 5, 63, 255, 256, 699, 700, 701, 1023, 1499}) {
                    for (const std::int64_t count : {1, 2, 5, 40}) {
                        if (first + count > length) continue;
                        const auto part = house.attend(cpu, first, count, s, c, top_k);
                        REQUIRE(std::equal(part.begin(), part.end(), expected.begin() + first * heads * width));
                    }
                }
            }
        }
    }
}

TEST_CASE("attend: scores far apart neither overflow nor vanish") {
    for (const SparseKernels* sparse : sparse_kernels_here()) {
        const Kernels kernels = with(*sparse);
        CpuOps cpu(kernels, 2, true, CacheRows::bf16);
        ReferenceOps reference(true, CacheRows::bf16);
        House<float> ours(cpu, 600);
        House<double> theirs(reference, 600);
        for (float& value : ours.q) value *= 256;
        for (double& value : theirs.q) value *= 256;
        const auto out = ours.attend(cpu, 590, 3, nullptr, nullptr, 1);
        const auto expected = theirs.attend(reference, 590, 3, nullptr, nullptr, 1);
        for (std::size_t i = 0; i < out.size(); ++i)
            CHECK(std::fabs(out[i] - expected[i]) < allowed_error(*sparse, CacheRows::bf16, 2e-3));
    }
}
