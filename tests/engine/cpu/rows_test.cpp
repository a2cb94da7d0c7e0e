// tests/engine/cpu/rows_test.cpp: Tests that rows are kept as narrow as they say, and widened to what was kept.
#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
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

Rows rows_of(std::vector<float>& values, std::int64_t rows) {
    const auto columns = std::int64_t(values.size()) / rows;
    return {reinterpret_cast<std::byte*>(values.data()), rows, columns, columns, 4};
}
Rows rows_of(std::vector<double>& values, std::int64_t rows) {
    const auto columns = std::int64_t(values.size()) / rows;
    return {reinterpret_cast<std::byte*>(values.data()), rows, columns, columns, 8};
}

struct Stored {
    PagePool pool;
    KvCache cache;

    template <class Number>
    Stored(Ops& ops, int kv_lora, int rope, int dim, std::vector<Number> latent, std::vector<Number> rope_key,
           std::vector<Number> key, std::int64_t count)
        : pool(ops.device(), ops.page_layout(1, kv_lora, rope, dim), 256), cache(pool, 256) {
        cache.reserve(count);
        const Sequence sequence{cache.view(), 0, 0, count};
        ops.store({.latent = rows_of(latent, count),
                   .rope_key = rows_of(rope_key, count),
                   .index_key = rows_of(key, count),
                   .sequences = {&sequence, 1},
                   .layer = 0});
        cache.advance(std::vector<Token>(std::size_t(count)));
    }
};

// A row as a kernel takes it, in floats; what it writes behind the row shows in what stands behind `wide`.
void widen(const SparseKernels& kernels, const RowFormat& format, const std::byte* row, float* wide) {
    const auto width = static_cast<std::size_t>(format.width());
    if (kernels.tile_type == CacheRows::f32) {
        if (format.type != CacheRows::f32) return kernels.widen_rows(format, &row, 1, wide);
        return static_cast<void>(std::copy_n(reinterpret_cast<const float*>(row), width, wide));
    }
    constexpr std::uint16_t untouched = 0x1234;
    std::vector<std::uint16_t> narrow(width + 1, untouched);
    if (format.type == CacheRows::bf16) {
        std::memcpy(narrow.data(), row, width * sizeof narrow[0]);
    } else {
        kernels.widen_rows(format, &row, 1, narrow.data());
    }
    REQUIRE(narrow.back() == untouched);
    std::transform(narrow.begin(), narrow.end() - 1, wide, bf16_to_float);
}

}  // namespace

TEST_CASE("rows: the vendor's shape takes 656, 1152 and 2304 bytes") {
    CHECK(RowFormat{CacheRows::fp8, 512, 64}.bytes() == 656);
    CHECK(RowFormat{CacheRows::bf16, 512, 64}.bytes() == 1152);
    CHECK(RowFormat{CacheRows::f32, 512, 64}.bytes() == 2304);
}

TEST_CASE("rows: what the cpu stores and widens is what the reference rounds to, of any shape") {
    constexpr std::int64_t count = 70;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    struct Case {
        int kv_lora, rope;
    };
    for (const auto& [kv_lora, rope] : {Case{512, 64}, Case{48, 8}, Case{150, 6}, Case{129, 2}, Case{7, 3}}) {
        std::vector<float> latent(std::size_t(count * kv_lora)), rope_key(std::size_t(count * rope)), key(count * 16);
        for (float& value : latent) value = normal(random) * std::exp2(float(random() % 20) - 12);
        for (float& value : rope_key) value = normal(random);
        for (std::size_t i = 0; i < std::size_t(kv_lora); ++i) latent[i] = i % 2 == 0 ? 0.0f : -0.0f;
        for (const CacheRows type : {CacheRows::fp8, CacheRows::bf16, CacheRows::f32}) {
            INFO(name_of(type), " ", kv_lora, " + ", rope);
            CpuOps cpu(plain_kernels, 2, true, type);
            ReferenceOps reference(true, type);
            const Stored ours(cpu, kv_lora, rope, 16, latent, rope_key, key, count);
            const auto doubles = [](const std::vector<float>& from) {
                return std::vector<double>(from.begin(), from.end());
            };
            const Stored theirs(reference, kv_lora, rope, 16, doubles(latent), doubles(rope_key), doubles(key), count);
            const RowFormat format{type, kv_lora, rope};
            for (const SparseKernels* kernels : sparse_kernels_here()) {
                const bool rounds = type == CacheRows::f32 && kernels->tile_type == CacheRows::bf16;
                std::vector<float> wide(std::size_t(format.width()) + 1, NAN);
                for (std::int64_t p = 0; p < count; ++p) {
                    const std::byte* row = ours.cache.view().latent(0, p);
                    widen(*kernels, format, row, wide.data());
                    REQUIRE(std::isnan(wide.back()));
                    const auto* expected = reinterpret_cast<const double*>(theirs.cache.view().latent(0, p));
                    for (int d = 0; d < format.width(); ++d) {
                        const double kept = d < kv_lora + rope ? expected[d] : 0.0;
                        REQUIRE(double(wide[std::size_t(d)]) ==
                                (rounds ? double(bf16_to_float(float_to_bf16(float(kept)))) : kept));
                    }
                }
            }
        }
    }
}

