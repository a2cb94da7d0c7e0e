// engine/cpu/product_avx2.h: How products go with AVX2 and FMA: eight outputs at a time, one input a step, in floats.
#pragma once

#include "engine/cpu/lanes_avx2.h"
#include "engine/cpu/panel_matrix.h"

namespace heddle::engine {

struct Avx2Product : Avx2Lanes {
    using Step = __m256;
    static constexpr int lanes = 8;
    static constexpr int step_inputs = 1;
    static constexpr int tile_rows = 6;  // 12 sums, 2 weights and 1 input: 15 of 16 registers
    static constexpr int tile_panels = 1;
    static constexpr int prefetch_words = 512, prefetch_locality = 3;
    static constexpr int direct_rows = 3;  // more leave no registers for what is widened
    static constexpr int direct_panels(int rows) { return rows == 1 ? 2 : 1; }

    // Of e4m3, the exponent and mantissa fall into place of a float's, 120 powers of two too low, and a subnormal is a
    // subnormal: the product is exact.
    template <PanelType type>
    static void widen(const std::uint32_t* words, Step* steps) {
        const __m256i w = _mm256_load_si256(reinterpret_cast<const __m256i*>(words));
        const __m256i high = _mm256_set1_epi32(static_cast<int>(0xffff0000));
        if constexpr (type == PanelType::f32) {
            steps[0] = _mm256_castsi256_ps(w);
        } else if constexpr (type == PanelType::bf16) {
            steps[0] = _mm256_castsi256_ps(_mm256_slli_epi32(w, 16));
            steps[1] = _mm256_castsi256_ps(_mm256_and_si256(w, high));
        } else {
            const __m256i kept = _mm256_set1_epi16(static_cast<short>(0x87f0));  // all but copies of the sign
            const __m256i first = _mm256_and_si256(_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 4), kept);
            const __m256i last = _mm256_and_si256(_mm256_srai_epi16(w, 4), kept);
            const __m256 raise = _mm256_set1_ps(0x1p120f);
            const auto raised = [&](__m256i v) { return _mm256_mul_ps(_mm256_castsi256_ps(v), raise); };
            steps[0] = raised(_mm256_slli_epi32(first, 16));
            steps[1] = raised(_mm256_and_si256(first, high));
            steps[2] = raised(_mm256_slli_epi32(last, 16));
            steps[3] = raised(_mm256_and_si256(last, high));
        }
    }
    static void prepare(const float* x, int count, std::uint32_t* out) {
        int k = 0;
        for (; k + lanes <= count; k += lanes) store_step(out + k, load(x + k));
        for (; k < count; ++k) reinterpret_cast<float*>(out)[k] = x[k];
    }
    static Step load_step(const std::uint32_t* words) { return load(reinterpret_cast<const float*>(words)); }
    static void store_step(std::uint32_t* words, Step step) { store(reinterpret_cast<float*>(words), step); }
    static Step broadcast_step(const std::uint32_t* word) {
        return _mm256_broadcast_ss(reinterpret_cast<const float*>(word));
    }
    static Vector add_step(Step input, Step weight, Vector sum) { return _mm256_fmadd_ps(input, weight, sum); }
};

}  // namespace heddle::engine
