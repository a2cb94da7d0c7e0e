// engine/measure/bench_run.h: The state of a measurement: engines, their timelines, and what was found so far.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/measure/alternate.h"
#include "engine/measure/bench.h"

namespace heddle::engine {

struct Stopped {};  // thrown where somebody asked for a stop

// An engine of one form, its clock, and the timeline that is timed.
struct Form {
    std::shared_ptr<OpTimes> times = std::make_shared<OpTimes>();
    std::shared_ptr<const Engine> engine;
    std::optional<Timeline> timeline;
};

// Grows its timelines from depth to depth and times what is asked for at each.
class BenchRun {
 public:
    BenchRun(const BenchOptions& options, const LoadProgress& loading,
             const std::function<void(const std::string&)>& progress, std::stop_token stop);
    BenchReport run();

 private:
    static constexpr int decode_tokens_max = 16;

    void load(bool dense, const LoadProgress& loading);
    void describe();
    void say(const std::string& doing) { progress_(doing); }
    void check() const {
        if (stop_.stop_requested()) throw Stopped{};
    }

    std::vector<Token> random_tokens(std::int64_t count);
    void evaluate(Timeline& timeline, std::int64_t count);
    void grow(std::int64_t depth);
    double decode(Timeline& timeline, std::int64_t depth, int tokens);
    double prefill(Timeline& timeline, std::int64_t depth, int tokens);
    BenchPair measure(std::int64_t depth, int tokens, bool is_decode);
    void check_copies(std::int64_t depth);
    void measure_turn(std::int64_t depth);
    void measure_restore(std::int64_t depth);
    void measure_batch(std::int64_t depth);
    double probe(bool is_decode);

    const BenchOptions& options_;
    std::function<void(const std::string&)> progress_;
    std::stop_token stop_;
    std::mt19937 random_{1};
    std::vector<Form> forms_;  // sparse, perhaps dense
    std::unique_ptr<Probes> probes_;
    std::vector<double> reads_, floats_, bytes_;
    BenchReport report_;
};

}  // namespace heddle::engine
