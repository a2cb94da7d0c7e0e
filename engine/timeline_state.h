// engine/timeline_state.h: What a timeline holds; its own functions and the scheduler work on it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace heddle::engine {

struct Work;

struct Timeline::State {
    State(std::shared_ptr<const Engine> owner, const Engine::State& parts);
    State(const State& other);  // a fork: shares the pages
    ~State();

    // Throws Error for a token outside the vocabulary, or when `length` tokens have no room.
    void check(std::span<const Token> added, std::int64_t length) const;
    Work begin(std::span<const Token> added, const std::stop_token& stop);  // checked; for the scheduler
    void truncate(std::int64_t length);
    std::int64_t take_known(std::span<const Token> wanted);  // returns how many tokens that were
    void append(std::span<const Token> added);               // the cache's reserved rows now hold what belongs to them

    std::shared_ptr<const Engine> engine;
    const Engine::State& parts;
    KvCache cache;
    std::vector<float> logits;  // [vocab]
    bool has_logits = false;
    std::vector<AttentionUse> attention;  // [layers], of the last call
    Observer observer;
};

}  // namespace heddle::engine
