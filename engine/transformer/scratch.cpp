// engine/transformer/scratch.cpp: Cuts one block of memory into the activation buffers.
#include "engine/transformer/scratch.h"

#include <algorithm>

namespace heddle::engine {

namespace {

constexpr std::int64_t score_room = std::int64_t{1} << 20;  // enough for a chunk of 256 over a context of 4096

}  // namespace

Scratch::Scratch(Ops& ops, const ModelConfig& config, int top_k, std::int64_t tokens_max, std::int64_t sequence_tokens)
    : Scratch(ops, tokens_max) {
    cut(config, sequence_tokens);  // out of nothing, which only counts
    buffer_ = Buffer(ops.device(), used_);
    cut(config, sequence_tokens);
    const auto count = static_cast<std::size_t>(tokens);
    const std::size_t assignments = count * std::size_t(config.experts_per_token);
    cosines.resize(count * std::size_t(config.rope / 2));
    sines.resize(cosines.size());
    selected.resize(count * std::size_t(top_k));
    counts.resize(count);
    chosen.resize(assignments);
    slots.resize(assignments);
    token_of_slot.resize(assignments);
    first_slot.resize(static_cast<std::size_t>(config.experts) + 1);
    products.reserve(static_cast<std::size_t>(std::max(config.heads, 2 * config.experts + 2)) + 8);
}

std::uint64_t Scratch::bytes(const Ops& ops, const ModelConfig& config, int top_k, std::int64_t tokens,
                             std::int64_t sequence_tokens) {
    Scratch measure(ops, tokens);
    measure.cut(config, sequence_tokens);
    const std::size_t token_bytes = std::size_t(config.rope) * sizeof(double) +
                                    (std::size_t(top_k) + 3 * std::size_t(config.experts_per_token) + 1) * sizeof(int);
    return measure.used_ + static_cast<std::uint64_t>(tokens) * token_bytes;
}

// Gives every buffer its place in the block, or counts what block it takes while there is none.
void Scratch::cut(const ModelConfig& config, std::int64_t sequence_tokens) {
    const std::int64_t assignments = tokens * config.experts_per_token;
    const std::int64_t inner =
        std::max<std::int64_t>(config.dense_inner, std::int64_t{config.expert_inner} * config.shared_experts);
    const std::int64_t wide = std::int64_t{config.heads} * row_width(config);
    used_ = 0;
    x = take(tokens, config.hidden);
    normed = take(tokens, config.hidden);
    update = take(tokens, config.hidden);
    q_latent = take(tokens, config.q_lora);
    q = take(tokens, std::int64_t{config.heads} * (config.nope + config.rope));
    q_wide = take(tokens, wide);
    kv = take(tokens, config.kv_lora + config.rope);
    latent = take(tokens, config.kv_lora);
    attended = take(tokens, wide);
    values = take(tokens, std::int64_t{config.heads} * config.v_head);
    index_q = take(tokens, std::int64_t{config.index_heads} * config.index_dim);
    index_k = take(tokens, config.index_dim);
    index_w = take(tokens, config.index_heads);
    scores = take(1, std::max((sequence_tokens + page_tokens - 1) / page_tokens * page_tokens, score_room));
    router = take(tokens, config.experts);
    expert_weights = take(tokens, config.experts_per_token);
    expert_x = take(assignments, config.hidden);
    expert_out = take(assignments, config.hidden);
    expert_gate = take(assignments, config.expert_inner);
    expert_up = take(assignments, config.expert_inner);
    gate = take(tokens, inner);
    up = take(tokens, inner);
    last = take(std::min(tokens, logits_rows_max), config.hidden);
    logits = take(last.rows, config.vocab);
}

Rows Scratch::take(std::int64_t rows, std::int64_t columns) {
    const std::size_t first = used_;
    const std::int64_t stride = (columns + 15) / 16 * 16;  // rows start on cache lines
    used_ += (static_cast<std::size_t>(rows * stride) * std::size_t(element_bytes_) + 63) / 64 * 64;
    return {buffer_.data() == nullptr ? nullptr : buffer_.data() + first, rows, columns, stride, element_bytes_};
}

}  // namespace heddle::engine
