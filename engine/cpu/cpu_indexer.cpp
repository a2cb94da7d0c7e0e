// engine/cpu/cpu_indexer.cpp: Stores latents and indexer keys; scores the keys for each query and keeps the best.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/top_k.h"
#include "engine/ops/numbers.h"

namespace heddle::engine {

namespace {

static_assert(key_block == page_tokens);

constexpr int queries_of_task = 8;              // that share one widening of a page's keys
constexpr std::int64_t work_of_task = 1 << 16;  // multiply-adds

// The orthonormal Hadamard transform in Sylvester's order; `n` is a power of two.
void transform(float* x, int n) {
    for (int half = 1; half < n; half *= 2) {
        for (int block = 0; block < n; block += 2 * half) {
            for (int i = block; i < block + half; ++i) {
                const float a = x[i];
                const float b = x[i + half];
                x[i] = a + b;
                x[i + half] = a - b;
            }
        }
    }
    const float scale = 1 / std::sqrt(static_cast<float>(n));
    for (int i = 0; i < n; ++i) x[i] *= scale;
}

// Makes every element an e4m3 number and returns the scale that was divided out.
float quantise(float* x, int n) {
    float largest = 0;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float scale = e4m3_scale(largest);
    for (int i = 0; i < n; ++i) x[i] = round_to_e4m3(x[i] / scale);
    return scale;
}

// Where a page's keys lie: [dim, 64] elements, then the scales.
float* scales_of(std::byte* keys, int dim) {
    return reinterpret_cast<float*>(keys + std::ptrdiff_t{dim} * key_block);
}

float* room_for(std::size_t floats) {
    thread_local std::vector<float> room;
    if (room.size() < floats) room.resize(floats);
    return room.data();
}

}  // namespace

void CpuOps::store(const StoreParams& params) {
    const int dim = static_cast<int>(params.index_key.columns);
    each_row(params.latent.rows, params.latent.columns + 8 * std::int64_t{dim}, [&](std::int64_t t) {
        const Sequence& sequence = sequence_of(params.sequences, t);
        const std::int64_t position = position_of(sequence, t);
        auto* row = reinterpret_cast<float*>(sequence.cache.latent(params.layer, position));
        float* const end = row + sequence.cache.layout.latent_row_bytes / sizeof(float);
        row = std::copy_n(params.latent.row<float>(t), params.latent.columns, row);
        row = std::copy_n(params.rope_key.row<float>(t), params.rope_key.columns, row);
        std::fill(row, end, 0.0f);  // the padding: a page that was another timeline's may hold anything there

        float* key = params.index_key.row<float>(t);
        transform(key, dim);
        std::byte* keys = sequence.cache.keys(params.layer, position / page_tokens);
        const std::int64_t lane = position % page_tokens;
        if (!quantised_indexer_) {
            for (int d = 0; d < dim; ++d) reinterpret_cast<float*>(keys)[d * key_block + lane] = key[d];
            return;
        }
        const float scale = quantise(key, dim);
        for (int d = 0; d < dim; ++d) keys[d * key_block + lane] = static_cast<std::byte>(e4m3_bits(key[d]));
        // Times 256, which the kernels' way of widening e4m3 leaves out.
        scales_of(keys, dim)[lane] = 256 * scale;
    });
}

// The query's scale moves into the weight of its head: relu(scale * x) = scale * relu(x).
void CpuOps::prepare_query(const SelectParams& params, std::int64_t row) {
    const float fixed = 1 / std::sqrt(static_cast<float>(params.heads) * static_cast<float>(params.dim));
    for (int h = 0; h < params.heads; ++h) {
        float* q = params.q.row<float>(row) + h * params.dim;
        float& weight = params.weights.row<float>(row)[h];
        transform(q, params.dim);
        weight *= fixed;
        if (quantised_indexer_) weight *= quantise(q, params.dim);
    }
}

// Scores of the sequence's queries [first, first + rows) against all keys up to each one's own, [rows, stride].
void CpuOps::score_block(const SelectParams& params, const Sequence& sequence, std::int64_t first, std::int64_t rows,
                         std::int64_t stride) {
    const std::int64_t pages = (sequence.position + first + rows - 1) / page_tokens + 1;
    const std::int64_t page_work =
        std::int64_t{params.heads} * params.dim * page_tokens * std::min<std::int64_t>(rows, queries_of_task);
    const std::int64_t pages_of_task = std::max<std::int64_t>(work_of_task / page_work, 1);
    const std::int64_t page_tasks = (pages + pages_of_task - 1) / pages_of_task;
    const std::int64_t query_tasks = (rows + queries_of_task - 1) / queries_of_task;
    pool_.run(page_tasks * query_tasks, [&](std::int64_t task) {
        const std::int64_t query = first + task / page_tasks * queries_of_task;
        const std::int64_t query_end = std::min(query + queries_of_task, first + rows);
        const std::int64_t page = task % page_tasks * pages_of_task;
        for (std::int64_t p = page; p < std::min(page + pages_of_task, pages); ++p) {
            if (p * page_tokens > sequence.position + query_end - 1) break;  // later than all of these queries
            std::byte* keys = sequence.cache.keys(params.layer, p);
            const float* tile = reinterpret_cast<const float*>(keys);
            if (quantised_indexer_) {
                float* room = room_for(static_cast<std::size_t>(params.dim) * key_block);
                kernels_.widen_keys(reinterpret_cast<const std::uint8_t*>(keys), params.dim, room);
                tile = room;
            }
            for (std::int64_t t = query; t < query_end; ++t) {
                if (p * page_tokens > sequence.position + t) continue;
                kernels_.score({.keys = tile,
                                .key_scales = quantised_indexer_ ? scales_of(keys, params.dim) : nullptr,
                                .q = params.q.row<float>(sequence.first_row + t),
                                .weights = params.weights.row<float>(sequence.first_row + t),
                                .heads = params.heads,
                                .dim = params.dim,
                                .scores = params.scores.row<float>(0) + (t - first) * stride + p * page_tokens});
            }
        }
    });
}

void CpuOps::select(const SelectParams& params) {
    for (const Sequence& sequence : params.sequences) select_of(params, sequence);
}

void CpuOps::select_of(const SelectParams& params, const Sequence& sequence) {
    int* const selected = params.selected + sequence.first_row * params.top_k;
    int* const counts = params.counts + sequence.first_row;
    // Queries with no more than top_k keys before them take all of those: there is nothing to choose.
    const std::int64_t choosing = std::clamp<std::int64_t>(params.top_k - sequence.position, 0, sequence.rows);
    for (std::int64_t t = 0; t < choosing; ++t) {
        counts[t] = top_k(nullptr, sequence.position + t + 1, params.top_k, selected + t * params.top_k);
    }
    const std::int64_t query_cost = std::int64_t{params.heads} * params.dim * 16;
    each_row(sequence.rows - choosing, query_cost,
             [&](std::int64_t row) { prepare_query(params, sequence.first_row + choosing + row); });

    const std::int64_t length = sequence.position + sequence.rows;
    const std::int64_t stride = (length + page_tokens - 1) / page_tokens * page_tokens;
    const std::int64_t rows_at_once = std::max<std::int64_t>(params.scores.columns / stride, 1);
    for (std::int64_t first = choosing; first < sequence.rows; first += rows_at_once) {
        const std::int64_t rows = std::min(rows_at_once, sequence.rows - first);
        score_block(params, sequence, first, rows, stride);
        each_row(rows, length, [&](std::int64_t row) {
            const std::int64_t t = first + row;
            counts[t] = top_k(params.scores.row<float>(0) + row * stride, sequence.position + t + 1, params.top_k,
                              selected + t * params.top_k);
        });
    }
}

}  // namespace heddle::engine
