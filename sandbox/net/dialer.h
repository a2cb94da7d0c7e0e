// sandbox/net/dialer.h: From a name and a port to a connection: decided, looked up once, checked, connected.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>

#include "sandbox/net/event.h"
#include "sandbox/net/proxy_limits.h"
#include "sandbox/net/resolver.h"
#include "sandbox/net/rules.h"

namespace heddle::sandbox {

struct Dialed {
    enum class End { connected, not_allowed, no_address, not_reached };
    End end = End::not_allowed;
    std::optional<boost::asio::ip::tcp::socket> socket;
    std::string words;  // for the model, unless connected
};

class Dialer {
 public:
    Dialer(boost::asio::io_context& loop, const NetRules& rules, const ProxyLimits& limits, Resolve resolve)
        : loop_(loop), rules_(rules), limits_(limits), resolver_(loop, std::move(resolve)) {}

    // Connects to exactly an address that was checked: a name that leads elsewhere when asked again gains nothing.
    // One bad address among several refuses all: a name that leads both outside and inside is up to no good.
    // Writes host, port, allowed and reason of the event.
    boost::asio::awaitable<Dialed> dial(std::string host, std::uint16_t port, NetEvent& event);

 private:
    boost::asio::awaitable<Dialed> connect(std::vector<boost::asio::ip::address> addresses, std::string target,
                                           std::uint16_t port, NetEvent& event);

    boost::asio::io_context& loop_;
    const NetRules& rules_;
    const ProxyLimits& limits_;
    Resolver resolver_;
};

}  // namespace heddle::sandbox
