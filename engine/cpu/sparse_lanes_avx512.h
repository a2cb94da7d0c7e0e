// engine/cpu/sparse_lanes_avx512.h: Sixteen floats at a time, for attention.
#pragma once

#ifndef __m512  // which is a name of the tests where they bring a portable stand-in
#include <immintrin.h>
#endif

#include "engine/cpu/lanes_avx2.h"
#include "engine/cpu/sparse_kernels.h"

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

}  // namespace heddle::engine
