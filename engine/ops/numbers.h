// engine/ops/numbers.h: The narrow number formats: bf16, e4m3 with its power-of-two scales, int8 with any.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace heddle::engine {

inline constexpr float e4m3_max = 448.0f;  // e4m3fn: no infinity; 0x7f and 0xff are NaN

inline float bf16_to_float(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// To nearest, ties to even; NaN stays NaN.
inline std::uint16_t float_to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fc0;
    return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

inline float e4m3_to_float(std::uint8_t bits) {
    const int exponent = bits >> 3 & 15;
    const int mantissa = bits & 7;
    if ((bits & 0x7f) == 0x7f) return std::nanf("");
    const float size = exponent == 0 ? std::ldexp(float(mantissa), -9) : std::ldexp(float(8 + mantissa), exponent - 10);
    return (bits & 0x80) != 0 ? -size : size;
}

// To nearest, ties to even, clamped to +-448; `value` is finite. The result is itself an e4m3 number.
inline float round_to_e4m3(float value) {
    const float size = std::fabs(value);
    if (size >= e4m3_max) return std::copysign(e4m3_max, value);
    if (size < 0x1p-6f) return std::copysign((size + 0x1.8p14f) - 0x1.8p14f, value);  // multiples of 2^-9
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>((bits + 0x7ffffu + (bits >> 20 & 1)) & 0xfff00000u);
}

// The bits of a value that is an e4m3 number already.
inline std::uint8_t e4m3_bits(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint8_t>(bits >> 24 & 0x80);
    const float size = std::fabs(value);
    if (size < 0x1p-6f) return static_cast<std::uint8_t>(sign | static_cast<std::uint8_t>(size * 0x1p9f));
    const auto exponent = (bits >> 23 & 0xff) - 127 + 7;
    return static_cast<std::uint8_t>(sign | exponent << 3 | (bits >> 20 & 7));
}

// The scale that brings a vector whose largest size is `largest` into e4m3: a power of two, at least 448 / 448 of it.
inline float e4m3_scale(float largest) {
    int exponent = 0;
    const float fraction = std::frexp(std::fmax(largest, 1e-4f) / e4m3_max, &exponent);  // fraction in [0.5, 1)
    return std::ldexp(1.0f, fraction == 0.5f ? exponent - 1 : exponent);                 // 2^ceil(log2)
}

// The scale that brings a vector whose largest size is `largest` to +-127; zeros have one too.
inline float int8_scale(float largest) {
    return std::fmax(largest, 1e-30f) / 127;
}

// To the nearest whole number, ties to even, clamped to +-127; NaN becomes -127.
inline std::int8_t round_to_int8(float value) {
    constexpr float no_fraction = 0x1.8p23f;  // added and taken away again, it leaves a whole number
    const float bounded = value > -127 ? (value < 127 ? value : 127) : -127;
    return static_cast<std::int8_t>(static_cast<std::int32_t>(bounded + no_fraction - no_fraction));
}

}  // namespace heddle::engine
