// engine/engine.cpp: Loads a checkpoint: checks, memory, weights, cache bound; and answers what it is.
#include "engine/engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "engine/backend.h"
#include "engine/cache_identity.h"
#include "engine/engine_state.h"
#include "engine/measure/timed_ops.h"
#include "engine/tensor/device.h"
#include "engine/transformer/scratch.h"
#include "engine/transformer/weights.h"

namespace heddle::engine {

namespace {

constexpr int chunk_tokens_max = 8192;        // activations of more than that gain nothing and cost gigabytes
constexpr std::int64_t tokens_useful = 1024;  // a cache that holds less is no use to anybody

void check_options(const EngineOptions& options, const ModelConfig& config) {
    const auto refuse = [](const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
        if (value >= least && value <= most) return;
        throw Error(fmt::format("The engine's {} is {}; it must be between {} and {}", name, value, least, most));
    };
    refuse("threads", options.threads, 0, 1024);
    refuse("chunk_tokens", options.chunk_tokens, 1, chunk_tokens_max);
    refuse("cache_tokens_max", options.cache_tokens_max, 0, std::numeric_limits<int>::max());
    if (options.top_k) refuse("top_k", *options.top_k, 1, 1 << 20);
    refuse("model's max_position_embeddings", config.positions, 1, std::numeric_limits<int>::max() / 2);
}

// How many tokens the caches of all timelines may hold. Weighed against memory at load, when the answer is still "no"
// and not a process that the kernel kills in the middle of a task.
std::int64_t bound_cache(const EngineOptions& options, const ModelConfig& config, const PageLayout& layout,
                         std::uint64_t weights_bytes) {
    constexpr auto mib = [](std::uint64_t bytes) { return bytes >> 20; };
    const std::uint64_t available = available_memory();
    const std::int64_t wanted = options.cache_tokens_max > 0 ? options.cache_tokens_max : config.positions;
    const std::int64_t least = options.cache_tokens_max > 0 ? wanted : std::min(wanted, tokens_useful);
    const std::uint64_t page_bytes = layout.page_bytes();
    const auto bytes_of = [&](std::int64_t tokens) {
        return static_cast<std::uint64_t>((tokens + page_tokens - 1) / page_tokens) * page_bytes;
    };
    if (weights_bytes + bytes_of(least) > available) {
        throw Error(fmt::format(
            "Loading {} needs {} MiB for the weights and {} MiB for a cache of {} tokens, but {} MiB are available; "
            "free memory, choose a smaller model or a smaller cache_tokens_max",
            options.model.string(), mib(weights_bytes), mib(bytes_of(least)), least, mib(available)));
    }
    const auto fitting = static_cast<std::int64_t>(
        std::min<std::uint64_t>((available - weights_bytes) / page_bytes, std::uint64_t{1} << 40) * page_tokens);
    return std::min(wanted, std::max(fitting, least));
}

}  // namespace

std::shared_ptr<const Engine> Engine::load(const EngineOptions& options, const LoadProgress& progress) {
    auto state = std::make_unique<State>();
    state->options = options;
    state->config = ModelConfig::load(options.model);
    const ModelConfig& config = state->config;
    check_options(options, config);
    const std::filesystem::path tokenizer = options.model / "tokenizer.json";
    if (std::filesystem::exists(tokenizer)) state->tokenizer = Tokenizer::load(tokenizer);

    state->ops =
        make_backend(options.backend, options.threads, options.indexer == IndexerPrecision::fp8, options.cache_rows);
    if (options.op_times) state->ops = timed(std::move(state->ops), options.op_times);
    const Weights weights = Weights::open(options.model, config);
    const Weights::Sizes& sizes = weights.sizes();
    const PageLayout layout = state->ops->page_layout(config.layers, config.kv_lora, config.rope, config.index_dim);
    const std::int64_t cache_tokens = bound_cache(
        options, config, layout, state->ops->packed_bytes(sizes.bytes, sizes.parameters) + sizes.bytes_layer_max);
    // A selection is never longer than the cache: no room is kept for more.
    state->top_k = static_cast<int>(std::min<std::int64_t>(options.top_k.value_or(config.index_top_k), cache_tokens));
    std::uint64_t done = 0;
    state->model = pack_model(weights, config, *state->ops, [&](std::uint64_t bytes, const std::string& file) {
        done += bytes;
        if (progress) progress(done, sizes.bytes, file);
    });
    state->rope = std::make_unique<Rope>(config);
    state->pool = std::make_unique<PagePool>(state->ops->device(), layout, cache_tokens);
    const std::shared_ptr<const Engine> engine(new Engine(std::move(state)));
    State& loaded = *engine->state_;
    loaded.identity = cache_identity(*engine, layout);
    engine->forget();  // the probe
    if (!options.cache_folder.empty()) {
        loaded.store = std::make_unique<PrefixStore>(options.cache_folder, options.cache_folder_bytes_max,
                                                     loaded.identity, options.log);
    }
    return engine;
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

const ModelConfig& Engine::config() const {
    return state_->config;
}
const EngineOptions& Engine::options() const {
    return state_->options;
}
std::string Engine::weights_hash() const {
    return state_->model.hash;
}
CacheUse Engine::cache_use() const {
    return state_->pool->use();
}
void Engine::forget() const {
    state_->pool->forget();
}

const Tokenizer& Engine::tokenizer() const {
    if (!state_->tokenizer) {
        throw Error(fmt::format("The model folder {} has no tokenizer.json; put the model's own one there",
                                state_->options.model.string()));
    }
    return *state_->tokenizer;
}

}  // namespace heddle::engine
