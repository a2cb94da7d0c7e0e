// engine/engine.cpp: Loads a checkpoint: checks, memory, weights, cache bound; and answers what it is.
#include "engine/engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "engine/backend.h"
#include "engine/cache_identity.h"
#include "engine/engine_state.h"
#include "engine/measure/timed_ops.h"
#include "engine/scheduler.h"
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
std::int64_t bound_cache(const EngineOptions& options, const ModelConfig& config, const Ops& ops,
                         const PageLayout& layout, std::uint64_t weights_bytes) {
    constexpr auto mib = [](std::uint64_t bytes) { return bytes >> 20; };
    const std::uint64_t available = available_memory();
    const std::int64_t wanted = options.cache_tokens_max > 0 ? options.cache_tokens_max : config.positions;
    const std::int64_t least = options.cache_tokens_max > 0 ? wanted : std::min(wanted, tokens_useful);
    const std::uint64_t page_bytes = layout.page_bytes();
    const auto bytes_of = [&](std::int64_t tokens) {
        return static_cast<std::uint64_t>((tokens + page_tokens - 1) / page_tokens) * page_bytes;
    };
    const std::int64_t longest = std::min(wanted, config.positions);
    const auto top_k = static_cast<int>(std::min<std::int64_t>(options.top_k.value_or(config.index_top_k), longest));
    const std::uint64_t pass_bytes =
        Scratch::bytes(ops, config, top_k, std::min<std::int64_t>(options.chunk_tokens, longest), longest);
    const std::uint64_t taken = weights_bytes + pass_bytes;
    if (taken + bytes_of(least) > available) {
        throw Error(fmt::format(
            "Loading {} needs {} MiB for the weights, {} MiB for passes of {} tokens and {} MiB for a cache of {} "
            "tokens, but {} MiB are available; free memory, choose a smaller model, chunk_tokens or cache_tokens_max",
            options.model.string(), mib(weights_bytes), mib(pass_bytes), options.chunk_tokens, mib(bytes_of(least)),
            least, mib(available)));
    }
    const auto fitting = static_cast<std::int64_t>(
        std::min<std::uint64_t>((available - taken) / page_bytes, std::uint64_t{1} << 40) * page_tokens);
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

    state->ops = make_backend(options.backend, options.threads,
                              {options.indexer == IndexerPrecision::int8, options.cache_rows, options.activations});
    if (options.op_times) state->ops = timed(std::move(state->ops), options.op_times);
    const Weights weights = Weights::open(options.model, config);
    const Weights::Sizes& sizes = weights.sizes();
    const PageLayout layout = state->ops->page_layout(config.layers, config.kv_lora, config.rope, config.index_dim);
    const std::int64_t cache_tokens =
        bound_cache(options, config, *state->ops, layout,
                    state->ops->packed_bytes(sizes.bytes, sizes.parameters) + sizes.bytes_layer_max);
    // A selection is never longer than the cache: no room is kept for more.
    state->top_k = static_cast<int>(std::min<std::int64_t>(options.top_k.value_or(config.index_top_k), cache_tokens));
    std::uint64_t done = 0;
    state->model = pack_model(weights, config, *state->ops, [&](std::uint64_t bytes, const std::string& file) {
        done += bytes;
        if (progress) progress(done, sizes.bytes, file);
    });
    state->rope = std::make_unique<Rope>(config);
    state->pool = std::make_unique<PagePool>(state->ops->device(), layout, cache_tokens);
    state->scheduler = std::make_unique<Scheduler>(*state);
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

void Engine::evaluate(std::span<Request> requests) const {
    std::vector<Work> works(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        Request& request = requests[i];
        ENGINE_CHECK(request.timeline != nullptr && &request.timeline->state_->parts == state_.get());
        request.evaluated = request.passes = 0;
        request.complete = false;
        request.error.clear();
        try {
            works[i] = request.timeline->state_->begin(request.tokens, request.stop);
        } catch (const std::exception& error) {
            request.error = error.what();
        }
    }
    state_->scheduler->run(works);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        Request& request = requests[i];
        request.evaluated = works[i].evaluated;
        request.passes = works[i].passes;
        if (!request.error.empty()) continue;
        try {
            if (works[i].failure) std::rethrow_exception(works[i].failure);
            request.complete = works[i].rest.empty();
        } catch (const std::exception& error) {
            request.error = error.what();
        }
    }
}

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
