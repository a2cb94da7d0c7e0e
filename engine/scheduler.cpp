// engine/scheduler.cpp: One leader at a time, and a short wait for those who will be back at once.
#include "engine/scheduler.h"

#include <algorithm>

#include "engine/deal_rows.h"

namespace heddle::engine {

namespace {

bool all_done(std::span<const Work> works) {
    return std::ranges::all_of(works, &Work::is_done);
}

}  // namespace

void Scheduler::run(std::span<Work> works) {
    std::unique_lock lock(mutex_);
    for (Work& work : works) {
        work.is_done = work.rest.empty();
        if (work.is_done) continue;
        waiting_.push_back(&work);
        if (work.rest.size() == 1) --returning_;
    }
    changed_.notify_all();
    while (!all_done(works)) {
        if (has_leader_) {
            changed_.wait(lock);
            continue;
        }
        has_leader_ = true;
        lead(lock, works);
        has_leader_ = false;
        changed_.notify_all();
    }
}

void Scheduler::lead(std::unique_lock<std::mutex>& lock, std::span<const Work> own) {
    while (!all_done(own)) {
        await_returning(lock);
        choose();
        if (!chosen_.empty()) {
            lock.unlock();
            const auto begun = Clock::now();
            runner_.run(chosen_);
            pass_time_ = Clock::now() - begun;
            lock.lock();
        }
        settle();
        changed_.notify_all();
    }
}

// Timelines that step side by side finish a pass together, but their threads come back one by one. Without a moment's
// patience the first would run off alone, and two half-empty passes would take turns for ever. Who does not come back
// is missed once, by a tenth of a pass.
void Scheduler::await_returning(std::unique_lock<std::mutex>& lock) {
    constexpr auto wait_max = std::chrono::milliseconds(2);
    const auto wait = std::min<Clock::duration>(pass_time_ / 10, wait_max);
    changed_.wait_until(lock, Clock::now() + wait, [this] { return returning_ <= 0; });
}

void Scheduler::choose() {
    returning_ = 0;
    wanted_.clear();
    for (Work* work : waiting_) {
        if (work->stop.stop_requested()) work->is_done = true;
    }
    std::erase_if(waiting_, [](const Work* work) { return work->is_done; });
    for (const Work* work : waiting_) wanted_.push_back(static_cast<std::int64_t>(work->rest.size()));
    dealt_.resize(wanted_.size());
    deal_rows(wanted_, runner_.rows_max(), dealt_);
    chosen_.clear();
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        waiting_[i]->rows = dealt_[i];
        if (dealt_[i] > 0) chosen_.push_back(waiting_[i]);
    }
}

// Who was in the pass and wants more, goes to the end of the queue.
void Scheduler::settle() {
    for (Work* work : chosen_) {
        work->is_done = work->rest.empty() || work->failure;
        returning_ += work->rest.empty() && !work->failure;
    }
    std::erase_if(waiting_, [](const Work* work) { return work->rows > 0; });
    for (Work* work : chosen_) {
        if (!work->is_done) waiting_.push_back(work);
    }
    chosen_.clear();
}

}  // namespace heddle::engine
