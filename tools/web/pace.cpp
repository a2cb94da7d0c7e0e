// tools/web/pace.cpp: Who comes takes the next free turn, and waits for it.
#include "tools/web/pace.h"

#include <condition_variable>

#include "tools/error.h"

namespace heddle::tools::web {

using std::chrono::steady_clock;

void Pace::await_turn(const std::string& host, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const auto now = steady_clock::now();
    std::erase_if(next_, [&](const auto& entry) { return entry.second <= now; });
    const auto known = next_.find(host);
    const auto turn = known == next_.end() ? now : known->second;
    next_[host] = turn + apart_;
    std::condition_variable_any nothing_else;
    nothing_else.wait_until(lock, stop, turn, [] { return false; });
    if (stop.stop_requested()) throw Error("it was cancelled");
}

}  // namespace heddle::tools::web
