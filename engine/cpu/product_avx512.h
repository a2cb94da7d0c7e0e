// engine/cpu/product_avx512.h: How products go with AVX-512: sixteen outputs at a time, in floats or in pairs of bf16.
#pragma once

#ifndef __m512  // which is a name of the tests where they bring a portable stand-in
#include <immintrin.h>
#endif

#include <cstdint>

#include "engine/cpu/panel_matrix.h"

namespace heddle::engine {

struct Avx512Lanes {
    using Vector = __m512;
    static constexpr int lanes = 16;
    static constexpr int tile_rows = 6;  // with four panels 24 sums, 4 weights and 1 input: 29 of 32 registers
    static constexpr int tile_panels = 4;
    static constexpr int prefetch_words = 512, prefetch_locality = 2;  // into the second cache: the first is too small
    static constexpr int direct_rows = avx512_direct_rows;
    static constexpr int direct_panels(int rows) { return rows <= 2 ? 8 : rows <= 4 ? 4 : 2; }

    static Vector broadcast(float value) { return _mm512_set1_ps(value); }
    static Vector load(const float* from) { return _mm512_loadu_ps(from); }
    static void store(float* to, Vector v) { _mm512_storeu_ps(to, v); }
    static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    static Vector multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
    static __m512i load_words(const std::uint32_t* words) { return _mm512_loadu_si512(words); }
    static void store_words(std::uint32_t* words, __m512i v) { _mm512_storeu_si512(words, v); }
    static __mmask16 first(int count) {
        return static_cast<__mmask16>(count >= lanes ? 0xffffu : count > 0 ? (1u << count) - 1 : 0u);
    }
};

// One input a step, in floats: as Avx2Product, twice as wide.
struct Avx512FloatProduct : Avx512Lanes {
    using Step = __m512;
    static constexpr int step_inputs = 1;

    template <PanelType type>
    static void widen(const std::uint32_t* words, Step* steps) {
        const __m512i w = load_words(words);
        const __m512i high = _mm512_set1_epi32(static_cast<int>(0xffff0000));
        if constexpr (type == PanelType::f32) {
            steps[0] = _mm512_castsi512_ps(w);
        } else if constexpr (type == PanelType::bf16) {
            steps[0] = _mm512_castsi512_ps(_mm512_slli_epi32(w, 16));
            steps[1] = _mm512_castsi512_ps(_mm512_and_si512(w, high));
        } else {
            const __m512i kept = _mm512_set1_epi16(static_cast<short>(0x87f0));  // all but copies of the sign
            const __m512i first = _mm512_and_si512(_mm512_srai_epi16(_mm512_slli_epi16(w, 8), 4), kept);
            const __m512i last = _mm512_and_si512(_mm512_srai_epi16(w, 4), kept);
            const __m512 raise = _mm512_set1_ps(0x1p120f);
            const auto raised = [&](__m512i v) { return _mm512_mul_ps(_mm512_castsi512_ps(v), raise); };
            steps[0] = raised(_mm512_slli_epi32(first, 16));
            steps[1] = raised(_mm512_and_si512(first, high));
            steps[2] = raised(_mm512_slli_epi32(last, 16));
            steps[3] = raised(_mm512_and_si512(last, high));
        }
    }
    static void prepare(const float* x, int count, std::uint32_t* out) {
        for (int k = 0; k < count; k += lanes) {
            store(reinterpret_cast<float*>(out) + k, _mm512_maskz_loadu_ps(first(count - k), x + k));
        }
    }
    static Step load_step(const std::uint32_t* words) { return load(reinterpret_cast<const float*>(words)); }
    static void store_step(std::uint32_t* words, Step step) { store(reinterpret_cast<float*>(words), step); }
    static Step broadcast_step(const std::uint32_t* word) { return broadcast(*reinterpret_cast<const float*>(word)); }
    static Vector add_step(Step input, Step weight, Vector sum) { return _mm512_fmadd_ps(input, weight, sum); }
};

struct ByteTable {
    alignas(64) std::uint8_t at[128] = {};
};

// The high or the low byte of every e4m3 magnitude as bf16: value = 1.mantissa * 2^(exponent - 7), or below the normal
// range mantissa * 2^-9, which is normal as a bf16 and must be so: the dot product takes subnormal numbers for zeros.
constexpr ByteTable bf16_bytes_of_e4m3(int shift) {
    ByteTable bytes;
    for (unsigned bits = 1; bits < 128; ++bits) {
        unsigned exponent = bits >> 3, mantissa = bits & 7;
        if (exponent == 0) {
            for (exponent = 1; mantissa < 8; mantissa *= 2) --exponent;
            mantissa -= 8;
        }
        const unsigned wide = (exponent + 127 - 7) << 7 | mantissa << 4;
        bytes.at[bits] = static_cast<std::uint8_t>(wide >> shift);
    }
    return bytes;
}
inline constexpr ByteTable high_bf16_of_e4m3 = bf16_bytes_of_e4m3(8);
inline constexpr ByteTable low_bf16_of_e4m3 = bf16_bytes_of_e4m3(0);

// Two inputs a step, rounded to bf16 once a task; weights are bf16 or e4m3, which widens to it exactly. Sums are
// floats.
struct Avx512PairProduct : Avx512Lanes {
    using Step = __m512i;
    static constexpr int step_inputs = 2;

    template <PanelType type>
    static void widen(const std::uint32_t* words, Step* steps) {
        const __m512i w = load_words(words);
        if constexpr (type == PanelType::bf16) {
            steps[0] = w;
        } else {
            // The tables look at seven bits of each byte; the sign is put back.
            const __m512i high_bytes =
                _mm512_permutex2var_epi8(table(high_bf16_of_e4m3, 0), w, table(high_bf16_of_e4m3, 64));
            const __m512i low = _mm512_permutex2var_epi8(table(low_bf16_of_e4m3, 0), w, table(low_bf16_of_e4m3, 64));
            const __m512i sign = _mm512_and_si512(w, _mm512_set1_epi8(static_cast<char>(0x80)));
            const __m512i high = _mm512_or_si512(high_bytes, sign);
            const __m512i low_byte = _mm512_set1_epi16(0x00ff),
                          high_byte = _mm512_set1_epi16(static_cast<short>(0xff00));
            steps[0] = _mm512_or_si512(_mm512_slli_epi16(high, 8), _mm512_and_si512(low, low_byte));
            steps[1] = _mm512_or_si512(_mm512_and_si512(high, high_byte), _mm512_srli_epi16(low, 8));
        }
    }
    static void prepare(const float* x, int count, std::uint32_t* out) {
        for (int k = 0; k < count; k += 2 * lanes) {
            const __m512 low = _mm512_maskz_loadu_ps(first(count - k), x + k);
            const __m512 high = _mm512_maskz_loadu_ps(first(count - k - lanes), x + k + lanes);
            store_words(out + k / 2, __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(high, low)));
        }
    }
    static Step load_step(const std::uint32_t* words) { return load_words(words); }
    static void store_step(std::uint32_t* words, Step step) { store_words(words, step); }
    static Step broadcast_step(const std::uint32_t* word) { return _mm512_set1_epi32(static_cast<int>(*word)); }
    static Vector add_step(Step input, Step weight, Vector sum) {
        return _mm512_dpbf16_ps(sum, __builtin_bit_cast(__m512bh, input), __builtin_bit_cast(__m512bh, weight));
    }

 private:
    static __m512i table(const ByteTable& bytes, int from) { return _mm512_load_si512(bytes.at + from); }
};

}  // namespace heddle::engine
