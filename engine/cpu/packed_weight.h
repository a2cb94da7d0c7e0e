// engine/cpu/packed_weight.h: Weights as the CPU keeps them: matrices in panels, tables by row, vectors as floats.
#pragma once

#include <memory>
#include <vector>

#include "engine/cpu/panel_matrix.h"
#include "engine/cpu/thread_pool.h"
#include "engine/ops/weight.h"
#include "engine/tensor/buffer.h"

namespace heddle::engine {

// Where packed matrices lie side by side, in blocks so large that huge pages cover them; an expert's matrix alone is
// smaller than one such page. A block lives as long as a matrix in it. One caller at a time.
class WeightShelf {
 public:
    struct Place {
        std::shared_ptr<const Buffer> block;
        std::byte* data = nullptr;  // zeroed, aligned to 64 bytes
    };
    Place take(std::size_t bytes);

 private:
    std::shared_ptr<const Buffer> block_;
    std::size_t used_ = 0;
};

// For products. Eight bits stay eight bits; the kernels widen them in registers.
class PanelWeight final : public Weight {
 public:
    PanelWeight(const WeightSource& source, ThreadPool& pool, WeightShelf& shelf);
    const PanelMatrix& matrix() const { return matrix_; }

 private:
    void find_segments(const WeightSource& source);

    std::shared_ptr<const Buffer> block_;
    std::vector<int> segment_ends_;
    PanelMatrix matrix_{};
};

// For looking rows up, in the type that the checkpoint has.
class TableWeight final : public Weight {
 public:
    explicit TableWeight(const WeightSource& source);
    void read_row(std::int64_t row, float* out) const;

 private:
    DType type_;
    Buffer rows_;
};

class VectorWeight final : public Weight {
 public:
    explicit VectorWeight(const WeightSource& source);
    const float* data() const { return values_.data(); }

 private:
    std::vector<float> values_;
};

}  // namespace heddle::engine
