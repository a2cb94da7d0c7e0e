// engine/transformer/forward.h: The forward pass, layer by layer, in the paper's order, over many timelines' tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/attention_use.h"
#include "engine/ops/ops.h"
#include "engine/transformer/model.h"
#include "engine/transformer/rope.h"
#include "engine/transformer/scratch.h"

namespace heddle::engine {

// What the parts of the pass share: the model, never changed, and the buffers, which one pass at a time may use.
struct Pass {
    const ModelConfig& config;
    const Model& model;
    const Rope& rope;
    int top_k;
    bool dense;  // attend to everything: the indexer selects nothing, its keys are stored all the same
    Ops& ops;
    Scratch& scratch;
};

// What one pass evaluates, and who looks on.
struct Batch {
    std::span<const Token> tokens;        // [T], at most scratch.tokens, one sequence's after the other's
    std::span<const Sequence> sequences;  // their rows are reserved in the caches
    std::span<AttentionUse> uses;         // [sequences, layers], written
    // Told what each token attends to; `positions` is ascending and valid during the call only.
    std::function<void(std::size_t sequence, int layer, std::int64_t position, std::span<const int> positions)>
        observer;
    std::function<bool()> is_stopped;  // asked between layers
};

// Evaluates the batch; the residual stream of all of its rows is left in scratch.x. Returns false when stopped between
// two layers: the rows hold nothing then.
bool forward(const Pass& pass, const Batch& batch);

// The logits that follow rows of scratch.x: `rows` and the vectors [vocab] they go to; at most scratch.last.rows of
// them, in one product.
void read_logits(const Pass& pass, std::span<const int> rows, std::span<const std::span<float>> out);

// The two halves of a layer: each reads scratch.normed and writes what the layer adds to the residual stream.
// The attention writes scratch.update; the mixture of experts and the dense block add to scratch.x themselves.
void attention(const Pass& pass, const AttentionWeights& weights, int layer, std::int64_t tokens,
               std::span<const Sequence> sequences);
void dense_mlp(const Pass& pass, const MlpWeights& weights, std::int64_t tokens);
void mixture_of_experts(const Pass& pass, const MoeWeights& weights, std::int64_t tokens);

}  // namespace heddle::engine
