// engine/cpu/order_avx2.h: Sifts scores eight at a time: compare, then write the positions of those that stay.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

namespace heddle::engine {

// For each mask of eight lanes, the lanes that it has, ascending, four bits each.
constexpr std::array<std::uint32_t, 256> lanes_of_mask = [] {
    std::array<std::uint32_t, 256> table{};
    for (unsigned mask = 0; mask < 256; ++mask) {
        int shift = 0;
        for (unsigned lane = 0; lane < 8; ++lane) {
            if ((mask >> lane & 1) == 0) continue;
            table[mask] |= lane << shift;
            shift += 4;
        }
    }
    return table;
}();

inline __m256i lanes_avx2(int mask) {
    const __m256i all = _mm256_set1_epi32(static_cast<int>(lanes_of_mask[static_cast<std::size_t>(mask)]));
    return _mm256_and_si256(_mm256_srlv_epi32(all, _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28)),
                            _mm256_set1_epi32(7));
}

inline void put_positions(int mask, std::int64_t first, int*& out) {
    const __m256i positions = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first)), lanes_avx2(mask));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), positions);
    out += __builtin_popcount(static_cast<unsigned>(mask));
}

// Most of many scores are lower: 32 are dismissed at once.
inline std::int64_t collect_avx2(const float* scores, std::int64_t count, float low, int* out) {
    const __m256 limit = _mm256_set1_ps(low);
    const auto reaches = [&](std::int64_t at) {
        return _mm256_cmp_ps(_mm256_loadu_ps(scores + at), limit, _CMP_NLT_UQ);
    };
    int* const first = out;
    std::int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256 any =
            _mm256_or_ps(_mm256_or_ps(reaches(i), reaches(i + 8)), _mm256_or_ps(reaches(i + 16), reaches(i + 24)));
        if (_mm256_testz_ps(any, any)) continue;
        for (std::int64_t at = i; at < i + 32; at += 8) put_positions(_mm256_movemask_ps(reaches(at)), at, out);
    }
    for (; i < count; ++i) {
        *out = static_cast<int>(i);
        out += !(scores[i] < low);
    }
    return out - first;
}

}  // namespace heddle::engine
