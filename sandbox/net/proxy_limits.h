// sandbox/net/proxy_limits.h: Bounds on what one guest may hold of the proxy, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace heddle::sandbox {

struct ProxyLimits {
    std::size_t connections_max = 256;             // package managers use some 50; each holds three descriptors at most
    std::chrono::milliseconds head_time{15'000};   // for a request, and for a TLS hello, to arrive whole
    std::chrono::milliseconds dial_time{15'000};   // for a name to be found, and again for a server to answer
    std::chrono::milliseconds idle_time{300'000};  // a build on the other side may be silent for minutes
};

}  // namespace heddle::sandbox