TEST_CASE("rows: fp8 is within a sixteenth, bf16 within a 256th, f32 exact") {
    std::mt19937 random(2);
    std::normal_distribution<float> normal;
    std::vector<float> latent(512), rope_key(64), key(16);
    for (float& value : latent) value = normal(random);
    for (float& value : rope_key) value = normal(random);
    struct Case {
        CacheRows type;
        float latent_error, rope_error;
    };
    for (const auto& [type, latent_error, rope_error] :
         {Case{CacheRows::fp8, 1 / 16.0f, 1 / 256.0f}, Case{CacheRows::bf16, 1 / 256.0f, 1 / 256.0f}}) {
        CpuOps cpu(plain_kernels, 1, true, type);
        const Stored stored(cpu, 512, 64, 16, latent, rope_key, key, 1);
        const std::byte* row = stored.cache.view().latent(0, 0);
        std::vector<float> wide(576);
        plain_sparse_kernels.widen_rows({type, 512, 64}, &row, 1, wide.data());
        for (std::size_t d = 0; d < 576; ++d) {
            const float value = d < 512 ? latent[d] : rope_key[d - 512];
            const float allowed = (d < 512 ? latent_error : rope_error) * std::fabs(value) + 1e-4f;
            CHECK(std::fabs(wide[d] - value) <= allowed);
        }
    }
}

TEST_CASE("rows: every e4m3 number is widened exactly") {
    const RowFormat format{CacheRows::fp8, 128, 0};
    std::vector<std::byte> row(format.bytes());
    const auto bits = [](std::size_t i) { return (i & 0x7f) == 0x7f ? std::uint8_t{0} : std::uint8_t(i); };
    for (const std::size_t sign : {0u, 128u}) {
        for (std::size_t i = 0; i < 128; ++i) row[i] = std::byte(bits(i + sign));
        const float scale = 0.25f;
        std::memcpy(row.data() + format.scales_at(), &scale, 4);
        for (const SparseKernels* kernels : sparse_kernels_here()) {
            INFO(std::string(kernels->name));
            std::vector<float> wide(128);
            widen(*kernels, format, row.data(), wide.data());
            for (std::size_t i = 0; i < 128; ++i) CHECK(wide[i] == e4m3_to_float(bits(i + sign)) / 4);
        }
    }
}

TEST_CASE("rows: an indexer key is kept as the whole numbers that the reference rounds it to, four dimensions a lane") {
    constexpr std::int64_t count = 70;
    constexpr int dim = 32;
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> latent(count * 16), rope_key(count * 2), key(count * dim);
    for (float& value : key) value = normal(random) * std::exp2(float(random() % 20) - 12);
    std::fill_n(key.begin() + 5 * dim, dim, 0.0f);
    std::fill_n(key.begin() + 6 * dim, dim, 1e-6f);  // the transform leaves one of them
    CpuOps cpu(plain_kernels, 2, true, CacheRows::f32);
    ReferenceOps reference(true, CacheRows::f32);
    const auto doubles = [](const std::vector<float>& from) { return std::vector<double>(from.begin(), from.end()); };
    const Stored ours(cpu, 16, 2, dim, latent, rope_key, key, count);
    const Stored theirs(reference, 16, 2, dim, doubles(latent), doubles(rope_key), doubles(key), count);
    for (std::int64_t p = 0; p < count; ++p) {
        INFO("key ", p);
        const std::byte* const page = ours.cache.view().keys(0, p / page_tokens);
        const auto lane = std::size_t(p % page_tokens);
        float scale = 0;
        std::memcpy(&scale, page + dim * key_block + 4 * lane, sizeof scale);
        const auto* const expected = reinterpret_cast<const double*>(theirs.cache.view().keys(0, p / page_tokens));
        int largest = 0;
        for (std::size_t d = 0; d < dim; ++d) {
            const int whole = int(page[d / 4 * 4 * key_block + 4 * lane + d % 4]) - key_zero;
            REQUIRE(double(whole) * double(scale) == doctest::Approx(expected[lane * dim + d]).epsilon(1e-5));
            largest = std::max(largest, std::abs(whole));
        }
        CHECK(largest == (p == 5 ? 0 : 127));
    }
}
