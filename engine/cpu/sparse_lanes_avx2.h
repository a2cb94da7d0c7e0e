// engine/cpu/sparse_lanes_avx2.h: What the sparse path needs of AVX2 beyond plain lanes of floats.
#pragma once

#include "engine/cpu/lanes_avx2.h"

namespace heddle::engine {

struct Avx2SparseLanes : Avx2Lanes {
    static constexpr int lanes = 8;

    // Eight keys' two neighbouring dimensions, over 256: see load_e4m3_over_256.
    static void load_e4m3_pairs_over_256(const std::uint8_t* from, Vector& even, Vector& odd) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        even = widened(_mm_slli_epi16(bytes, 8));
        odd = widened(_mm_and_si128(bytes, _mm_set1_epi16(static_cast<short>(0xff00))));
    }

 private:
    static Vector widened(__m128i high) {
        return _mm256_cvtph_ps(_mm_and_si128(_mm_srai_epi16(high, 1), _mm_set1_epi16(static_cast<short>(0xbfff))));
    }
};

}  // namespace heddle::engine
