// tests/support/product_tensor.h: Random weights of any type, and how far a product of theirs is from the exact one.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "engine/ops/numbers.h"
#include "engine/ops/weight.h"

namespace heddle::test {

inline std::vector<float> normal_floats(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 1);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    return values;
}

// A tensor whose bytes and scales live here. Every fifth e4m3 number is near the subnormal ones.
struct ProductTensor {
    std::vector<std::byte> bytes;
    std::vector<float> scales;
    engine::WeightSource source;

    ProductTensor(engine::DType type, std::int64_t rows, std::int64_t columns, int block_rows, int block_columns,
                  unsigned seed) {
        using engine::DType;
        const std::vector<float> values = normal_floats(std::size_t(rows * columns), seed);
        bytes.resize(values.size() * engine::size_of(type));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::uint16_t narrow = engine::float_to_bf16(values[i]);
            const float scaled = values[i] * (i % 5 == 0 ? 0.003f : 60);
            if (type == DType::f32) std::memcpy(&bytes[i * 4], &values[i], 4);
            if (type == DType::bf16) std::memcpy(&bytes[i * 2], &narrow, 2);
            if (type == DType::f8_e4m3) bytes[i] = std::byte(engine::e4m3_bits(engine::round_to_e4m3(scaled)));
        }
        source = {.type = type, .data = bytes.data(), .columns = columns, .rows = rows};
        source.block_rows = block_rows;
        source.block_columns = block_columns;
        if (type != DType::f8_e4m3) return;
        const std::int64_t grid_rows = (rows + block_rows - 1) / block_rows;
        const std::int64_t grid_columns = (columns + block_columns - 1) / block_columns;
        scales = normal_floats(std::size_t(grid_rows * grid_columns), seed + 1);
        source.scales = reinterpret_cast<const std::byte*>(scales.data());
    }
};

// The error of out [rows, outputs] for x [rows, inputs], as a share of the exact product's size.
inline double distance(const engine::WeightSource& source, const std::vector<float>& x, const std::vector<float>& out,
                       int rows) {
    const std::int64_t inputs = source.inputs(), outputs = source.outputs();
    double error = 0, size = 0;
    for (std::int64_t n = 0; n < outputs; ++n) {
        std::vector<double> weights;
        for (std::int64_t k = 0; k < inputs; ++k) {
            weights.push_back(double(engine::widen(source, n, k)) * double(engine::block_scale(source, n, k)));
        }
        for (std::int64_t row = 0; row < rows; ++row) {
            double sum = 0;
            for (std::int64_t k = 0; k < inputs; ++k) {
                sum += double(x[std::size_t(row * inputs + k)]) * weights[std::size_t(k)];
            }
            error += std::pow(out[std::size_t(row * outputs + n)] - sum, 2);
            size += sum * sum;
        }
    }
    return std::sqrt(error / size);
}

}  // namespace heddle::test
