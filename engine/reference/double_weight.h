// engine/reference/double_weight.h: A weight of the reference back end: every value widened to double.
#pragma once

#include <vector>

#include "engine/ops/weight.h"

namespace heddle::engine {

class DoubleWeight final : public Weight {
 public:
    explicit DoubleWeight(const WeightSource& source)
        : Weight(source.outputs(), source.inputs()), values_(static_cast<std::size_t>(rows() * columns())) {
        for (std::int64_t n = 0; n < rows(); ++n) {
            for (std::int64_t k = 0; k < columns(); ++k) {
                values_[index(n, k)] = double(widen(source, n, k)) * double(block_scale(source, n, k));
            }
        }
    }
    double at(std::int64_t n, std::int64_t k) const { return values_[index(n, k)]; }

 private:
    std::size_t index(std::int64_t n, std::int64_t k) const { return static_cast<std::size_t>(n * columns() + k); }

    std::vector<double> values_;
};

inline double at(const Weight& weight, std::int64_t n, std::int64_t k) {
    return static_cast<const DoubleWeight&>(weight).at(n, k);
}

}  // namespace heddle::engine
