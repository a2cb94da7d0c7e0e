// engine/cpu/score_bytes_avx2.h: The indexer's scores of one page of keys, from products of 16-bit whole numbers.
#pragma once

#include <immintrin.h>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

inline constexpr int avx2_keys = 16;  // that are taken together, by two heads

// Bytes are widened on the way: a product of two of them, and the sum of two products, need more than 16 bits. A lane
// has two of a key's four dimensions, so sums are those of two lanes.
template <int H>
void score_heads_avx2(const ScoreBytesArguments& a, int head, int block, __m256 (&scores)[2]) {
    const std::int8_t* const q = a.q + std::int64_t{head} * a.dim;
    __m256i sums[H][4];
    for (auto& sum : sums) sum[0] = sum[1] = sum[2] = sum[3] = _mm256_setzero_si256();
    for (int d = 0; d < a.dim; d += 4) {
        const auto* const from = reinterpret_cast<const __m128i*>(a.keys + d * key_block + 4 * block);
        __m256i keys[4];
        for (int v = 0; v < 4; ++v) keys[v] = _mm256_cvtepu8_epi16(_mm_loadu_si128(from + v));
        for (int h = 0; h < H; ++h) {
            int four = 0;
            __builtin_memcpy(&four, q + h * a.dim + d, sizeof four);
            const __m256i query = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
            for (int v = 0; v < 4; ++v) sums[h][v] = _mm256_add_epi32(sums[h][v], _mm256_madd_epi16(query, keys[v]));
        }
    }
    for (int h = 0; h < H; ++h) {
        const __m256i offset = _mm256_set1_epi32(a.offsets[head + h]);
        const __m256 weight = _mm256_set1_ps(a.weights[head + h]);
        for (int v = 0; v < 2; ++v) {
            // Keys 0, 1, 4, 5 and 2, 3, 6, 7 lie in halves of 16 bytes.
            const __m256i pairs = _mm256_hadd_epi32(sums[h][2 * v], sums[h][2 * v + 1]);
            const __m256i sum = _mm256_add_epi32(_mm256_permute4x64_epi64(pairs, 0b11011000), offset);
            const __m256 positive = _mm256_cvtepi32_ps(_mm256_max_epi32(sum, _mm256_setzero_si256()));
            scores[v] = _mm256_fmadd_ps(weight, positive, scores[v]);
        }
    }
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
    const int pairs = (a.heads + 1) / 2, blocks = key_block / avx2_keys;
    for (int block = 0; block < key_block; block += avx2_keys) {
        __m256 scores[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
        for (int head = 0; head < a.heads; head += 2) {
            prefetch_part(a, block / avx2_keys * pairs + head / 2, blocks * pairs);
            if (head + 2 <= a.heads) {
                score_heads_avx2<2>(a, head, block, scores);
            } else {
                score_heads_avx2<1>(a, head, block, scores);
            }
        }
        for (int v = 0; v < 2; ++v) {
            const __m256 scaled = _mm256_mul_ps(scores[v], _mm256_loadu_ps(a.key_scales + block + 8 * v));
            _mm256_storeu_ps(a.scores + block + 8 * v, _mm256_add_ps(scaled, _mm256_setzero_ps()));  // -0 becomes 0
        }
    }
}

}  // namespace heddle::engine
