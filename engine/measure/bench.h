// engine/measure/bench.h: Times a checkpoint's prefill and decode at growing depth, sparse beside dense, beside probes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/measure/probes.h"
#include "engine/measure/timed_ops.h"
#include "engine/measure/timing.h"

namespace heddle::engine {

struct BenchOptions {
    EngineOptions engine;              // the model, its back end and threads; cache and form are the bench's business
    std::vector<std::int64_t> depths;  // ascending: tokens that stand before those that are timed
    int alternations = 5;              // of what is compared; with a probe on each side
    bool dense = true;                 // time dense attention too
    int batch = 8;                     // timelines that decode side by side, all on one prefix; 1: not timed
};

// What one token costs in one form of attention at one depth.
struct BenchCost {
    Sample seconds;           // a token
    std::int64_t tokens = 0;  // timed, all alternations together
    OpTimes times;            // of these
    Sample share;             // of what the probes beside it gave: bytes read (decode), operations (prefill)
};

// Dense attention's time over sparse attention's, pair by pair; and how many pairs were no use because the probes on
// their two sides differed by more than 15 %. With `noisy` there were too few others, so that these count too.
struct BenchPair {
    BenchCost sparse;
    std::optional<BenchCost> dense;
    std::optional<Sample> gain;
    int tokens = 0;  // timed at once
    int discarded = 0;
    bool noisy = false;
};

struct BenchDepth {
    std::int64_t depth = 0;
    BenchPair decode, prefill;
};

struct BenchReport {
    ModelConfig config;
    int threads = 0;
    double weight_bytes = 0;       // read for one token: all that is neither another expert's nor the embedding table
    double flops = 0;              // a token's products with weights, the head left out: prefill reads it once a chunk
    Sample read_bytes_per_second;  // of all probes
    Peak floats, bytes;            // the medians
    double round_seconds = 0;      // of a round of the thread pool without work
    std::vector<BenchDepth> depths;
    std::optional<Sample> copies_over_real;  // decode over copied pages, over decode after a prefill, at check_depth
    std::int64_t check_depth = 0;
    std::int64_t turn_depth = 0;         // the one that a turn's first token was timed at
    std::optional<Sample> turn_seconds;  // for turn_tokens new ones and the logits behind them
    double cold_seconds = 0;             // for the whole of it: summed up from the prefill costs, not run
    static constexpr int turn_tokens = 200;
    int batch = 1;
    std::int64_t batch_depth = 0;                     // of the prefix that `batch` timelines share
    std::optional<Sample> batch_seconds, batch_gain;  // a token, whosever; tokens a second over those of one alone
    std::optional<Sample> restore_seconds;  // to read turn_depth tokens back from a file into an engine just loaded
};

// Depth comes from copied pages (Timeline::grow_by_copies), for which the check is the one real prefill. Loads the
// checkpoint twice where dense attention is timed too. Nothing when stopped. Throws Error as Engine::load does.
std::optional<BenchReport> run_bench(const BenchOptions& options, const LoadProgress& loading,
                                     const std::function<void(const std::string& doing)>& progress,
                                     std::stop_token stop);

}  // namespace heddle::engine
