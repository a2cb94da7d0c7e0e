// engine/pass_runner.h: Runs one forward pass for several timelines and brings each what belongs to it.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/timeline_state.h"
#include "engine/transformer/forward.h"

namespace heddle::engine {

// Tokens on their way into a timeline; belongs to the thread that waits for them.
struct Work {
    Timeline::State* timeline = nullptr;
    std::span<const Token> rest;  // not evaluated yet
    std::stop_token stop;
    std::int64_t rows = 0;  // of `rest`, in the pass under way
    std::int64_t evaluated = 0, passes = 0;
    std::exception_ptr failure;  // none: all were evaluated, or it was stopped

    bool is_done = false;  // the scheduler's, under its lock: once set, the thread that waits may end the work
};

// Holds the buffers of a pass, for all timelines of an engine; one pass at a time.
class PassRunner {
 public:
    explicit PassRunner(const Engine::State& parts);

    std::int64_t rows_max() const { return scratch_.tokens; }

    // Evaluates the first `rows` tokens of each work, at least 1, rows_max() at most together. What fails for one of
    // them (no page left, an observer that throws) ends that one alone; what fails for all ends all. Throws nothing.
    void run(std::span<Work* const> works);

 private:
    static bool stands_before(const Work* a, const Work* b);
    void lay_out(std::span<Work* const> works);
    bool evaluate();
    void keep(std::size_t sequence);
    void read_logits_of_pass();

    struct Wanted {
        std::size_t sequence;
        int row;
    };
    void deliver(const Wanted& wanted, std::span<const float> logits);

    const Engine::State& parts_;
    Scratch scratch_;
    Pass pass_;

    // Of the pass under way: one of each a sequence, but where it says otherwise.
    std::vector<Work*> works_;
    std::vector<Sequence> sequences_;
    std::vector<Token> tokens_;       // [rows]
    std::vector<AttentionUse> uses_;  // [sequences, layers]

    std::vector<Wanted> wanted_;         // rows whose logits somebody wants
    std::vector<float> shown_;           // [logits_rows_max, vocab]: what observers are shown
    std::vector<int> rows_;              // [at most logits_rows_max]
    std::vector<std::span<float>> out_;  // where their logits go
};

}  // namespace heddle::engine
