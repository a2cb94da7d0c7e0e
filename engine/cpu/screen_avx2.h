// engine/cpu/screen_avx2.h: The indexer's scores from 16-bit whole numbers: twice the products of floats a cycle.
#pragma once

#include <immintrin.h>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// A size is (8 + m) * 2^(e - 10), e from 1 on, so times 32 it is ((8 + m) << 11) * 2^(e - 1) / 2^15, and that, rounded,
// is what _mm256_mulhrs_epi16 does. Powers come from two tables; below the normal range all are under 1/64: nothing.
inline void widen_keys_fixed_avx2(const std::uint8_t* keys, int dim, std::int16_t* out) {
    const auto table = [](__m128i bytes) { return _mm256_broadcastsi128_si256(bytes); };
    const __m256i low_powers =
        table(_mm_setr_epi8(0, 1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0));
    const __m256i high_powers = table(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64));
    const __m256i mantissas =
        table(_mm_setr_epi8(64, 72, 80, 88, 96, 104, 112, 120, 64, 72, 80, 88, 96, 104, 112, 120));
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi8(1), four_bits = _mm256_set1_epi8(15);
    for (int i = 0; i < dim * key_block; i += 32) {
        const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i));
        const __m256i exponent = _mm256_and_si256(_mm256_srli_epi16(bytes, 3), four_bits);
        const __m256i low = _mm256_shuffle_epi8(low_powers, exponent);
        const __m256i high = _mm256_shuffle_epi8(high_powers, exponent);
        // A sign of zero would make a zero, so a one is put below it.
        const __m256i mantissa = _mm256_sign_epi8(_mm256_shuffle_epi8(mantissas, _mm256_and_si256(bytes, four_bits)),
                                                  _mm256_or_si256(bytes, one));
        auto* const to = reinterpret_cast<__m256i*>(out + i);
        // Within halves of 16 bytes: what fixed_key() says about the order. The one more pass that would mend it here
        // for each pair of dimensions costs a quarter of the time.
        _mm256_storeu_si256(to,
                            _mm256_mulhrs_epi16(_mm256_unpacklo_epi8(zero, mantissa), _mm256_unpacklo_epi8(low, high)));
        _mm256_storeu_si256(to + 1,
                            _mm256_mulhrs_epi16(_mm256_unpackhi_epi8(zero, mantissa), _mm256_unpackhi_epi8(low, high)));
    }
}

// Lanes are keys: H heads by 32 keys, two dimensions a step.
template <int H>
void screen_heads_avx2(const ScreenArguments& a, int head, int block, __m256 (&scores)[4]) {
    const auto* const wide = static_cast<const std::int16_t*>(a.keys);
    const std::int16_t* const q = a.q + std::int64_t{head} * a.dim;
    __m256i sums[H][4];
    for (auto& sum : sums) sum[0] = sum[1] = sum[2] = sum[3] = _mm256_setzero_si256();
#pragma GCC unroll 2
    for (int d = 0; d < a.dim; d += 2) {
        const auto* from = reinterpret_cast<const __m256i*>(wide + d * key_block + 2 * block);
        __m256i keys[4];
        for (int v = 0; v < 4; ++v) keys[v] = _mm256_loadu_si256(from + v);
        for (int h = 0; h < H; ++h) {
            const __m256i pair =
                _mm256_castps_si256(_mm256_broadcast_ss(reinterpret_cast<const float*>(q + h * a.dim + d)));
            for (int v = 0; v < 4; ++v) sums[h][v] = _mm256_add_epi32(sums[h][v], _mm256_madd_epi16(pair, keys[v]));
        }
    }
    for (int h = 0; h < H; ++h) {
        const __m256 weight = _mm256_set1_ps(a.weights[head + h]);
        for (int v = 0; v < 4; ++v) {
            const __m256i positive = _mm256_max_epi32(sums[h][v], _mm256_setzero_si256());
            scores[v] = _mm256_fmadd_ps(weight, _mm256_cvtepi32_ps(positive), scores[v]);
        }
    }
}

inline void screen_avx2(const ScreenArguments& a) {
    const int pairs = (a.heads + 1) / 2;
    for (int block = 0; block < key_block; block += 32) {
        __m256 scores[4];
        for (__m256& score : scores) score = _mm256_set1_ps(-a.error);
        for (int head = 0; head < a.heads; head += 2) {
            prefetch_part(a, block / 32 * pairs + head / 2, 2 * pairs);
            if (head + 2 <= a.heads) {
                screen_heads_avx2<2>(a, head, block, scores);
            } else {
                screen_heads_avx2<1>(a, head, block, scores);
            }
        }
        for (int v = 0; v < 4; v += 2) {  // back in the order of the keys
            const __m256 halves[2] = {_mm256_permute2f128_ps(scores[v], scores[v + 1], 0x20),
                                      _mm256_permute2f128_ps(scores[v], scores[v + 1], 0x31)};
            for (int half = 0; half < 2; ++half) {
                const int first = block + 8 * (v + half);
                _mm256_storeu_ps(a.lowest + first, _mm256_mul_ps(halves[half], _mm256_loadu_ps(a.key_scales + first)));
            }
        }
    }
}

}  // namespace heddle::engine
