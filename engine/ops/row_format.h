// engine/ops/row_format.h: What a cached latent row is made of, in bytes: eight bits, sixteen or floats.
#pragma once

#include <cstddef>

namespace heddle::engine {

// `fp8` is the vendor's row: the latent as e4m3 with one float scale, a power of two, for every 128 values, the rotary
// key as bf16; 656 bytes where the latent has 512 values and the key 64. `bf16` rounds both to sixteen bits (1152
// bytes), `f32` rounds nothing (2304 bytes).
enum class CacheRows { fp8, bf16, f32 };

inline constexpr int row_group = 128;  // latent values that share a scale in `fp8`; the last group may have fewer

struct RowFormat {
    CacheRows type = CacheRows::f32;
    int kv_lora = 0, rope = 0;

    // Elements of a row once widened: a multiple of 16, zeros behind the rotary key.
    int width() const { return (kv_lora + rope + 15) / 16 * 16; }
    int groups() const { return (kv_lora + row_group - 1) / row_group; }
    int group_size(int group) const {
        return kv_lora - group * row_group < row_group ? kv_lora - group * row_group : row_group;
    }

    // `fp8`: kv_lora bytes, then the scales, then the rotary key.
    std::size_t scales_at() const { return (static_cast<std::size_t>(kv_lora) + 3) / 4 * 4; }
    std::size_t rope_at() const { return scales_at() + sizeof(float) * static_cast<std::size_t>(groups()); }
    std::size_t bytes() const {
        const auto wide = static_cast<std::size_t>(width());
        if (type == CacheRows::f32) return wide * 4;
        if (type == CacheRows::bf16) return wide * 2;
        return (rope_at() + 2 * static_cast<std::size_t>(rope) + 15) / 16 * 16;
    }
};

inline const char* name_of(CacheRows rows) {
    return rows == CacheRows::fp8 ? "fp8" : rows == CacheRows::bf16 ? "bf16" : "f32";
}

}  // namespace heddle::engine
