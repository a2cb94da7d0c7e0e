// engine/reference/reference_ops.cpp: Products, norms, rotations and activations in double precision.
#include "engine/reference/reference_ops.h"

#include <cmath>

#include "engine/error.h"
#include "engine/reference/double_weight.h"

namespace heddle::engine {

PageLayout ReferenceOps::page_layout(int layers, int kv_lora, int rope, int index_dim) const {
    return {layers, sizeof(double) * std::size_t(kv_lora + rope),
            sizeof(double) * std::size_t(index_dim) * page_tokens};
}

std::unique_ptr<Weight> ReferenceOps::pack_matrix(const WeightSource& source) {
    return std::make_unique<DoubleWeight>(source);
}
std::unique_ptr<Weight> ReferenceOps::pack_table(const WeightSource& source) {
    return pack_matrix(source);
}
std::unique_ptr<Weight> ReferenceOps::pack_vector(const WeightSource& source) {
    return pack_matrix(source);
}

void ReferenceOps::embed(const Weight& table, std::span<const Token> tokens, Rows out) {
    for (std::int64_t t = 0; t < out.rows; ++t) {
        for (std::int64_t d = 0; d < out.columns; ++d) {
            out.row<double>(t)[d] = at(table, tokens[static_cast<std::size_t>(t)], d);
        }
    }
}

void ReferenceOps::multiply(std::span<const Product> products) {
    for (const Product& product : products) {
        ENGINE_CHECK(product.x.columns == product.weight->columns() && product.out.columns == product.weight->rows());
        for (std::int64_t t = 0; t < product.x.rows; ++t) {
            for (std::int64_t n = 0; n < product.out.columns; ++n) {
                double sum = 0;
                for (std::int64_t k = 0; k < product.x.columns; ++k) {
                    sum += product.x.row<double>(t)[k] * at(*product.weight, n, k);
                }
                product.out.row<double>(t)[n] = sum;
            }
        }
    }
}

void ReferenceOps::norm(const NormParams& params) {
    const std::int64_t width = params.x.columns;
    for (std::int64_t t = 0; t < params.x.rows; ++t) {
        const double* x = params.x.row<double>(t);
        double* out = params.out.row<double>(t);
        double mean = 0;
        if (params.bias != nullptr) {
            for (std::int64_t d = 0; d < width; ++d) mean += x[d] / double(width);
        }
        double variance = 0;
        for (std::int64_t d = 0; d < width; ++d) variance += (x[d] - mean) * (x[d] - mean) / double(width);
        const double deviation = std::sqrt(variance + params.eps);
        for (std::int64_t d = 0; d < width; ++d) {
            out[d] = (x[d] - mean) / deviation * at(*params.weight, 0, d);
            if (params.bias != nullptr) out[d] += at(*params.bias, 0, d);
        }
    }
}

void ReferenceOps::add(Rows x, Rows y) {
    for (std::int64_t t = 0; t < x.rows; ++t) {
        for (std::int64_t d = 0; d < x.columns; ++d) x.row<double>(t)[d] += y.row<double>(t)[d];
    }
}

void ReferenceOps::gather(Rows x, const int* rows, Rows out) {
    for (std::int64_t t = 0; t < out.rows; ++t) {
        for (std::int64_t d = 0; d < out.columns; ++d) out.row<double>(t)[d] = x.row<double>(rows[t])[d];
    }
}

void ReferenceOps::rope(const RopeParams& params) {
    const int half = params.rope / 2;
    for (std::int64_t t = 0; t < params.x.rows; ++t) {
        for (int h = 0; h < params.heads; ++h) {
            const double* x = params.x.row<double>(t) + params.x_first + h * params.x_head_stride;
            double* out = params.out.row<double>(t) + params.out_first + h * params.out_head_stride;
            for (int i = 0; i < half; ++i) {
                const bool interleaved = params.layout == RopeLayout::interleaved;
                const int a = interleaved ? 2 * i : i;
                const int b = interleaved ? 2 * i + 1 : i + half;
                const double cosine = params.cosines[t * half + i];
                const double sine = params.sines[t * half + i];
                const double real = x[a] * cosine - x[b] * sine;
                const double imaginary = x[a] * sine + x[b] * cosine;
                out[a] = real;
                out[b] = imaginary;
            }
        }
    }
}

void ReferenceOps::gate(const GateParams& params) {
    for (std::int64_t t = 0; t < params.out.rows; ++t) {
        for (std::int64_t d = 0; d < params.out.columns; ++d) {
            const double gate = params.gate.row<double>(t)[d];
            params.out.row<double>(t)[d] = gate / (1 + std::exp(-gate)) * params.up.row<double>(t)[d];
        }
    }
}

void ReferenceOps::combine(const CombineParams& params) {
    for (std::int64_t t = 0; t < params.x.rows; ++t) {
        double* x = params.x.row<double>(t);
        for (std::int64_t d = 0; d < params.x.columns; ++d) {
            double sum = 0;
            for (int k = 0; k < params.per_token; ++k) {
                const int slot = params.slots[t * params.per_token + k];
                sum += params.weights.row<double>(t)[k] * params.experts.row<double>(slot)[d];
            }
            if (params.shared.rows > 0) sum += params.shared.row<double>(t)[d];
            x[d] += sum;
        }
    }
}

void ReferenceOps::read(Rows x, std::span<float> out) {
    for (std::size_t d = 0; d < out.size(); ++d) out[d] = static_cast<float>(x.row<double>(0)[d]);
}

}  // namespace heddle::engine
