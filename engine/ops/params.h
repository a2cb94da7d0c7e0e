// engine/ops/params.h: One struct a kernel: what goes in, what comes out, in which shape.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "engine/cache/kv_cache.h"
#include "engine/error.h"
#include "engine/ops/rows.h"
#include "engine/token.h"

namespace heddle::engine {

class Weight;

// out[t, n] = sum over k of x[t, k] * weight[n, k]
struct Product {
    Rows x;                          // [T, K]
    const Weight* weight = nullptr;  // [N, K]
    Rows out;                        // [T, N], written
};

struct NormParams {
    Rows x;                          // [T, D]
    const Weight* weight = nullptr;  // [D]
    const Weight* bias = nullptr;    // [D] for LayerNorm, none for RMSNorm
    double eps = 1e-6;
    Rows out;  // [T, D], written; may be x
};

enum class RopeLayout {
    interleaved,  // pairs (2i, 2i + 1): latent attention
    half_split,   // pairs (i, i + rope/2): the indexer
};

// Rotates `rope` elements of each head; moves them when `out` is another buffer, leaves all others alone.
struct RopeParams {
    Rows x;                              // [T, ...]
    int x_first = 0, x_head_stride = 0;  // in elements: the first rotated one of head 0; one head on
    Rows out;                            // [T, ...], written; may be x when the places are the same
    int out_first = 0, out_head_stride = 0;
    int heads = 0, rope = 0;
    RopeLayout layout = RopeLayout::interleaved;
    const double* cosines = nullptr;  // [T, rope/2]
    const double* sines = nullptr;    // [T, rope/2]
};

// One timeline's rows in a pass: rows [first_row, first_row + rows) stand at `position`, `position` + 1, ... of its
// cache. The sequences of a pass cover its rows without gaps, in order.
struct Sequence {
    CacheView cache;
    std::int64_t position = 0;
    std::int64_t first_row = 0, rows = 0;
};

// The sequence that row `row` of the pass belongs to.
inline const Sequence& sequence_of(std::span<const Sequence> sequences, std::int64_t row) {
    const auto after =
        std::upper_bound(sequences.begin(), sequences.end(), row,
                         [](std::int64_t wanted, const Sequence& sequence) { return wanted < sequence.first_row; });
    ENGINE_CHECK(after != sequences.begin());
    return *(after - 1);
}

// Where in its sequence a row stands.
inline std::int64_t position_of(const Sequence& sequence, std::int64_t row) {
    return sequence.position + row - sequence.first_row;
}

// Puts what later tokens need of these tokens into the cache. The key is turned by the Hadamard matrix and, where the
// indexer is quantised, rounded to int8 with a scale of its own.
struct StoreParams {
    Rows latent;     // [T, kv_lora], normed
    Rows rope_key;   // [T, rope], rotated
    Rows index_key;  // [T, index_dim], normed and rotated; overwritten
    std::span<const Sequence> sequences;
    int layer = 0;
};

// score[t, s] = sum over h of weight[t, h] * relu(q[t, h] . key[s]), scaled by heads^-0.5 * dim^-0.5, for the
// positions s of t's own sequence up to t's; the top_k best s, ties to the lower position, come out ascending.
struct SelectParams {
    Rows q;        // [T, heads * dim], rotated; overwritten
    Rows weights;  // [T, heads], as projected; overwritten
    std::span<const Sequence> sequences;
    int layer = 0, heads = 0, dim = 0, top_k = 0;
    Rows scores;              // [1, any]: room to work in, at least the longest sequence's length
    int* selected = nullptr;  // [T, top_k], written; ascending positions of the row's own sequence
    int* counts = nullptr;    // [T], written: how many of top_k are there
};

// Latent attention over the selected rows alone, or over all up to t's own: out[t, h] = sum over s of softmax(scale *
// q[t, h] . row[s]) * latent[s].
struct AttendParams {
    Rows q;  // [T, heads * row_width]: latent part, rotary part, zeros
    std::span<const Sequence> sequences;
    const int* selected = nullptr;  // [T, top_k]; none: dense, every position up to the row's own
    const int* counts = nullptr;    // [T], at least 1; none when dense
    int layer = 0, heads = 0, kv_lora = 0, rope = 0, row_width = 0, top_k = 0;
    double scale = 1;
    Rows out;  // [T, heads * row_width], written: the first kv_lora of each head
};

// out = silu(gate) * up
struct GateParams {
    Rows gate, up;  // [T, N]
    Rows out;       // [T, N], written; may be gate
};

// Sigmoid scores choose groups, then experts, with the correction bias; the scores themselves become the weights.
struct RouteParams {
    Rows logits;                   // [T, experts]
    const Weight* bias = nullptr;  // [experts]
    int experts = 0, per_token = 0, groups = 1, groups_kept = 1;
    bool normalise = true;
    double scale = 1;
    int* chosen = nullptr;  // [T, per_token], written; ascending
    Rows weights;           // [T, per_token], written
};

// x[t] += sum over k of weights[t, k] * experts[slot[t, k]] + shared[t], in this order
struct CombineParams {
    Rows experts;                // [T * per_token, hidden], grouped by expert; overwritten
    const int* slots = nullptr;  // [T, per_token]: rows of `experts`
    Rows weights;                // [T, per_token]
    int per_token = 0;
    Rows shared;  // [T, hidden]; no rows when there is no shared expert
    Rows x;       // [T, hidden], added to
};

}  // namespace heddle::engine
