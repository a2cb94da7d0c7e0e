// engine/scheduler.h: Hands out the passes of an engine to all threads whose timelines wait for one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "engine/pass_runner.h"

namespace heddle::engine {

// Threads hand in work and wait; one of those who wait leads: it runs passes until its own work is done, then another
// takes over. So there is no thread of its own, and never more than one pass. Whatever waits when a pass begins gets
// rows in it, as deal_rows() has it; the bits of a result do not depend on that.
//
// Memory: one set of buffers for passes of EngineOptions::chunk_tokens rows, however many timelines there are
// (Scratch::bytes; Engine::load refuses what does not fit). A timeline adds its pages, its token ids and one vector of
// logits.
class Scheduler {
 public:
    explicit Scheduler(const Engine::State& parts) : runner_(parts) {}

    // Returns when all are done. Throws nothing: what became of each stands in it. An observer that is told of a pass
    // must not come back here: it runs inside of that pass, on the leader's thread.
    void run(std::span<Work> works);

 private:
    using Clock = std::chrono::steady_clock;

    void lead(std::unique_lock<std::mutex>& lock, std::span<const Work> own);
    void await_returning(std::unique_lock<std::mutex>& lock);
    void choose();
    void settle();

    PassRunner runner_;  // the leader's

    std::mutex mutex_;
    std::condition_variable changed_;
    bool has_leader_ = false;
    std::vector<Work*> waiting_;  // longest waiting first
    std::vector<Work*> chosen_;   // for the pass under way
    std::vector<std::int64_t> wanted_, dealt_;
    std::int64_t returning_ = 0;    // steps that the last pass completed, less those that came back for the next one
    Clock::duration pass_time_{0};  // of the last pass
};

}  // namespace heddle::engine
