// sandbox/net/relay.h: Carries bytes both ways between a guest and a server until both have said all.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "sandbox/net/client.h"
#include "sandbox/net/event.h"
#include "sandbox/net/http_body.h"
#include "sandbox/net/proxy_limits.h"

namespace heddle::sandbox {

// A request whose head was read: what goes to the server in its place, and how much of the client's bytes follows it.
struct HttpExchange {
    std::string head;
    HttpBody body;
};

// Sends what the client has read ahead, then all. Of a request only the body goes out, anything after it ends the
// connection. A connection that is silent both ways for limits.idle_time ends. Counts into the event.
boost::asio::awaitable<void> relay(Client& client, boost::asio::ip::tcp::socket& server, NetEvent& event,
                                   const ProxyLimits& limits, HttpExchange* exchange = nullptr);

// As relay(), but what the client sends first has to be TLS that names the event's host, else it gets an alert: an
// allowed name must not be the way to another one that the same machine serves. (A name hidden by ECH, or another Host
// in the encrypted request, cannot be seen here.)
boost::asio::awaitable<void> relay_tls(Client& client, boost::asio::ip::tcp::socket& server, NetEvent& event,
                                       const ProxyLimits& limits);

}  // namespace heddle::sandbox
