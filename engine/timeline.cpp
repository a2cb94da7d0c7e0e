// engine/timeline.cpp: Keeps tokens and cache in step: evaluates what is new, forgets what is gone.
#include "engine/timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "engine/cache/cache_file.h"
#include "engine/cache/kv_cache.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/transformer/forward.h"
#include "engine/transformer/scratch.h"

namespace heddle::engine {

struct Timeline::State {
    State(std::shared_ptr<const Engine> owner, const Engine::State& parts);
    State(const State& other);
    ~State();

    // The longest that one timeline may become.
    static std::int64_t room_of(const Engine::State& parts) {
        return std::min(parts.config.positions, parts.pool->tokens_max());
    }
    void check(std::span<const Token> tokens, std::int64_t length) const;
    void truncate(std::int64_t length);
    std::int64_t take_known(std::span<const Token> wanted);
    bool evaluate(std::span<const Token> chunk, bool is_last, const std::stop_token& stop);

    std::shared_ptr<const Engine> engine;
    const Engine::State& parts;
    KvCache cache;
    Scratch scratch;
    std::vector<float> logits;                  // [vocab]
    std::vector<AttentionUse> uses, attention;  // [layers]: of the last chunk, of the last call
    bool has_logits = false;
    Observer observer;
};

Timeline::State::State(std::shared_ptr<const Engine> owner, const Engine::State& engine_parts)
    : engine(std::move(owner)),
      parts(engine_parts),
      cache(*parts.pool, room_of(parts)),
      scratch(*parts.ops, parts.config, parts.top_k, std::min<std::int64_t>(parts.options.chunk_tokens, room_of(parts)),
              room_of(parts)),
      logits(static_cast<std::size_t>(parts.config.vocab)),
      uses(static_cast<std::size_t>(parts.config.layers)),
      attention(uses.size()) {}

// A fork has buffers of its own; what it holds, it shares.
Timeline::State::State(const State& other)
    : engine(other.engine),
      parts(other.parts),
      cache(other.cache),
      scratch(*parts.ops, parts.config, parts.top_k, other.scratch.tokens, room_of(parts)),
      logits(other.logits),
      uses(other.uses.size()),
      attention(other.attention),
      has_logits(other.has_logits) {}

void Timeline::State::check(std::span<const Token> added, std::int64_t length) const {
    for (const Token token : added) {
        if (token >= 0 && token < parts.config.vocab) continue;
        throw Error(fmt::format("Token {} is none of the model's {}; the text was encoded for another model", token,
                                parts.config.vocab));
    }
    if (length > room_of(parts)) {
        throw Error(
            fmt::format("The context would become {} tokens long, and there is room for {}; shorten the conversation",
                        length, room_of(parts)));
    }
}

void Timeline::State::truncate(std::int64_t length) {
    if (length < cache.length()) has_logits = false;
    cache.truncate(length);
}

// What any timeline of this engine has evaluated of `wanted` and is still remembered, or was kept in the cache folder.
std::int64_t Timeline::State::take_known(std::span<const Token> wanted) {
    const std::int64_t before = cache.length();
    cache.extend(wanted);
    const std::int64_t unknown = static_cast<std::int64_t>(wanted.size()) - cache.length();
    if (parts.store && unknown >= PrefixStore::tokens_worth) parts.store->restore(cache, wanted);
    if (cache.length() > before) has_logits = false;
    return cache.length() - before;
}

Timeline::State::~State() {
    if (parts.store) parts.store->keep(cache);
}

bool Timeline::State::evaluate(std::span<const Token> chunk, bool is_last, const std::stop_token& stop) {
    const Pass pass{parts.config, parts.model, *parts.rope, parts.top_k, parts.options.dense, *parts.ops, scratch};
    const auto count = static_cast<std::int64_t>(chunk.size());
    has_logits = false;
    cache.reserve(count);
    const Sequence sequence{cache.view(), cache.length(), 0, count};
    Batch batch{.tokens = chunk, .sequences = {&sequence, 1}, .uses = uses, .observer = {}, .is_stopped = [&stop] {
                    return stop.stop_requested();
                }};
    if (observer.selected) {
        batch.observer = [this](std::size_t, int layer, std::int64_t position, std::span<const int> positions) {
            observer.selected(layer, position, positions);
        };
    }
    if (!forward(pass, batch)) {
        cache.truncate(cache.length());  // the reserved pages
        return false;
    }
    for (std::size_t layer = 0; layer < uses.size(); ++layer) attention[layer] += uses[layer];
    const std::int64_t first = cache.length();
    cache.advance(chunk);
    for (std::int64_t row = 0; row < count; ++row) {
        const bool is_wanted = is_last && row == count - 1;
        if (!observer.logits && !is_wanted) continue;
        const int wanted = static_cast<int>(row);
        const std::span<float> out(logits);
        read_logits(pass, {&wanted, 1}, {&out, 1});
        if (observer.logits) observer.logits(first + row, logits);
        has_logits = is_wanted;
    }
    return true;
}

Timeline Engine::open() const {
    return Timeline(std::make_unique<Timeline::State>(shared_from_this(), *state_));
}

Timeline::Timeline(std::unique_ptr<State> state) : state_(std::move(state)) {}
Timeline::Timeline(Timeline&&) noexcept = default;
Timeline& Timeline::operator=(Timeline&&) noexcept = default;
Timeline::~Timeline() = default;

SyncReport Timeline::sync(std::span<const Token> tokens, std::stop_token stop) {
    State& state = *state_;
    const auto length = static_cast<std::int64_t>(tokens.size());
    state.check(tokens, length);
    std::ranges::fill(state.attention, AttentionUse{});
    std::int64_t reused = std::ranges::mismatch(tokens, state.cache.tokens()).in1 - tokens.begin();
    const bool has_all = reused == length && (length == 0 || (state.has_logits && state.cache.length() == length));
    if (!has_all && reused == length) --reused;  // the last token once more, for its logits

    // A copy, for `tokens` may be what tokens() returned.
    const std::vector<Token> wanted(tokens.begin(), tokens.end());
    state.truncate(reused);
    if (!has_all) reused += state.take_known(std::span(wanted).first(wanted.size() - 1));
    SyncReport report{.reused = reused};
    for (auto rest = std::span(wanted).subspan(static_cast<std::size_t>(reused)); !rest.empty();) {
        const std::span<const Token> chunk =
            rest.first(std::min(rest.size(), static_cast<std::size_t>(state.scratch.tokens)));
        rest = rest.subspan(chunk.size());
        if (stop.stop_requested() || !state.evaluate(chunk, rest.empty(), stop)) {
            report.complete = false;
            return report;
        }
        report.evaluated += static_cast<std::int64_t>(chunk.size());
    }
    return report;
}

void Timeline::step(Token token) {
    state_->check({&token, 1}, state_->cache.length() + 1);
    std::ranges::fill(state_->attention, AttentionUse{});
    state_->evaluate({&token, 1}, true, {});
}

void Timeline::rewind(std::int64_t length) {
    ENGINE_CHECK(length >= 0 && length <= state_->cache.length());
    state_->truncate(length);
}

Timeline Timeline::fork() const {
    return Timeline(std::make_unique<State>(*state_));
}

void Timeline::save(const std::filesystem::path& file) const {
    save_cache(file, state_->parts.identity, state_->cache);
}

std::int64_t Timeline::load(const std::filesystem::path& file, std::span<const Token> wanted) {
    State& state = *state_;
    const std::vector<Token> copy(wanted.begin(), wanted.end());  // `wanted` may be what tokens() returned
    state.check(copy, static_cast<std::int64_t>(copy.size()));
    state.truncate(std::ranges::mismatch(copy, state.cache.tokens()).in1 - copy.begin());
    const std::int64_t before = state.cache.length();
    const CacheLoad load = load_cache(file, state.parts.identity, state.cache, copy);
    if (state.cache.length() > before) state.has_logits = false;
    if (!load.problem.empty() && state.parts.options.log) state.parts.options.log(load.problem);
    return load.tokens;
}

void Timeline::grow_by_copies(std::int64_t length) {
    state_->check({}, length);
    state_->has_logits = false;
    state_->cache.append_copies(length);
}

std::vector<std::uint32_t> Timeline::uses(int layer) const {
    ENGINE_CHECK(layer >= 0 && layer < state_->parts.config.layers);
    return state_->cache.uses(layer);
}

std::span<const Token> Timeline::tokens() const {
    return state_->cache.tokens();
}
std::span<const float> Timeline::logits() const {
    return state_->has_logits ? std::span<const float>(state_->logits) : std::span<const float>();
}
std::span<const AttentionUse> Timeline::attention() const {
    return state_->attention;
}
void Timeline::observe(Observer observer) {
    state_->observer = std::move(observer);
}

}  // namespace heddle::engine
