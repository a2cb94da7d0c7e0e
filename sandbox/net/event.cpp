// sandbox/net/event.cpp: Keeps the last events, and puts one into a line.
#include "sandbox/net/event.h"

#include <fmt/core.h>

#include "sandbox/net/host.h"

namespace heddle::sandbox {

std::string describe(const NetEvent& event) {
    const std::string host = event.host.empty() ? "(no host)" : event.host;
    const std::string target = event.port == 0 ? host : with_port(host, event.port);
    const char* what = event.port == 0 && !event.host.empty() ? "lookup" : "connect";
    if (!event.allowed) return fmt::format("blocked {} {} ({})", what, target, event.reason);
    if (!event.reason.empty()) return fmt::format("failed {} {} ({})", what, target, event.reason);
    return fmt::format("{} {} ({} bytes out, {} bytes in)", what, target, event.bytes_out, event.bytes_in);
}

void NetEventLog::add(NetEvent event) {
    event.time = std::chrono::system_clock::now();
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() == events_max) events_.pop_front();
        events_.push_back(event);
    }
    if (sink_) sink_(event);
}

std::vector<NetEvent> NetEventLog::events() const {
    const std::lock_guard lock(mutex_);
    return {events_.begin(), events_.end()};
}

}  // namespace heddle::sandbox
