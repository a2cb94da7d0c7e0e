// engine/cpu/cpu_ops.cpp: Packing, norms, rotations and what else is done element by element.
#include "engine/cpu/cpu_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace heddle::engine {

namespace {

const float* values_of(const Weight& weight) {
    return static_cast<const VectorWeight&>(weight).data();
}

}  // namespace

PageLayout CpuOps::page_layout(int layers, int kv_lora, int rope, int index_dim) const {
    const auto dim = static_cast<std::size_t>(index_dim);
    const std::size_t keys = quantised_indexer_ ? (dim + sizeof(float)) * key_block : dim * sizeof(float) * key_block;
    return {layers, RowFormat{rows_, kv_lora, rope}.bytes(), keys};
}

// A sixteenth more: outputs are rounded up to panels, and there are scales for each output.
std::uint64_t CpuOps::packed_bytes(std::uint64_t stored_bytes, std::uint64_t) const {
    return stored_bytes + stored_bytes / 16;
}

std::unique_ptr<Weight> CpuOps::pack_matrix(const WeightSource& source) {
    return std::make_unique<PanelWeight>(source, pool_, shelf_);
}
std::unique_ptr<Weight> CpuOps::pack_table(const WeightSource& source) {
    return std::make_unique<TableWeight>(source);
}
std::unique_ptr<Weight> CpuOps::pack_vector(const WeightSource& source) {
    return std::make_unique<VectorWeight>(source);
}

void CpuOps::embed(const Weight& table, std::span<const Token> tokens, Rows out) {
    for (std::int64_t t = 0; t < out.rows; ++t) {
        static_cast<const TableWeight&>(table).read_row(tokens[static_cast<std::size_t>(t)], out.row<float>(t));
    }
}

void CpuOps::norm(const NormParams& params) {
    const std::int64_t width = params.x.columns;
    const float* weight = values_of(*params.weight);
    const float* bias = params.bias == nullptr ? nullptr : values_of(*params.bias);
    each_row(params.x.rows, width, [&](std::int64_t t) {
        const float* x = params.x.row<float>(t);
        float* out = params.out.row<float>(t);
        const auto eps = static_cast<float>(params.eps);
        const auto count = static_cast<float>(width);
        if (bias == nullptr) {
            const float scale = 1 / std::sqrt(kernels_.sum_of_squares(x, width) / count + eps);
            for (std::int64_t d = 0; d < width; ++d) out[d] = x[d] * scale * weight[d];
            return;
        }
        float mean = 0;
        for (std::int64_t d = 0; d < width; ++d) mean += x[d];
        mean /= count;
        for (std::int64_t d = 0; d < width; ++d) out[d] = x[d] - mean;
        const float scale = 1 / std::sqrt(kernels_.sum_of_squares(out, width) / count + eps);
        for (std::int64_t d = 0; d < width; ++d) out[d] = out[d] * scale * weight[d] + bias[d];
    });
}

void CpuOps::add(Rows x, Rows y) {
    each_row(x.rows, x.columns, [&](std::int64_t t) {
        float* sum = x.row<float>(t);
        const float* more = y.row<float>(t);
        for (std::int64_t d = 0; d < x.columns; ++d) sum[d] += more[d];
    });
}

void CpuOps::gather(Rows x, const int* rows, Rows out) {
    each_row(out.rows, out.columns,
             [&](std::int64_t t) { std::copy_n(x.row<float>(rows[t]), out.columns, out.row<float>(t)); });
}

void CpuOps::rope(const RopeParams& params) {
    const int half = params.rope / 2;
    const bool interleaved = params.layout == RopeLayout::interleaved;
    const int next_pair = interleaved ? 2 : 1;
    const int partner = interleaved ? 1 : half;
    each_row(params.x.rows, std::int64_t{params.heads} * params.rope, [&](std::int64_t t) {
        const double* cosines = params.cosines + t * half;
        const double* sines = params.sines + t * half;
        for (int h = 0; h < params.heads; ++h) {
            const float* x = params.x.row<float>(t) + params.x_first + h * params.x_head_stride;
            float* out = params.out.row<float>(t) + params.out_first + h * params.out_head_stride;
            for (int i = 0; i < half; ++i) {
                const auto cosine = static_cast<float>(cosines[i]);
                const auto sine = static_cast<float>(sines[i]);
                const float a = x[i * next_pair];
                const float b = x[i * next_pair + partner];
                out[i * next_pair] = a * cosine - b * sine;
                out[i * next_pair + partner] = a * sine + b * cosine;
            }
        }
    });
}

void CpuOps::gate(const GateParams& params) {
    constexpr std::int64_t cost = 8;  // an exponential and a division, against a product
    each_row(params.out.rows, params.out.columns * cost, [&](std::int64_t t) {
        kernels_.gate(params.gate.row<float>(t), params.up.row<float>(t), params.out.row<float>(t), params.out.columns);
    });
}

void CpuOps::combine(const CombineParams& params) {
    const std::int64_t width = params.x.columns;
    each_row(params.x.rows, width * params.per_token, [&](std::int64_t t) {
        float* x = params.x.row<float>(t);
        const float* weights = params.weights.row<float>(t);
        // The experts' rows are done with: the first one's becomes the sum.
        float* sum = params.experts.row<float>(params.slots[t * params.per_token]);
        for (std::int64_t d = 0; d < width; ++d) sum[d] *= weights[0];
        for (int k = 1; k < params.per_token; ++k) {
            const float* expert = params.experts.row<float>(params.slots[t * params.per_token + k]);
            for (std::int64_t d = 0; d < width; ++d) sum[d] += weights[k] * expert[d];
        }
        if (params.shared.rows > 0) {
            const float* shared = params.shared.row<float>(t);
            for (std::int64_t d = 0; d < width; ++d) sum[d] += shared[d];
        }
        for (std::int64_t d = 0; d < width; ++d) x[d] += sum[d];
    });
}

void CpuOps::read(Rows x, std::span<float> out) {
    std::copy_n(x.row<float>(0), out.size(), out.data());
}

}  // namespace heddle::engine
