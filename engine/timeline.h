// engine/timeline.h: One sequence of tokens and its cache: sync, step, rewind, fork.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/attention_use.h"
#include "engine/token.h"

namespace heddle::engine {

class Engine;

struct SyncReport {
    std::int64_t reused = 0;     // tokens whose cache rows were there already
    std::int64_t evaluated = 0;  // tokens that went through the model
    bool complete = true;        // false: stopped; the cache holds a shorter prefix, all of it valid
};

// What an observer is told, position by position; spans are valid during the call only. It is called in the middle of a
// pass, perhaps on the thread of another timeline that shares the pass, and must not ask the engine for anything.
struct Observer {
    std::function<void(std::int64_t position, std::span<const float> logits)> logits;                // [vocab]
    std::function<void(int layer, std::int64_t position, std::span<const int> positions)> selected;  // ascending
};

// One owner, one thread at a time. The logits of a token depend on the tokens before it and on nothing else: not on
// chunks, threads, what was cached, or other timelines.
class Timeline {
 public:
    // Makes the cache hold exactly `tokens`; evaluates only what differs from what it holds (and at least the last
    // token, when its logits are not at hand). Throws Error for a token outside the vocabulary or no room left.
    SyncReport sync(std::span<const Token> tokens, std::stop_token stop = {});
    // The first half of it: lets go of what differs from `tokens`, which are not its own tokens(), takes what other
    // timelines evaluated of them, and returns how many need no evaluation. The others are what Engine::evaluate() has
    // to append; none, when the logits are at hand too.
    std::int64_t reuse(std::span<const Token> tokens);
    void step(Token token);            // appends one token and evaluates it
    void rewind(std::int64_t length);  // keeps the first `length` tokens; frees whole pages behind them
    Timeline fork() const;             // shares pages, copies the one that is written to

    // Writes tokens and rows to a file, which is there whole or not at all. Throws Error when that fails.
    void save(const std::filesystem::path& file) const;
    // Makes the cache hold the longest prefix of `wanted` that it can without evaluation: from what is held, from what
    // any timeline of the engine has evaluated, and from the file, each page checked. Returns how many tokens came from
    // the file; one that is damaged or foreign, or of which a part is, is told to EngineOptions::log. A sync() to
    // `wanted` evaluates the rest. Throws Error for a token outside the vocabulary or no room left.
    std::int64_t load(const std::filesystem::path& file, std::span<const Token> wanted);

    // For measurement alone: grows to `length` by copying the whole pages held, in a fraction of the time that
    // evaluating would take. The rows behind are not those of their tokens, for any timeline of this engine that finds
    // them by these; time such an engine and throw it away. The length before is a multiple of 64.
    void grow_by_copies(std::int64_t length);

    // [tokens]: by how many tokens each one was selected in a layer, of those that had a choice.
    std::vector<std::uint32_t> uses(int layer) const;

    std::span<const Token> tokens() const;
    std::span<const float> logits() const;  // [vocab], after the last token; empty after a rewind
    // [layers]: how those tokens attended that the last sync(), step() or Engine::evaluate() evaluated.
    std::span<const AttentionUse> attention() const;
    void observe(Observer observer);  // for evaluation and introspection; slows evaluation down

    Timeline(Timeline&&) noexcept;
    Timeline& operator=(Timeline&&) noexcept;
    ~Timeline();

    struct State;  // for the engine's own files

 private:
    friend class Engine;
    explicit Timeline(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle::engine
