// engine/transformer/forward.h: The forward pass, layer by layer, in the paper's order.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

#include "engine/cache/kv_cache.h"
#include "engine/ops/ops.h"
#include "engine/transformer/model.h"
#include "engine/transformer/rope.h"
#include "engine/transformer/scratch.h"

namespace heddle::engine {

// What the parts of the pass share: the model, never changed, and the buffers, one timeline's own.
struct Pass {
    const ModelConfig& config;
    const Model& model;
    const Rope& rope;
    int top_k;
    Ops& ops;
    Scratch& scratch;
};

using SelectionObserver = std::function<void(int layer, std::int64_t position, std::span<const int> positions)>;

// Evaluates `tokens` as the positions from cache.length() on, in rows that the cache has reserved; at most
// scratch.tokens of them. The residual stream of all of them is left in scratch.x. Does not advance the cache.
// Returns false when stopped between two layers: the rows hold nothing then.
bool forward(const Pass& pass, std::span<const Token> tokens, const KvCache& cache, const SelectionObserver& observer,
             const std::stop_token& stop);

// The logits that follow row `row` of scratch.x; `out` is [vocab].
void read_logits(const Pass& pass, std::int64_t row, std::span<float> out);

// The two halves of a layer: each reads scratch.normed and writes what the layer adds to the residual stream.
// The attention writes scratch.update; the mixture of experts and the dense block add to scratch.x themselves.
void attention(const Pass& pass, const AttentionWeights& weights, int layer, std::int64_t tokens, const KvCache& cache);
void dense_mlp(const Pass& pass, const MlpWeights& weights, std::int64_t tokens);
void mixture_of_experts(const Pass& pass, const MoeWeights& weights, std::int64_t tokens);

}  // namespace heddle::engine
