// sandbox/net/event.h: What a guest asked of the network and what came of it: the source of violations.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace heddle::sandbox {

struct NetEvent {
    std::chrono::system_clock::time_point time;
    std::string host;                           // ASCII without controls, whatever the guest sent; "" if it named none
    std::uint16_t port = 0;                     // 0: it asked for a name only
    bool allowed = false;                       // false: the rules said no; true with a reason: allowed, but it failed
    std::string reason;                         // "not in net.allow"
    std::uint64_t bytes_out = 0, bytes_in = 0;  // from the guest, to the guest
};

std::string describe(const NetEvent& event);  // "blocked connect example.com:443 (not in net.allow)"

using NetEventSink = std::function<void(const NetEvent&)>;

// The last events, each also given to the sink on the thread that adds it. The sink must be quick and must not throw.
class NetEventLog {
 public:
    static constexpr std::size_t events_max = 1000;

    explicit NetEventLog(NetEventSink sink) : sink_(std::move(sink)) {}
    void add(NetEvent event);
    std::vector<NetEvent> events() const;  // from any thread; oldest first

 private:
    const NetEventSink sink_;
    mutable std::mutex mutex_;
    std::deque<NetEvent> events_;
};

// One event that is written down when its connection is over, however that happens.
class NetRecord {
 public:
    explicit NetRecord(NetEventLog& log) : log_(log) {}
    NetRecord(const NetRecord&) = delete;
    ~NetRecord() { log_.add(std::move(event)); }

    NetEvent event;

 private:
    NetEventLog& log_;
};

}  // namespace heddle::sandbox
