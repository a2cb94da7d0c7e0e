// tests/support/random_tensors.h: The tensors of a checkpoint by name and shape, with random values made row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor/tensor.h"
#include "engine/transformer/model_config.h"

namespace heddle::test {

// What a tensor is before it has values. A linear layer's values differ in size from block to block, by powers of two
// that an FP8 layer has in its scales: whoever mixes up blocks gets other numbers.
struct TensorPlan {
    std::string name;
    engine::DType dtype = engine::DType::f32;
    std::vector<std::int64_t> shape;
    float mean = 0, spread = 1;                      // of the values; normal
    std::int64_t block_rows = 0, block_columns = 0;  // of a linear layer and of its scales; else 0
    bool is_scale = false;                           // the scales of the layer that stands before it

    std::int64_t rows() const { return shape.size() == 1 ? 1 : shape[0]; }
    std::int64_t columns() const { return shape.back(); }
    std::uint64_t row_bytes() const { return static_cast<std::uint64_t>(columns()) * engine::size_of(dtype); }
    std::uint64_t bytes() const { return static_cast<std::uint64_t>(rows()) * row_bytes(); }
};

// In the order of the files. Linear layers have `linear_dtype` (FP8 with scales by block); all else is F32 when that
// is F32, else as published. Spreads keep activations at the size of their inputs, however many layers there are.
std::vector<TensorPlan> plan_tensors(const engine::ModelConfig& config, engine::DType linear_dtype);

// The values of a tensor's rows [first, first + out.size() / row_bytes); they depend on nothing but its name and seed,
// and an FP8 layer's are those of the F32 layer of the same name, rounded.
void make_rows(const TensorPlan& plan, std::uint64_t seed, std::int64_t first, std::span<std::byte> out);

}  // namespace heddle::test
