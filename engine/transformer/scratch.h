// engine/transformer/scratch.h: Every activation buffer of a pass, sized once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/ops/ops.h"
#include "engine/ops/row_format.h"
#include "engine/ops/rows.h"
#include "engine/tensor/buffer.h"
#include "engine/transformer/model_config.h"

namespace heddle::engine {

// Elements of a cached latent row with its rotary key: rounded up so that kernels need no tails.
inline int row_width(const ModelConfig& config) {
    return RowFormat{.kv_lora = config.kv_lora, .rope = config.rope}.width();
}

// Rows whose logits are read in one product, at most.
inline constexpr std::int64_t logits_rows_max = 16;

// Each has `tokens` rows but where it says otherwise; a shorter pass uses the first rows.
// A set serves all timelines of an engine.
struct Scratch {
    // For passes of at most `tokens` rows over sequences of at most `sequence_tokens`.
    Scratch(Ops& ops, const ModelConfig& config, int top_k, std::int64_t tokens, std::int64_t sequence_tokens);

    // The memory that it takes.
    static std::uint64_t bytes(const Ops& ops, const ModelConfig& config, int top_k, std::int64_t tokens,
                               std::int64_t sequence_tokens);

    std::int64_t tokens;
    Rows x, normed, update;          // [T, hidden]: the residual stream, its norm, what a block adds
    Rows q_latent;                   // [T, q_lora]
    Rows q;                          // [T, heads * (nope + rope)]
    Rows q_wide;                     // [T, heads * row_width]: absorbed queries; the padding stays zero
    Rows kv;                         // [T, kv_lora + rope]
    Rows latent;                     // [T, kv_lora]
    Rows attended;                   // [T, heads * row_width]
    Rows values;                     // [T, heads * v_head]
    Rows index_q, index_k, index_w;  // [T, index_heads * index_dim], [T, index_dim], [T, index_heads]
    Rows scores;                     // [1, room for a block of queries over the longest sequence]
    Rows router;                     // [T, experts]
    Rows expert_weights;             // [T, experts_per_token]
    Rows expert_x, expert_out;       // [T * experts_per_token, hidden], grouped by expert
    Rows expert_gate, expert_up;     // [T * experts_per_token, expert_inner]
    Rows gate, up;                   // [T, the widest of dense and shared]
    Rows last, logits;               // [L, hidden], [L, vocab]: of the tokens whose logits are wanted

    std::vector<double> cosines, sines;  // [T, rope / 2]
    std::vector<int> selected, counts;   // [T, top_k], [T]
    std::vector<int> chosen;             // [T, experts_per_token]: experts
    std::vector<int> slots;              // [T, experts_per_token]: rows of expert_out
    std::vector<int> token_of_slot;      // [T * experts_per_token]
    std::vector<int> first_slot;         // [experts + 1]
    std::vector<Product> products;       // room for one pass over all heads or all experts

 private:
    Scratch(const Ops& ops, std::int64_t tokens_max) : tokens(tokens_max), element_bytes_(ops.element_bytes()) {}
    void cut(const ModelConfig& config, std::int64_t sequence_tokens);
    Rows take(std::int64_t rows, std::int64_t columns);

    int element_bytes_;
    std::size_t used_ = 0;
    Buffer buffer_;
};

}  // namespace heddle::engine
