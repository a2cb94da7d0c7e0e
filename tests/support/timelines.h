// tests/support/timelines.h: Small checkpoints, made-up tokens for them, and what a timeline says after these.
#pragma once

#include <doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

inline std::vector<engine::Token> some_tokens(int count, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::vector<engine::Token> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back(static_cast<engine::Token>(random() % small_vocabulary));
    return tokens;
}

inline std::vector<float> logits_of(const engine::Timeline& timeline) {
    REQUIRE(!timeline.logits().empty());
    return {timeline.logits().begin(), timeline.logits().end()};
}

// A small random checkpoint and engines of it, as small as tests want them.
struct SmallCheckpoint {
    TempFolder folder;
    explicit SmallCheckpoint(engine::DType type = engine::DType::f8_e4m3, engine::ModelConfig config = small_config()) {
        make_checkpoint(folder.path(), config, type, 7);
    }
    std::shared_ptr<const engine::Engine> load(const std::function<void(engine::EngineOptions&)>& change = {}) const {
        engine::EngineOptions options;
        options.model = folder.path();
        options.threads = 2;
        options.chunk_tokens = 64;
        options.cache_tokens_max = 4096;
        if (change) change(options);
        return engine::Engine::load(options);
    }
};

inline std::vector<float> cold_logits_of(const engine::Engine& engine, std::span<const engine::Token> tokens) {
    const auto cold = engine::Engine::load(engine.options());  // one that has not seen these tokens
    engine::Timeline timeline = cold->open();
    timeline.sync(tokens);
    return logits_of(timeline);
}

}  // namespace heddle::test
