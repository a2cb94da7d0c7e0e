// engine/cache_identity.cpp: Spells out configuration and options, evaluates the probe, hashes both.
#include "engine/cache_identity.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <string>
#include <vector>

#include "engine/timeline.h"

namespace heddle::engine {

namespace {

// Doubles as their shortest exact text, so that no two configurations look alike.
std::string text_of(const ModelConfig& c) {
    std::string text = fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", c.model_type, c.hidden,
        c.layers, c.heads, c.vocab, c.q_lora, c.kv_lora, c.nope, c.rope, c.v_head, c.index_heads, c.index_dim,
        c.index_top_k, c.dense_inner, c.dense_layers, c.experts, c.experts_per_token, c.shared_experts, c.expert_inner,
        c.groups, c.groups_kept, c.normalise_experts, c.routed_scale, c.rms_eps, c.rope_theta, c.tied_embeddings);
    if (c.yarn) {
        text += fmt::format(" yarn {} {} {} {} {} {}", c.yarn->factor, c.yarn->beta_fast, c.yarn->beta_slow,
                            c.yarn->mscale, c.yarn->mscale_all_dim, c.yarn->original_max_position);
    }
    return text;
}

std::string text_of(const EngineOptions& options, const ModelConfig& config) {
    return fmt::format(" {} {} {} {} {} {}", options.backend, options.top_k.value_or(config.index_top_k), options.dense,
                       static_cast<int>(options.indexer), static_cast<int>(options.cache_rows),
                       static_cast<int>(options.activations));
}

std::uint64_t hash_of_probe(const Engine& engine) {
    std::vector<Token> tokens{engine.config().vocab / 3};
    const bool has_room = engine.config().positions > 1 && engine.options().cache_tokens_max != 1;
    if (has_room) tokens.push_back(engine.config().vocab / 2);  // the second one attends to the first
    Timeline timeline = engine.open();
    timeline.sync(tokens);
    return XXH3_64bits(timeline.logits().data(), timeline.logits().size_bytes());
}

}  // namespace

CacheIdentity cache_identity(const Engine& engine, const PageLayout& layout) {
    const std::string weights = engine.weights_hash();
    const std::string values = fmt::format("{}{} {:016x}", text_of(engine.config()),
                                           text_of(engine.options(), engine.config()), hash_of_probe(engine));
    return {.weights = XXH3_64bits(weights.data(), weights.size()),
            .values = XXH3_64bits(values.data(), values.size()),
            .layout = layout};
}

}  // namespace heddle::engine
