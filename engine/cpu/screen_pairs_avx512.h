// engine/cpu/screen_pairs_avx512.h: The indexer's quick scores as bf16 products, keys widened in registers.
#pragma once

#include "engine/cpu/attend_pairs_avx512.h"

namespace heddle::engine {

// Lanes are keys: sixteen heads by sixteen keys, two dimensions a step, each product and its addition one instruction
// that takes the query's pair from memory. Sixteen queries' pairs lie in one line. A line of what is wanted next is
// asked for every second step, so that at no time many are under way.
template <class L>
typename L::Vector screen_group(const ScreenArguments& a, int head, int block, const std::byte* next,
                                typename L::Vector score) {
    const auto* const keys = static_cast<const std::uint8_t*>(a.keys) + 2 * block;
    const std::int16_t* q = a.q + std::int64_t{head} * a.dim;
    typename L::Vector sums[quick_heads];
    for (auto& sum : sums) sum = L::broadcast(0);
#pragma GCC unroll 2
    for (int d = 0; d < a.dim; d += 2, q += 2 * quick_heads) {
        if (next != nullptr && d % 4 == 0) __builtin_prefetch(next + d * 16);
        const auto pairs = L::e4m3_at_bf16_places(keys + d * key_block);
        for (int h = 0; h < quick_heads; ++h) sums[h] = L::dot(sums[h], pairs, L::broadcast_pair(q + 2 * h));
    }
    for (int h = 0; h < quick_heads; ++h) {
        score = L::multiply_add(L::broadcast(a.weights[head + h]), L::larger(sums[h], L::broadcast(0)), score);
    }
    return score;
}

template <class L>
void screen_in_pairs(const ScreenArguments& a) {
    const int groups = (a.heads + quick_heads - 1) / quick_heads;
    for (int block = 0; block < key_block; block += L::lanes) {
        auto score = L::broadcast(-a.error);
        for (int group = 0; group < groups; ++group) {
            const std::byte* const next = group == 0 && a.next != nullptr ? a.next + block * a.dim : nullptr;
            score = screen_group<L>(a, group * quick_heads, block, next, score);
        }
        L::store(a.lowest + block, L::multiply(score, L::load(a.key_scales + block)));
    }
}

}  // namespace heddle::engine
