// engine/cpu/widen_rows_on_lanes.h: Cached rows to floats, eight bits or sixteen at a time.
#pragma once

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

template <class L>
void widen_bf16(const std::byte* from, int count, float* out) {
    const auto* halves = reinterpret_cast<const std::uint16_t*>(from);
    int i = 0;
    for (; i + 8 <= count; i += 8) L::store(out + i, L::load_bf16(halves + i));
    if (i == count) return;
    std::uint16_t last[8] = {};
    float last_out[8];
    for (int n = i; n < count; ++n) last[n - i] = halves[n];
    L::store(last_out, L::load_bf16(last));
    for (int n = i; n < count; ++n) out[n] = last_out[n - i];
}

// The last group may end within eight: what is written behind it, the rotary key overwrites.
template <class L>
void widen_fp8_row(const RowFormat& format, const std::byte* row, float* out) {
    const auto* latent = reinterpret_cast<const std::uint8_t*>(row);
    const auto* scales = reinterpret_cast<const float*>(row + format.scales_at());
    for (int group = 0; group < format.groups(); ++group) {
        const auto scale = L::broadcast(scales[group] * 256);
        const int first = group * row_group;
        const int end = first + format.group_size(group);
        for (int i = first; i < end; i += 8) {
            L::store(out + i, L::multiply(L::load_e4m3_over_256(latent + i), scale));
        }
    }
    widen_bf16<L>(row + format.rope_at(), format.rope, out + format.kv_lora);
    for (int i = format.kv_lora + format.rope; i < format.width(); ++i) out[i] = 0;
}

template <class L>
void widen_rows(const RowFormat& format, const std::byte* const* rows, int count, void* to) {
    auto* out = static_cast<float*>(to);
    const int width = format.width();
    for (int j = 0; j < count; ++j, out += width) {
        if (format.type == CacheRows::fp8) {
            widen_fp8_row<L>(format, rows[j], out);
        } else {
            widen_bf16<L>(rows[j], width, out);
        }
    }
}

}  // namespace heddle::engine
