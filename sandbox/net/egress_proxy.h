// sandbox/net/egress_proxy.h: Serves a guest's proxy sockets from outside its network namespace: the face of this
// folder.
#pragma once

#include <boost/asio/ip/address_v4.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/net/event.h"
#include "sandbox/net/proxy_limits.h"
#include "sandbox/net/resolver.h"
#include "sandbox/net/rules.h"

namespace heddle::sandbox {

// Sockets of IPv4 that were made inside the guest's network namespace: three that listen on TCP, and a bound UDP one.
// What stays empty is not served.
struct ProxyListeners {
    Fd http, socks, dns_tcp, dns_udp;
};

// One guest's way out. Owns a thread; connections are made from the namespace of this process, to what the rules allow.
class EgressProxy {
 public:
    // Throws Error if a descriptor is not what it should be. The sink is called on the proxy's thread.
    EgressProxy(ProxyListeners listeners, NetRules rules, NetEventSink on_event, ProxyLimits limits = {},
                Resolve resolve = resolve_by_system);
    ~EgressProxy();  // as stop()

    void stop();  // ends all connections at once, and serves no more; each open one still becomes an event
    std::vector<NetEvent> events() const;  // the last ones, oldest first
    std::optional<std::string> name_of(const boost::asio::ip::address_v4& fake_address) const;

 private:
    class House;
    std::unique_ptr<House> house_;
};

}  // namespace heddle::sandbox
