// engine/transformer/model.h: All weights of a checkpoint as the back end keeps them, layer by layer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/ops/ops.h"
#include "engine/transformer/model_config.h"
#include "engine/transformer/weights.h"

namespace heddle::engine {

using Packed = std::unique_ptr<Weight>;

struct AttentionWeights {
    Packed q_down, q_norm, q_up;        // [q_lora, hidden], [q_lora], [heads * (nope + rope), q_lora]
    Packed kv_down, kv_norm;            // [kv_lora + rope, hidden], [kv_lora]
    std::vector<Packed> absorb_keys;    // a head: [kv_lora, nope], W_UK transposed: a query into latent space
    std::vector<Packed> expand_values;  // a head: [v_head, kv_lora], W_UV: a latent sum back to the head's values
    Packed out;                         // [hidden, heads * v_head]
    Packed index_q, index_k;            // [index_heads * index_dim, q_lora], [index_dim, hidden]
    Packed index_k_norm, index_k_bias;  // [index_dim]
    Packed index_weights;               // [index_heads, hidden]
};

struct MlpWeights {
    Packed gate, up, down;  // [inner, hidden] twice, [hidden, inner]
};

struct MoeWeights {
    Packed router, bias;  // [experts, hidden], [experts]
    std::vector<MlpWeights> experts;
    MlpWeights shared;  // inner = expert_inner * shared_experts; empty without shared experts
};

struct LayerWeights {
    Packed input_norm, post_norm;  // [hidden]
    AttentionWeights attention;
    MlpWeights dense;  // the first dense_layers layers
    MoeWeights moe;    // all others
};

struct Model {
    Packed embedding, final_norm, head;  // [vocab, hidden], [hidden], [vocab, hidden]
    std::vector<LayerWeights> layers;
    std::string hash;  // "xxh3:<16 hex>" over every tensor's role, type, shape and bytes
};

// Reads and packs everything, one layer's tensors in memory beside the packed ones at a time. `read` is told of
// each tensor as it is read. Throws Error.
Model pack_model(const Weights& weights, const ModelConfig& config, Ops& ops, const OnRead& read);

}  // namespace heddle::engine
