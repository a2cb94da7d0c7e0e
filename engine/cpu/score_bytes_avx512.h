// engine/cpu/score_bytes_avx512.h: The indexer's scores of one page of keys, four products a lane and instruction.
#pragma once

#include "engine/cpu/sparse_kernels.h"
#include "engine/cpu/sparse_lanes_avx512.h"

namespace heddle::engine {

template <class Tag>
struct ByteLanes : Avx512SparseLanes<Tag> {
    using Vector = __m512;

    static __m512i load_bytes(const std::byte* from) { return _mm512_loadu_si512(from); }
    static __m512i broadcast_four(const std::int8_t* from) {
        int four = 0;
        __builtin_memcpy(&four, from, sizeof four);
        return _mm512_set1_epi32(four);
    }
    static __m512i broadcast_whole(std::int32_t value) { return _mm512_set1_epi32(value); }
    static __m512i dot(__m512i sum, __m512i keys, __m512i query) { return _mm512_dpbusd_epi32(sum, keys, query); }
    static Vector positive(__m512i sum) { return _mm512_cvtepi32_ps(_mm512_max_epi32(sum, broadcast_whole(0))); }
};

inline constexpr int byte_heads = 4;                 // that are taken together: with all keys of a page
inline constexpr int byte_vectors = key_block / 16;  // sixteen sums on their way

// Adds what H heads from `head` on give to the 64 scores. A line of what is wanted next is asked for each step, so that
// at no time many are under way; from either half in turn, for the processor itself runs ahead of two streams.
template <class L, int H>
void score_heads(const ScoreBytesArguments& a, int head, const std::byte* next,
                 typename L::Vector (&scores)[byte_vectors]) {
    const std::int8_t* const q = a.q + std::int64_t{head} * a.dim;
    __m512i sums[H][byte_vectors];
    for (int h = 0; h < H; ++h) {
        for (auto& sum : sums[h]) sum = L::broadcast_whole(a.offsets[head + h]);
    }
#pragma GCC unroll 2
    for (int d = 0; d < a.dim; d += 4) {
        if (next != nullptr) __builtin_prefetch(next + d * 8 + (d % 8 == 0 ? 0 : a.dim * key_block / 2));
        __m512i keys[byte_vectors];
        for (int v = 0; v < byte_vectors; ++v) keys[v] = L::load_bytes(a.keys + d * key_block + v * 64);
        for (int h = 0; h < H; ++h) {
            const __m512i query = L::broadcast_four(q + h * a.dim + d);
            for (int v = 0; v < byte_vectors; ++v) sums[h][v] = L::dot(sums[h][v], keys[v], query);
        }
    }
    for (int h = 0; h < H; ++h) {
        const auto weight = L::broadcast(a.weights[head + h]);
        for (int v = 0; v < byte_vectors; ++v) {
            scores[v] = L::multiply_add(weight, L::positive(sums[h][v]), scores[v]);
        }
    }
}

// Lanes are keys. The first four groups of heads ask for a quarter of the next page each.
template <class L>
void score_bytes_in_fours(const ScoreBytesArguments& a) {
    typename L::Vector scores[byte_vectors];
    for (auto& score : scores) score = L::broadcast(0);
    int head = 0;
    for (; head + byte_heads <= a.heads; head += byte_heads) {
        const std::byte* const next = head < 4 * byte_heads && a.next != nullptr ? a.next + head * a.dim * 2 : nullptr;
        score_heads<L, byte_heads>(a, head, next, scores);
    }
    for (; head < a.heads; ++head) score_heads<L, 1>(a, head, nullptr, scores);
    for (int v = 0; v < byte_vectors; ++v) {
        const auto scaled = L::multiply(scores[v], L::load(a.key_scales + v * 16));
        L::store(a.scores + v * 16, L::add(scaled, L::broadcast(0)));  // -0 becomes 0: the two tie
    }
}

}  // namespace heddle::engine
