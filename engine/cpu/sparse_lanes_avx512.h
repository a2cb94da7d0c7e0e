// engine/cpu/sparse_lanes_avx512.h: Sixteen floats at a time for attention, and the screen's whole numbers.
#pragma once

#ifndef __m512  // which is a name of the tests where they bring a portable stand-in
#include <immintrin.h>
#endif

#include "engine/cpu/sparse_kernels.h"
#include "engine/cpu/sparse_lanes_avx2.h"

namespace heddle::engine {

// `Tag` tells the tests' copy, over its stand-in, from the engine's: the linker keeps one of a name.
template <class Tag>
struct Avx512SparseLanes {
    using Vector = __m512;
    static constexpr int lanes = 16;

    static Vector broadcast(float value) { return _mm512_set1_ps(value); }
    static Vector load(const float* from) { return _mm512_loadu_ps(from); }
    static void store(float* to, Vector v) { _mm512_storeu_ps(to, v); }
    static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    static Vector multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
    static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }

    // As the AVX2 lanes'; but n is rounded by adding a number so large that no fraction is left, whose low bits then
    // are n, to be added to the exponent.
    static Vector exp(Vector v) {
        v = _mm512_min_ps(_mm512_max_ps(v, broadcast(-87.0f)), broadcast(88.0f));
        const Vector shifted = _mm512_fmadd_ps(v, broadcast(1.44269504f), broadcast(0x1.8p23f));
        const Vector n = _mm512_add_ps(shifted, broadcast(-0x1.8p23f));
        Vector r = _mm512_fnmadd_ps(n, broadcast(0.693359375f), v);
        r = _mm512_fnmadd_ps(n, broadcast(-2.12194440e-4f), r);
        Vector power = broadcast(1.0f / 5040);
        power = multiply_add(power, r, broadcast(1.0f / 720));
        power = multiply_add(power, r, broadcast(1.0f / 120));
        power = multiply_add(power, r, broadcast(1.0f / 24));
        power = multiply_add(power, r, broadcast(1.0f / 6));
        power = multiply_add(power, r, broadcast(0.5f));
        power = multiply_add(power, r, broadcast(1.0f));
        power = multiply_add(power, r, broadcast(1.0f));
        const __m512i raise = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
        return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(power), raise));
    }
    static float sum(Vector v) { return Avx2Lanes::sum(halved(v)); }
    // Lane i is the sum of vector i.
    static Vector sums(const Vector (&v)[16]) {
        __m256 low[8], high[8];
        for (int i = 0; i < 8; ++i) {
            low[i] = halved(v[i]);
            high[i] = halved(v[8 + i]);
        }
        return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(Avx2Lanes::sums(low))),
                                                   _mm256_castps_pd(Avx2Lanes::sums(high)), 1));
    }

 private:
    static __m256 halved(Vector v) {
        const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
        return _mm256_add_ps(_mm512_castps512_ps256(v), high);
    }
};

// Lanes are keys: H heads by 32 keys, two dimensions a step, each product and its addition one instruction.
template <class Tag, int H>
void screen_heads_avx512(const ScreenArguments& a, int head, int block, __m512& low, __m512& high) {
    const std::int16_t* const q = a.q + std::int64_t{head} * a.dim;
    __m512i sums[H][2];
    for (auto& sum : sums) sum[0] = sum[1] = _mm512_set1_epi32(0);
    for (int d = 0; d < a.dim; d += 2) {
        const std::int16_t* const keys = a.keys + d * key_block + 2 * block;
        const __m512i first = _mm512_loadu_si512(keys);
        const __m512i second = _mm512_loadu_si512(keys + 32);
        for (int h = 0; h < H; ++h) {
            int both = 0;
            __builtin_memcpy(&both, q + h * a.dim + d, sizeof both);
            const __m512i pair = _mm512_set1_epi32(both);
            sums[h][0] = _mm512_dpwssd_epi32(sums[h][0], pair, first);
            sums[h][1] = _mm512_dpwssd_epi32(sums[h][1], pair, second);
        }
    }
    const __m512i zero = _mm512_set1_epi32(0);
    for (int h = 0; h < H; ++h) {
        const __m512 weight = _mm512_set1_ps(a.weights[head + h]);
        low = _mm512_fmadd_ps(weight, _mm512_cvtepi32_ps(_mm512_max_epi32(sums[h][0], zero)), low);
        high = _mm512_fmadd_ps(weight, _mm512_cvtepi32_ps(_mm512_max_epi32(sums[h][1], zero)), high);
    }
}

template <class Tag>
void screen_avx512(const ScreenArguments& a) {
    const int eights = (a.heads + 7) / 8;
    for (int block = 0; block < key_block; block += 32) {
        __m512 low = _mm512_set1_ps(-a.error);
        __m512 high = low;
        for (int head = 0; head < a.heads; head += 8) {
            prefetch_part(a, block / 32 * eights + head / 8, 2 * eights);
            if (head + 8 <= a.heads) {
                screen_heads_avx512<Tag, 8>(a, head, block, low, high);
            } else {
                for (int h = head; h < a.heads; ++h) screen_heads_avx512<Tag, 1>(a, h, block, low, high);
            }
        }
        low = _mm512_shuffle_f32x4(low, low, 0xd8);  // back in the order of the keys
        high = _mm512_shuffle_f32x4(high, high, 0xd8);
        _mm512_storeu_ps(a.lowest + block, _mm512_mul_ps(low, _mm512_loadu_ps(a.key_scales + block)));
        _mm512_storeu_ps(a.lowest + block + 16, _mm512_mul_ps(high, _mm512_loadu_ps(a.key_scales + block + 16)));
    }
}

}  // namespace heddle::engine
