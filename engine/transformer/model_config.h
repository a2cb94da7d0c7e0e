// engine/transformer/model_config.h: Every dimension of the model, from config.json, checked once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/token.h"

namespace heddle::engine {

struct YarnConfig {  // rope_scaling of type "yarn"; absent: plain rope
    double factor = 1, beta_fast = 32, beta_slow = 1, mscale = 1, mscale_all_dim = 0;
    int original_max_position = 4096;

    bool operator==(const YarnConfig&) const = default;
};

struct ModelConfig {
    std::string model_type;  // "deepseek_v32"
    int hidden = 0, layers = 0, heads = 0, vocab = 0;
    int q_lora = 0, kv_lora = 0, nope = 0, rope = 0, v_head = 0;
    int index_heads = 0, index_dim = 0, index_top_k = 0;
    int dense_inner = 0, dense_layers = 0;  // intermediate_size, first_k_dense_replace
    int experts = 0, experts_per_token = 0, shared_experts = 0, expert_inner = 0;
    int groups = 1, groups_kept = 1;  // n_group, topk_group
    bool normalise_experts = true;    // norm_topk_prob
    double routed_scale = 1;          // routed_scaling_factor
    double rms_eps = 1e-6, rope_theta = 10000;
    std::optional<YarnConfig> yarn;
    std::int64_t positions = 0;  // max_position_embeddings
    bool tied_embeddings = false;
    int block_rows = 128, block_columns = 128;  // weight_block_size of FP8 weights
    std::vector<Token> end_tokens;              // eos_token_id, of config.json or generation_config.json

    // From generation_config.json where it stands, else greedy.
    double temperature = 0, top_p = 1;

    // Reads and checks a model folder's config.json. Throws Error naming the file, the key and what it must be.
    static ModelConfig load(const std::filesystem::path& folder);
};

}  // namespace heddle::engine
