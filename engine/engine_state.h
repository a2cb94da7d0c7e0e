// engine/engine_state.h: What a loaded engine holds; its timelines read all of it.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "engine/cache/page_pool.h"
#include "engine/cache/prefix_store.h"
#include "engine/engine.h"
#include "engine/ops/ops.h"
#include "engine/transformer/model.h"
#include "engine/transformer/rope.h"

namespace heddle::engine {

class Scheduler;

struct Engine::State {
    EngineOptions options;
    ModelConfig config;
    std::optional<Tokenizer> tokenizer;  // none when the folder has no tokenizer.json
    int top_k = 0;
    std::unique_ptr<Ops> ops;
    Model model;
    std::unique_ptr<Rope> rope;
    std::unique_ptr<PagePool> pool;  // its lock guards it
    CacheIdentity identity;
    std::unique_ptr<PrefixStore> store;    // none without a cache_folder
    std::unique_ptr<Scheduler> scheduler;  // its lock guards it; all else is constant

    // The longest that one timeline may become, and the most rows that one pass has.
    std::int64_t timeline_tokens_max() const { return std::min(config.positions, pool->tokens_max()); }
    std::int64_t pass_rows() const { return std::min<std::int64_t>(options.chunk_tokens, timeline_tokens_max()); }
};

}  // namespace heddle::engine
