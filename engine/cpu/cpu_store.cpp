// engine/cpu/cpu_store.cpp: Puts latent rows and indexer keys into their pages, as narrow as the cache keeps them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/hadamard.h"
#include "engine/ops/numbers.h"

namespace heddle::engine {

namespace {

void put_bf16(const float* from, std::int64_t count, std::byte* to) {
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint16_t bits = float_to_bf16(from[i]);
        std::memcpy(to + 2 * i, &bits, sizeof bits);
    }
}

void put_e4m3(const float* from, int count, std::byte* to, float& scale) {
    float largest = 0;
    for (int i = 0; i < count; ++i) largest = std::max(largest, std::fabs(from[i]));
    scale = e4m3_scale(largest);
    const float inverse = 1 / scale;  // exact: a power of two
    for (int i = 0; i < count; ++i) to[i] = static_cast<std::byte>(e4m3_bits(round_to_e4m3(from[i] * inverse)));
}

// All of the row is written: a page that was another timeline's may hold anything there.
void put_row(const RowFormat& format, const float* latent, const float* rope_key, std::byte* row) {
    std::memset(row, 0, format.bytes());
    switch (format.type) {
        case CacheRows::fp8:
            for (int group = 0; group < format.groups(); ++group) {
                float scale = 0;
                const int first = group * row_group;
                put_e4m3(latent + first, format.group_size(group), row + first, scale);
                std::memcpy(row + format.scales_at() + sizeof scale * static_cast<std::size_t>(group), &scale,
                            sizeof scale);
            }
            return put_bf16(rope_key, format.rope, row + format.rope_at());
        case CacheRows::bf16:
            put_bf16(latent, format.kv_lora, row);
            return put_bf16(rope_key, format.rope, row + 2 * static_cast<std::size_t>(format.kv_lora));
        case CacheRows::f32:
            std::memcpy(row, latent, sizeof(float) * static_cast<std::size_t>(format.kv_lora));
            std::memcpy(row + sizeof(float) * static_cast<std::size_t>(format.kv_lora), rope_key,
                        sizeof(float) * static_cast<std::size_t>(format.rope));
    }
}

}  // namespace

void CpuOps::put_key(float* key, int dim, std::byte* keys, std::int64_t lane) const {
    hadamard(key, dim);
    if (!quantised_indexer_) {
        for (int d = 0; d < dim; ++d) reinterpret_cast<float*>(keys)[d * key_block + lane] = key[d];
        return;
    }
    thread_local std::vector<std::int8_t> whole;  // keeps its size
    whole.resize(static_cast<std::size_t>(dim));
    scales_of(keys, dim)[lane] = quantise(key, dim, whole.data());
    for (int d = 0; d < dim; ++d) {
        keys[d / 4 * (4 * key_block) + 4 * lane + d % 4] =
            static_cast<std::byte>(whole[static_cast<std::size_t>(d)] + key_zero);
    }
}

void CpuOps::store(const StoreParams& params) {
    const int dim = static_cast<int>(params.index_key.columns);
    const RowFormat format{rows_, static_cast<int>(params.latent.columns), static_cast<int>(params.rope_key.columns)};
    constexpr std::int64_t cost_of_element = 8;
    each_row(params.latent.rows, cost_of_element * (format.kv_lora + dim), [&](std::int64_t t) {
        const Sequence& sequence = sequence_of(params.sequences, t);
        const std::int64_t position = position_of(sequence, t);
        put_row(format, params.latent.row<float>(t), params.rope_key.row<float>(t),
                sequence.cache.latent(params.layer, position));
        put_key(params.index_key.row<float>(t), dim, sequence.cache.keys(params.layer, position / page_tokens),
                position % page_tokens);
    });
}

}  // namespace heddle::engine
