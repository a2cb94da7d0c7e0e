// engine/engine.h: A loaded checkpoint: immutable, shared by threads, opens timelines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/cache/cache_use.h"
#include "engine/error.h"
#include "engine/ops/precision.h"
#include "engine/request.h"
#include "engine/timeline.h"
#include "engine/token.h"
#include "engine/tokenizer.h"
#include "engine/transformer/model_config.h"

namespace heddle::engine {

struct OpTimes;

// Queries and keys of the indexer as whole numbers of eight bits, each vector with a scale of its own; or unrounded.
enum class IndexerPrecision { int8, exact };

struct EngineOptions {
    std::filesystem::path model;        // folder: config.json, tokenizer.json, *.safetensors
    std::string backend = "cpu";        // "cpu" or "reference" (double precision)
    int threads = 0;                    // 0: one per core that this process may use
    int chunk_tokens = 256;             // one pass evaluates at most so many tokens, all timelines together
    std::int64_t cache_tokens_max = 0;  // all timelines together; 0: what the config's positions allow
    std::optional<int> top_k;           // overrides index_topk
    bool dense = false;                 // attend to everything, select nothing: for comparison with sparse attention
    IndexerPrecision indexer = IndexerPrecision::int8;
    std::shared_ptr<OpTimes> op_times;  // for measurement: gets the time that each kernel takes; none: no clock runs
    CacheRows cache_rows = CacheRows::fp8;  // what a cached latent is rounded to; f32: to nothing
    Activations activations = Activations::native;

    // Where timelines leave their rows when they end, and look for rows before they evaluate 256 tokens or more; see
    // cache/prefix_store.h for what is kept. Empty: nowhere.
    std::filesystem::path cache_folder;
    std::uint64_t cache_folder_bytes_max = std::uint64_t{8} << 30;
    // Told in one line when a cache file is of no use, on the thread of the timeline that wanted it.
    std::function<void(const std::string& line)> log;
};

// Called for each tensor that was read; `file` is the name of the one that it was in.
using LoadProgress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total, const std::string& file)>;

class Engine : public std::enable_shared_from_this<Engine> {
 public:
    // Reads the checkpoint whole. Throws Error with one line: which file, what is wrong with it, what to do.
    static std::shared_ptr<const Engine> load(const EngineOptions& options, const LoadProgress& progress = {});

    const ModelConfig& config() const;
    const Tokenizer& tokenizer() const;
    const EngineOptions& options() const;
    std::string weights_hash() const;  // "xxh3:<16 hex>" over names, shapes and bytes: what a log can name

    Timeline open() const;  // empty; keeps the engine alive

    CacheUse cache_use() const;
    void forget() const;  // frees every page that no timeline holds: the next evaluation of their tokens is a cold one

    // Appends tokens to several timelines at once and evaluates them in common passes, each of chunk_tokens at most:
    // a row for every timeline that wants a single token, then what is left for longer ones in turn. Returns when all
    // are done; several threads may call this, Timeline::sync and step at once, and share passes too. The bits of the
    // results are those of one timeline alone.
    void evaluate(std::span<Request> requests) const;

    ~Engine();

    struct State;  // for the engine's own files

 private:
    friend class Timeline;
    explicit Engine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle::engine
