// engine/cpu/screen_avx2.h: The indexer's scores from 16-bit whole numbers: twice the products of floats a cycle.
#pragma once

#include <immintrin.h>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// A size is (8 + m) * 2^(e - 10), e from 1 on, so times 16 it is ((8 + m) << 10) * 2^(e - 1) / 2^15, and that, rounded,
// is what _mm256_mulhrs_epi16 does. Powers come from two tables; below the normal range all are under 1/64: nothing.
inline void widen_keys_fixed_avx2(const std::uint8_t* keys, int dim, std::int16_t* out) {
    const __m256i low_powers = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0));
    const __m256i high_powers =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64));
    for (int i = 0; i < dim * key_block; i += 32) {
        // Quarters in the order 0 2 1 3: unpacking within halves then gives the order of the keys.
        const __m256i bytes =
            _mm256_permute4x64_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i)), 0xd8);
        const __m256i exponents = _mm256_and_si256(_mm256_srli_epi16(bytes, 3), _mm256_set1_epi8(15));
        const __m256i low = _mm256_shuffle_epi8(low_powers, exponents);
        const __m256i high = _mm256_shuffle_epi8(high_powers, exponents);
        const __m256i mantissas =
            _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi16(bytes, 2), _mm256_set1_epi8(28)), _mm256_set1_epi8(32));
        const __m256i zero = _mm256_setzero_si256();
        const auto widened = [](__m256i mantissa, __m256i power, __m256i sign) {
            return _mm256_sign_epi16(_mm256_mulhrs_epi16(mantissa, power), sign);
        };
        // A sign of zero stands for the number zero alone: whatever else has a bit, for a one is put below it.
        const __m256i ones = _mm256_set1_epi8(1);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i),
                            widened(_mm256_unpacklo_epi8(zero, mantissas), _mm256_unpacklo_epi8(low, high),
                                    _mm256_unpacklo_epi8(ones, bytes)));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i + 16),
                            widened(_mm256_unpackhi_epi8(zero, mantissas), _mm256_unpackhi_epi8(low, high),
                                    _mm256_unpackhi_epi8(ones, bytes)));
    }
}

// Lanes are keys: H heads by 16 keys, two dimensions a step.
template <int H>
void screen_heads_avx2(const ScreenArguments& a, int head, int block, __m256& low, __m256& high) {
    const std::int16_t* const q = a.q + std::int64_t{head} * a.dim;
    __m256i sums[H][2];
    for (auto& sum : sums) sum[0] = sum[1] = _mm256_setzero_si256();
    for (int d = 0; d < a.dim; d += 2) {
        const auto* keys = reinterpret_cast<const __m256i*>(a.keys + d * key_block + 2 * block);
        const __m256i first = _mm256_loadu_si256(keys);
        const __m256i second = _mm256_loadu_si256(keys + 1);
        for (int h = 0; h < H; ++h) {
            const __m256i pair =
                _mm256_castps_si256(_mm256_broadcast_ss(reinterpret_cast<const float*>(q + h * a.dim + d)));
            sums[h][0] = _mm256_add_epi32(sums[h][0], _mm256_madd_epi16(pair, first));
            sums[h][1] = _mm256_add_epi32(sums[h][1], _mm256_madd_epi16(pair, second));
        }
    }
    const __m256i zero = _mm256_setzero_si256();
    for (int h = 0; h < H; ++h) {
        const __m256 weight = _mm256_set1_ps(a.weights[head + h]);
        low = _mm256_fmadd_ps(weight, _mm256_cvtepi32_ps(_mm256_max_epi32(sums[h][0], zero)), low);
        high = _mm256_fmadd_ps(weight, _mm256_cvtepi32_ps(_mm256_max_epi32(sums[h][1], zero)), high);
    }
}

inline void screen_avx2(const ScreenArguments& a) {
    for (int block = 0; block < key_block; block += 16) {
        __m256 low = _mm256_set1_ps(-a.error);
        __m256 high = low;
        if (a.next != nullptr) {  // a quarter of the next page with each quarter of this one
            const std::byte* const part = a.next + std::ptrdiff_t{block} * a.dim;
            for (int byte = 0; byte < 16 * a.dim; byte += 64) __builtin_prefetch(part + byte);
        }
        int head = 0;
        for (; head + 4 <= a.heads; head += 4) screen_heads_avx2<4>(a, head, block, low, high);
        for (; head < a.heads; ++head) screen_heads_avx2<1>(a, head, block, low, high);
        _mm256_storeu_ps(a.lowest + block, _mm256_mul_ps(low, _mm256_loadu_ps(a.key_scales + block)));
        _mm256_storeu_ps(a.lowest + block + 8, _mm256_mul_ps(high, _mm256_loadu_ps(a.key_scales + block + 8)));
    }
}

}  // namespace heddle::engine
