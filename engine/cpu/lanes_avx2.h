// engine/cpu/lanes_avx2.h: Eight floats at a time with AVX2, FMA and F16C; only for files compiled for these.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace heddle::engine {

struct Avx2Lanes {
    using Vector = __m256;
    static constexpr int lanes = 8;

    static Vector broadcast(float value) { return _mm256_set1_ps(value); }
    static Vector load(const float* from) { return _mm256_loadu_ps(from); }
    static void store(float* to, Vector v) { _mm256_storeu_ps(to, v); }
    static Vector load_bf16(const std::uint16_t* from) {
        const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
    }
    // Times 2^-8, which whoever uses it folds into a scale; no NaN comes here. A byte in the upper half of 16 bits,
    // shifted down by one with its sign kept, is a half float once the doubled sign bit is cleared; the two biases, 7
    // and 15, differ by eight powers of two. Halves below the normal range convert at full speed.
    static Vector load_e4m3_over_256(const std::uint8_t* from) {
        const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
        const __m128i high = _mm_unpacklo_epi8(_mm_setzero_si128(), bytes);
        const __m128i halves = _mm_and_si128(_mm_srai_epi16(high, 1), _mm_set1_epi16(static_cast<short>(0xbfff)));
        return _mm256_cvtph_ps(halves);
    }
    static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
    static Vector multiply(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
    static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
    static Vector divide(Vector a, Vector b) { return _mm256_div_ps(a, b); }
    static Vector larger(Vector a, Vector b) { return _mm256_max_ps(a, b); }

    // e^v = 2^n * e^r with |r| <= ln(2) / 2; e^r by its series to r^7, whose rest is below a float's precision. ln(2)
    // is taken in two parts, the first short enough that n times it is exact. Clamped to what a normal float holds.
    static Vector exp(Vector v) {
        v = _mm256_min_ps(_mm256_max_ps(v, broadcast(-87.0f)), broadcast(88.0f));
        const Vector n =
            _mm256_round_ps(_mm256_mul_ps(v, broadcast(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        Vector r = _mm256_fnmadd_ps(n, broadcast(0.693359375f), v);
        r = _mm256_fnmadd_ps(n, broadcast(-2.12194440e-4f), r);
        Vector power = broadcast(1.0f / 5040);
        power = multiply_add(power, r, broadcast(1.0f / 720));
        power = multiply_add(power, r, broadcast(1.0f / 120));
        power = multiply_add(power, r, broadcast(1.0f / 24));
        power = multiply_add(power, r, broadcast(1.0f / 6));
        power = multiply_add(power, r, broadcast(0.5f));
        power = multiply_add(power, r, broadcast(1.0f));
        power = multiply_add(power, r, broadcast(1.0f));
        const __m256i exponent = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
        return _mm256_mul_ps(power, _mm256_castsi256_ps(exponent));
    }
    static float sum(Vector v) {
        const __m128 halves = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
        const __m128 pairs = _mm_add_ps(halves, _mm_movehl_ps(halves, halves));
        return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehdup_ps(pairs)));
    }
    // Lane i is the sum of vector i.
    static Vector sums(const Vector (&v)[8]) {
        const Vector a = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
        const Vector b = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
        return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
    }
};

}  // namespace heddle::engine
