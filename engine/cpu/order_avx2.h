// engine/cpu/order_avx2.h: Sifts scores eight at a time: compare, then move the lanes that stay to the front.
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

// -0 becomes 0, then the sizes of negative numbers are turned around.
inline __m256i keys_avx2(__m256 scores) {
    const __m256i bits = _mm256_castps_si256(_mm256_add_ps(scores, _mm256_setzero_ps()));
    return _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
}

// Eight scores from `at` on. Behind the end there is nothing that a mask of those that exist would keep.
inline __m256i keys_at_avx2(const float* scores, std::int64_t at, std::int64_t count) {
    if (at + 8 <= count) return keys_avx2(_mm256_loadu_ps(scores + at));
    const __m256i left = _mm256_set1_epi32(static_cast<int>(count - at));
    return keys_avx2(
        _mm256_maskload_ps(scores + at, _mm256_cmpgt_epi32(left, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))));
}

inline int existing(std::int64_t at, std::int64_t count) {
    return at + 8 <= count ? 255 : (1 << (count - at)) - 1;
}

inline int mask_avx2(__m256i lanes) {
    return _mm256_movemask_ps(_mm256_castsi256_ps(lanes));
}

inline std::int64_t collect_avx2(const float* scores, std::int64_t count, std::int32_t low, std::int32_t high,
                                 std::int32_t* out) {
    const __m256i lowest = _mm256_set1_epi32(low);
    const __m256i highest = _mm256_set1_epi32(high);
    std::int32_t* const first = out;
    for (std::int64_t i = 0; i < count; i += 8) {
        const __m256i keys = keys_at_avx2(scores, i, count);
        const int outside =
            mask_avx2(_mm256_or_si256(_mm256_cmpgt_epi32(lowest, keys), _mm256_cmpgt_epi32(keys, highest)));
        const int mask = ~outside & existing(i, count);
        if (mask == 0) continue;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permutevar8x32_epi32(keys, lanes_avx2(mask)));
        out += __builtin_popcount(static_cast<unsigned>(mask));
    }
    return out - first;
}

inline std::int64_t emit_avx2(const float* scores, std::int64_t count, std::int32_t threshold, std::int64_t ties,
                              int* out) {
    const __m256i limit = _mm256_set1_epi32(threshold);
    int* const first = out;
    for (std::int64_t i = 0; i < count; i += 8) {
        const __m256i keys = keys_at_avx2(scores, i, count);
        const int exists = existing(i, count);
        int mask = mask_avx2(_mm256_cmpgt_epi32(keys, limit)) & exists;
        if (ties > 0) {
            int equal = mask_avx2(_mm256_cmpeq_epi32(keys, limit)) & exists;
            for (; equal != 0 && ties > 0; equal &= equal - 1, --ties) mask |= equal & -equal;
        }
        if (mask == 0) continue;
        const __m256i positions = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(i)), lanes_avx2(mask));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), positions);
        out += __builtin_popcount(static_cast<unsigned>(mask));
    }
    return out - first;
}

}  // namespace heddle::engine
