// tools/web/pace.h: Keeps requests to one host apart in time.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

namespace heddle::tools::web {

// Safe to use from several threads.
class Pace {
 public:
    // `apart`: from the beginning of one request to that of the next. A second is what a person who reads fast takes.
    explicit Pace(std::chrono::milliseconds apart = std::chrono::seconds(1)) : apart_(apart) {}

    // Returns when it is the caller's turn at this host. Throws Error when `stop` is requested first.
    void await_turn(const std::string& host, std::stop_token stop);

 private:
    const std::chrono::milliseconds apart_;
    std::mutex mutex_;
    std::map<std::string, std::chrono::steady_clock::time_point> next_;  // turn, of hosts whose last was just now
};

}  // namespace heddle::tools::web
