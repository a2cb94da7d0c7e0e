// sandbox/net/sessions.h: One conversation with a guest in each of the protocols that the proxy speaks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "sandbox/net/client.h"
#include "sandbox/net/dialer.h"
#include "sandbox/net/event.h"
#include "sandbox/net/fake_addresses.h"
#include "sandbox/net/proxy_limits.h"
#include "sandbox/net/rules.h"

namespace heddle::sandbox {

struct ProxyParts {  // what all sessions of one proxy share; outlives them
    const NetRules& rules;
    const ProxyLimits& limits;
    Dialer& dialer;
    FakeAddresses& addresses;
    NetEventLog& log;
};

// What follows a CONNECT or a SOCKS request that was granted: relay() or relay_tls(), as the port asks for.
boost::asio::awaitable<void> tunnel(Client& client, boost::asio::ip::tcp::socket& server, NetEvent& event,
                                    ProxyParts parts);

boost::asio::awaitable<void> serve_http(Client& client, ProxyParts parts);
boost::asio::awaitable<void> serve_socks(Client& client, ProxyParts parts);
boost::asio::awaitable<void> serve_dns(Client& client, ProxyParts parts);
boost::asio::awaitable<void> serve_dns(boost::asio::ip::udp::socket& socket, ProxyParts parts);

}  // namespace heddle::sandbox
