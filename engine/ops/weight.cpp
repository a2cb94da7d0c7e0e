// engine/ops/weight.cpp: Reads single values of a checkpoint's weight, whatever its type.
#include "engine/ops/weight.h"

#include <array>
#include <cstring>

#include "engine/ops/numbers.h"

namespace heddle::engine {

namespace {

const std::array<float, 256> e4m3_values = [] {
    std::array<float, 256> values{};
    for (int bits = 0; bits < 256; ++bits) values[std::size_t(bits)] = e4m3_to_float(static_cast<std::uint8_t>(bits));
    return values;
}();

}  // namespace

float widen(const WeightSource& source, std::int64_t output, std::int64_t input) {
    const std::int64_t row = source.first_row + (source.transposed ? input : output);
    const std::int64_t column = source.transposed ? output : input;
    const auto index = static_cast<std::size_t>(row * source.columns + column);
    switch (source.type) {
        case DType::f32: {
            float value = 0;
            std::memcpy(&value, source.data + index * 4, 4);
            return value;
        }
        case DType::bf16: {
            std::uint16_t bits = 0;
            std::memcpy(&bits, source.data + index * 2, 2);
            return bf16_to_float(bits);
        }
        case DType::f8_e4m3:
            return e4m3_values[static_cast<std::uint8_t>(source.data[index])];
    }
    return 0;
}

float block_scale(const WeightSource& source, std::int64_t output, std::int64_t input) {
    if (source.scales == nullptr) return 1;
    const std::int64_t row = source.first_row + (source.transposed ? input : output);
    const std::int64_t column = source.transposed ? output : input;
    const std::int64_t blocks = (source.columns + source.block_columns - 1) / source.block_columns;
    const std::int64_t index = row / source.block_rows * blocks + column / source.block_columns;
    float scale = 0;
    std::memcpy(&scale, source.scales + index * 4, 4);
    return scale;
}

}  // namespace heddle::engine
