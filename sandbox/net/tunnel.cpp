// sandbox/net/tunnel.cpp: Chooses what a tunnel has to begin with.
#include <algorithm>

#include "sandbox/net/relay.h"
#include "sandbox/net/sessions.h"

namespace heddle::sandbox {

boost::asio::awaitable<void> tunnel(Client& client, boost::asio::ip::tcp::socket& server, NetEvent& event,
                                    ProxyParts parts) {
    const auto& tls = parts.rules.tls_ports;
    if (std::find(tls.begin(), tls.end(), event.port) != tls.end())
        return relay_tls(client, server, event, parts.limits);
    return relay(client, server, event, parts.limits);
}

}  // namespace heddle::sandbox
