// engine/ops/weight.h: A weight as the checkpoint has it, and as a back end keeps it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/tensor.h"

namespace heddle::engine {

// Rows [first_row, first_row + rows) of a row-major tensor of the checkpoint, or these rows transposed. The bytes may
// be unaligned; they are the caller's and are not needed once packed.
struct WeightSource {
    DType type = DType::f32;
    const std::byte* data = nullptr;  // [tensor's rows, columns], the whole tensor
    std::int64_t columns = 0;
    const std::byte* scales = nullptr;  // f8_e4m3: f32 [ceil(rows / block_rows), ceil(columns / block_columns)]
    int block_rows = 128, block_columns = 128;
    std::int64_t first_row = 0, rows = 0;
    bool transposed = false;
    bool keeps_inputs = false;  // its product chooses (experts, positions): no back end may round the inputs for it

    std::int64_t outputs() const { return transposed ? columns : rows; }
    std::int64_t inputs() const { return transposed ? rows : columns; }
};

// Widened values, for packing and for the oracle; `output` and `input` as in a product.
float widen(const WeightSource& source, std::int64_t output, std::int64_t input);        // without the block's scale
float block_scale(const WeightSource& source, std::int64_t output, std::int64_t input);  // 1 where there are no blocks

// What a back end made of it.
class Weight {
 public:
    virtual ~Weight() = default;
    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }

 protected:
    Weight(std::int64_t rows, std::int64_t columns) : rows_(rows), columns_(columns) {}

 private:
    std::int64_t rows_, columns_;
};

}  // namespace heddle::engine
