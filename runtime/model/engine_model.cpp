// runtime/model/engine_model.cpp: The model in process: a timeline of the engine, asked from the loop.
#include "runtime/model/engine_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <set>

#include "engine/engine.h"
#include "engine/sampler.h"
#include "runtime/model/reply_builder.h"

namespace heddle {

namespace asio = boost::asio;
namespace control = prompts::control;
using prompts::Piece;

namespace {

std::int64_t microseconds_since(std::chrono::steady_clock::time_point then) {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - then).count();
}

TokenId control_id(const engine::Tokenizer& tokenizer, const std::string& name) {
    const auto id = tokenizer.control(name);
    if (id) return *id;
    throw engine::Error(fmt::format(
        "the model's tokenizer.json has no control token {}; Heddle needs the chat format of DeepSeek-V3.2", name));
}

std::vector<TokenId> encode(const engine::Tokenizer& tokenizer, const prompts::Pieces& pieces) {
    std::vector<TokenId> ids;
    std::string run;  // adjacent text is one run for the tokenizer
    const auto flush = [&] {
        const auto more = tokenizer.encode(run);
        ids.insert(ids.end(), more.begin(), more.end());
        run.clear();
    };
    for (const auto& piece : pieces) {
        if (piece.kind == Piece::Kind::text) {
            run += piece.text;
            continue;
        }
        flush();
        ids.push_back(control_id(tokenizer, piece.text));
    }
    flush();
    return ids;
}

Codec make_codec(const engine::Tokenizer& tokenizer) {
    Codec codec;
    codec.encode = [&tokenizer](const prompts::Pieces& pieces) { return encode(tokenizer, pieces); };
    codec.bytes_of = [&tokenizer](TokenId id) { return tokenizer.bytes_of(id); };
    // A tokenizer.json need not mark all of the format's own as special; DeepSeek-V3.2's does not.
    std::set<TokenId> own;
    for (const char* name : {control::begin, control::end, control::user, control::assistant, control::think,
                             control::think_end, control::dsml}) {
        own.insert(control_id(tokenizer, name));
    }
    codec.is_control = [&tokenizer, own](TokenId id) { return tokenizer.is_control(id) || own.contains(id); };
    codec.think = control_id(tokenizer, control::think);
    codec.think_end = control_id(tokenizer, control::think_end);
    codec.end = control_id(tokenizer, control::end);
    return codec;
}

// Bits of what a reply may hold. Rows of the output matrix behind the last word of the vocabulary are padding.
std::vector<std::uint64_t> reply_mask(const engine::Engine& engine, const Codec& codec) {
    const auto& tokenizer = engine.tokenizer();
    std::vector<std::uint64_t> mask((static_cast<std::size_t>(engine.config().vocab) + 63) / 64);
    const auto allow = [&](TokenId id) { mask[static_cast<std::size_t>(id) / 64] |= 1ull << (id % 64); };
    const int count = std::min(tokenizer.vocabulary_size(), engine.config().vocab);
    for (TokenId id = 0; id < count; ++id) {
        if (!codec.is_control(id) && !tokenizer.bytes_of(id).empty()) allow(id);
    }
    for (const TokenId id : {codec.think_end, codec.end, control_id(tokenizer, control::dsml)}) allow(id);
    return mask;
}

}  // namespace

struct EngineModel::State {
    std::shared_ptr<const engine::Engine> engine;
    std::string name, hash;
    Sampling sampling;
    Codec codec;
    std::vector<std::uint64_t> mask;
    engine::Sampler sampler;
    engine::Timeline timeline;
    asio::thread_pool thread{1};  // last: joined before what it works on goes

    asio::awaitable<Reply> generate(asio::any_io_executor loop, GenerateRequest request, const GenerateSink& sink,
                                    std::stop_token stop);
};

EngineModel::EngineModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
EngineModel::~EngineModel() {
    state_->thread.join();
}

std::unique_ptr<EngineModel> EngineModel::load(const EngineModelOptions& options, const EngineProgress& progress) {
    engine::EngineOptions wanted;
    wanted.model = options.folder;
    wanted.backend = options.backend;
    wanted.threads = options.threads;
    const auto engine = engine::Engine::load(wanted, progress);
    const Sampling sampling{options.temperature.value_or(engine->config().temperature),
                            options.top_p.value_or(engine->config().top_p), options.seed};
    engine::SamplerOptions how;
    how.temperature = static_cast<float>(sampling.temperature);
    how.top_p = static_cast<float>(sampling.top_p);
    how.seed = sampling.seed;
    auto codec = make_codec(engine->tokenizer());
    auto mask = reply_mask(*engine, codec);
    // As the user named it, also where the name is a link.
    auto folder = std::filesystem::absolute(options.folder).lexically_normal();
    if (!folder.has_filename()) folder = folder.parent_path();
    return std::unique_ptr<EngineModel>(new EngineModel(
        std::unique_ptr<State>(new State{engine, folder.filename(), engine->weights_hash(), sampling, std::move(codec),
                                         std::move(mask), engine::Sampler(how), engine->open()})));
}

Sampling EngineModel::sampling() const {
    return state_->sampling;
}
std::string EngineModel::name() const {
    return state_->name;
}
std::string EngineModel::weights_hash() const {
    return state_->hash;
}
const Codec& EngineModel::codec() const {
    return state_->codec;
}
std::int64_t EngineModel::context_tokens_max() const {
    return state_->engine->config().positions;
}

asio::awaitable<Reply> EngineModel::generate(GenerateRequest request, const GenerateSink& sink, std::stop_token stop) {
    auto loop = co_await asio::this_coro::executor;
    co_return co_await asio::co_spawn(state_->thread, state_->generate(loop, request, sink, stop), asio::use_awaitable);
}

// On the engine's thread; the sink runs on the loop, and this waits for it without holding up either.
asio::awaitable<Reply> EngineModel::State::generate(asio::any_io_executor loop, GenerateRequest request,
                                                    const GenerateSink& sink, std::stop_token stop) {
    ReplyBuilder builder(codec, request.thinking);
    Usage usage;
    usage.prompt_tokens = static_cast<std::int64_t>(request.prompt.size());
    auto begun = std::chrono::steady_clock::now();
    const auto report = timeline.sync(request.prompt, stop);
    usage.reused_tokens = report.reused;
    usage.evaluated_tokens = report.evaluated;
    usage.prefill_us = microseconds_since(begun);
    if (!report.complete) co_return builder.finish(StopReason::cancelled, usage);
    co_await asio::co_spawn(loop, sink.prefilled(usage), asio::use_awaitable);

    begun = std::chrono::steady_clock::now();
    auto reason = StopReason::length;
    while (static_cast<int>(builder.size()) < request.tokens_max) {
        if (stop.stop_requested()) {
            reason = StopReason::cancelled;
            break;
        }
        const auto sample = sampler.sample(timeline.logits(), mask);
        const SampledToken token = builder.add(sample.token, sample.logprob);
        co_await asio::co_spawn(loop, sink.sampled(token), asio::use_awaitable);
        if (sample.token == codec.end) {
            reason = StopReason::end;
            break;
        }
        const auto length = static_cast<std::int64_t>(timeline.tokens().size());
        if (length + 1 >= engine->config().positions || static_cast<int>(builder.size()) == request.tokens_max) break;
        timeline.step(sample.token);
    }
    usage.decode_us = microseconds_since(begun);
    co_return builder.finish(reason, usage);
}

}  // namespace heddle
