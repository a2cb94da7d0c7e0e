// engine/cpu/narrow_rows_avx512.h: Cached rows to bf16: exactly, where they are e4m3 or bf16; floats to nearest.
#pragma once

#include "engine/cpu/attend_pairs_avx512.h"

namespace heddle::engine {

constexpr int narrow_step = 64;  // e4m3 numbers at a time

// A power of two as what it adds to a bf16's exponent.
template <class L>
int exponent_of(float scale) {
    return static_cast<int>(__builtin_bit_cast(std::uint32_t, scale) >> 23) - 127;
}

// 64 e4m3 numbers times 2^exponent.
template <class L>
void narrow_e4m3(const std::uint8_t* from, int exponent, std::uint16_t* out) {
    __m512i steps[2];  // those with even places, and the others
    Avx512PairProduct::widen<PanelType::e4m3>(reinterpret_cast<const std::uint32_t*>(from), steps);
    const __m512i raise = _mm512_set1_epi16(static_cast<short>(exponent << 7));
    const __m512i size = _mm512_set1_epi16(0x7fff);
    for (__m512i& step : steps) step = _mm512_mask_add_epi16(step, _mm512_test_epi16_mask(step, size), step, raise);
    const __m512i low = _mm512_unpacklo_epi16(steps[0], steps[1]), high = _mm512_unpackhi_epi16(steps[0], steps[1]);
    L::store_words(out, L::first_quarters(low, high));
    L::store_words(out + narrow_step / 2, L::last_quarters(low, high));
}

// The last group may end within a step.
template <class L>
void narrow_fp8_row(const RowFormat& format, const std::byte* row, std::uint16_t* out) {
    const auto* latent = reinterpret_cast<const std::uint8_t*>(row);
    const auto* scales = reinterpret_cast<const float*>(row + format.scales_at());
    for (int group = 0; group < format.groups(); ++group) {
        const int exponent = exponent_of<L>(scales[group]);
        int i = group * row_group;
        const int end = i + format.group_size(group);
        for (; i + narrow_step <= end; i += narrow_step) narrow_e4m3<L>(latent + i, exponent, out + i);
        if (i == end) continue;
        std::uint8_t last[narrow_step] = {};
        std::uint16_t last_out[narrow_step];
        __builtin_memcpy(last, latent + i, static_cast<std::size_t>(end - i));
        narrow_e4m3<L>(last, exponent, last_out);
        __builtin_memcpy(out + i, last_out, static_cast<std::size_t>(end - i) * sizeof *out);
    }
    const auto* const rope = reinterpret_cast<const std::uint16_t*>(row + format.rope_at());
    for (int i = 0; i < format.rope; ++i) out[format.kv_lora + i] = rope[i];
    for (int i = format.kv_lora + format.rope; i < format.width(); ++i) out[i] = 0;
}

template <class L>
void narrow_floats(const float* from, int count, std::uint16_t* out) {
    for (int i = 0; i < count; i += L::lanes) {
        const __m512i words = L::narrow(L::load(from + i), L::broadcast(0));
        __builtin_memcpy(out + i, &words, L::lanes * sizeof *out);
    }
}

// A tile is larger than the first cache: stores to lines that are not in it would wait for one after the other.
template <class L>
void prefetch_next(const std::byte* from, std::size_t bytes, const std::uint16_t* out, int count) {
    for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at);
    for (int i = 0; i < count; i += narrow_step / 2) __builtin_prefetch(out + i, 1);
}

template <class L>
void narrow_rows(const RowFormat& format, const std::byte* const* rows, int count, void* to) {
    auto* out = static_cast<std::uint16_t*>(to);
    const int width = format.width();
    for (int j = 0; j < count; ++j, out += width) {
        if (j + 1 < count) prefetch_next<L>(rows[j + 1], format.bytes(), out + width, width);
        if (format.type == CacheRows::fp8) {
            narrow_fp8_row<L>(format, rows[j], out);
        } else {
            narrow_floats<L>(reinterpret_cast<const float*>(rows[j]), width, out);
        }
    }
}

}  // namespace heddle::engine
