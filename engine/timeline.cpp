// engine/timeline.cpp: Keeps tokens and cache in step: evaluates what is new, forgets what is gone.
#include "engine/timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "engine/cache/cache_file.h"
#include "engine/engine.h"
#include "engine/scheduler.h"
#include "engine/timeline_state.h"

namespace heddle::engine {

Timeline::State::State(std::shared_ptr<const Engine> owner, const Engine::State& engine_parts)
    : engine(std::move(owner)),
      parts(engine_parts),
      cache(*parts.pool, parts.timeline_tokens_max()),
      logits(static_cast<std::size_t>(parts.config.vocab)),
      attention(static_cast<std::size_t>(parts.config.layers)) {}

Timeline::State::State(const State& other)
    : engine(other.engine),
      parts(other.parts),
      cache(other.cache),
      logits(other.logits),
      has_logits(other.has_logits),
      attention(other.attention) {}

void Timeline::State::check(std::span<const Token> added, std::int64_t length) const {
    for (const Token token : added) {
        if (token >= 0 && token < parts.config.vocab) continue;
        throw Error(fmt::format("Token {} is none of the model's {}; the text was encoded for another model", token,
                                parts.config.vocab));
    }
    if (length > parts.timeline_tokens_max()) {
        throw Error(
            fmt::format("The context would become {} tokens long, and there is room for {}; shorten the conversation",
                        length, parts.timeline_tokens_max()));
    }
}

Work Timeline::State::begin(std::span<const Token> added, const std::stop_token& stop) {
    check(added, cache.length() + static_cast<std::int64_t>(added.size()));
    std::ranges::fill(attention, AttentionUse{});
    Work work;
    work.timeline = this;
    work.rest = added;
    work.stop = stop;
    return work;
}

void Timeline::State::append(std::span<const Token> added) {
    has_logits = false;
    cache.advance(added);
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

Timeline Engine::open() const {
    return Timeline(std::make_unique<Timeline::State>(shared_from_this(), *state_));
}

Timeline::Timeline(std::unique_ptr<State> state) : state_(std::move(state)) {}
Timeline::Timeline(Timeline&&) noexcept = default;
Timeline& Timeline::operator=(Timeline&&) noexcept = default;
Timeline::~Timeline() = default;

std::int64_t Timeline::reuse(std::span<const Token> tokens) {
    State& state = *state_;
    const auto length = static_cast<std::int64_t>(tokens.size());
    state.check(tokens, length);
    std::ranges::fill(state.attention, AttentionUse{});
    std::int64_t reused = std::ranges::mismatch(tokens, state.cache.tokens()).in1 - tokens.begin();
    const bool has_all = reused == length && (length == 0 || (state.has_logits && state.cache.length() == length));
    if (!has_all && reused == length) --reused;  // the last token once more, for its logits
    state.truncate(reused);
    if (!has_all) reused += state.take_known(tokens.first(tokens.size() - 1));
    return reused;
}

SyncReport Timeline::sync(std::span<const Token> tokens, std::stop_token stop) {
    const std::vector<Token> wanted(tokens.begin(), tokens.end());  // `tokens` may be what tokens() returned
    SyncReport report{.reused = reuse(wanted)};
    Work work = state_->begin(std::span(wanted).subspan(static_cast<std::size_t>(report.reused)), stop);
    state_->parts.scheduler->run({&work, 1});
    if (work.failure) std::rethrow_exception(work.failure);
    report.evaluated = work.evaluated;
    report.complete = work.rest.empty();
    return report;
}

void Timeline::step(Token token) {
    Work work = state_->begin({&token, 1}, {});
    state_->parts.scheduler->run({&work, 1});
    if (work.failure) std::rethrow_exception(work.failure);
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
