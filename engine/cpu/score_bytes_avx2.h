// engine/cpu/score_bytes_avx2.h: The indexer's scores of one page of keys, from products of 16-bit whole numbers.
#pragma once

#include <immintrin.h>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

inline constexpr int avx2_heads = 4, avx2_keys = 8;  // that are taken together: eight sums on their way

// Adds what H heads from `head` on give to the scores of 8 keys. Bytes are widened on the way: a product of two of
// them, and the sum of two products, need more than 16 bits. A lane has two of a key's four dimensions, so sums are
// those of two lanes. `q`: the heads' numbers, widened.
template <int H>
void score_heads_avx2(const ScoreBytesArguments& a, int head, const std::int16_t* q, int block, float* scores) {
    __m256i sums[H][2];
    for (auto& sum : sums) sum[0] = sum[1] = _mm256_setzero_si256();
    const auto* from = reinterpret_cast<const __m128i*>(a.keys + 4 * block);
    for (int d = 0; d < a.dim; d += 4, from += 4 * key_block / 16) {
        const __m256i low = _mm256_cvtepu8_epi16(_mm_loadu_si128(from));
        const __m256i high = _mm256_cvtepu8_epi16(_mm_loadu_si128(from + 1));
        for (int h = 0; h < H; ++h) {
            long long four = 0;
            __builtin_memcpy(&four, q + h * a.dim + d, sizeof four);
            const __m256i query = _mm256_set1_epi64x(four);
            sums[h][0] = _mm256_add_epi32(sums[h][0], _mm256_madd_epi16(query, low));
            sums[h][1] = _mm256_add_epi32(sums[h][1], _mm256_madd_epi16(query, high));
        }
    }
    __m256 score = _mm256_loadu_ps(scores);
    for (int h = 0; h < H; ++h) {
        // Keys 0, 1, 4, 5 and 2, 3, 6, 7 lie in halves of 16 bytes.
        const __m256i pairs = _mm256_permute4x64_epi64(_mm256_hadd_epi32(sums[h][0], sums[h][1]), 0b11011000);
        const __m256i sum = _mm256_add_epi32(pairs, _mm256_set1_epi32(a.offsets[head + h]));
        const __m256 positive = _mm256_cvtepi32_ps(_mm256_max_epi32(sum, _mm256_setzero_si256()));
        score = _mm256_fmadd_ps(_mm256_set1_ps(a.weights[head + h]), positive, score);
    }
    _mm256_storeu_ps(scores, score);
}

inline void widen_query_avx2(const std::int8_t* from, int count, std::int16_t* out) {
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_cvtepi8_epi16(bytes));
    }
    for (; i < count; ++i) out[i] = static_cast<std::int16_t>(int{from[i]});
}

// An equal part of what is wanted next.
inline void prefetch_part(const ScoreBytesArguments& a, int part, int parts) {
    if (a.next == nullptr) return;
    const int lines = (a.dim + static_cast<int>(sizeof(float))) * key_block / 64;
    for (int line = lines * part / parts; line < lines * (part + 1) / parts; ++line) {
        __builtin_prefetch(a.next + std::ptrdiff_t{line} * 64);
    }
}

inline void score_bytes_avx2(const ScoreBytesArguments& a) {
    alignas(32) std::int16_t q[avx2_heads * index_dim_max];
    const int groups = (a.heads + avx2_heads - 1) / avx2_heads, blocks = key_block / avx2_keys;
    for (int s = 0; s < key_block; ++s) a.scores[s] = 0;
    for (int head = 0; head < a.heads;) {
        const bool is_whole = head + avx2_heads <= a.heads;
        const int heads = is_whole ? avx2_heads : 1;
        widen_query_avx2(a.q + std::ptrdiff_t{head} * a.dim, heads * a.dim, q);
        for (int block = 0; block < key_block; block += avx2_keys) {
            if (is_whole) {
                prefetch_part(a, head / avx2_heads * blocks + block / avx2_keys, groups * blocks);
                score_heads_avx2<avx2_heads>(a, head, q, block, a.scores + block);
            } else {
                score_heads_avx2<1>(a, head, q, block, a.scores + block);
            }
        }
        head += heads;
    }
    for (int s = 0; s < key_block; s += avx2_keys) {
        const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(a.scores + s), _mm256_loadu_ps(a.key_scales + s));
        _mm256_storeu_ps(a.scores + s, _mm256_add_ps(scaled, _mm256_setzero_ps()));  // -0 becomes 0: the two tie
    }
}

}  // namespace heddle::engine
