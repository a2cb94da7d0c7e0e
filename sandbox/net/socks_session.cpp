// sandbox/net/socks_session.cpp: A greeting, a request, a tunnel.
#include "sandbox/net/host.h"
#include "sandbox/net/relay.h"
#include "sandbox/net/sessions.h"
#include "sandbox/net/socks.h"

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;

SocksReply reply_of(Dialed::End end) {
    switch (end) {
        case Dialed::End::connected:
            return SocksReply::succeeded;
        case Dialed::End::not_allowed:
            return SocksReply::not_allowed;
        case Dialed::End::no_address:
            return SocksReply::host_unreachable;
        case Dialed::End::not_reached:
            break;
    }
    return SocksReply::connection_refused;
}

// Whether the client may go on to its request.
asio::awaitable<bool> greet(Client& client) {
    SocksGreeting greeting;
    while (true) {
        greeting = read_socks_greeting(client.ahead);
        if (greeting.size != 0 || !greeting.is_socks5) break;
        if (!co_await client.read_more()) co_return false;
    }
    if (!greeting.is_socks5) co_return false;
    client.ahead.erase(0, greeting.size);
    if (greeting.offers_no_password) co_return co_await client.write(socks_method(true));
    co_await client.write(socks_method(false));
    co_return false;
}

}  // namespace

asio::awaitable<void> serve_socks(Client& client, ProxyParts parts) {
    client.deadline.set(parts.limits.head_time);
    if (!co_await greet(client)) co_return;
    SocksRequest request = read_socks_request(client.ahead);
    while (request.size == 0) {
        if (!co_await client.read_more()) co_return;
        request = read_socks_request(client.ahead);
    }
    NetRecord record(parts.log);
    record.event.host = plain_line(request.host);
    record.event.port = request.port;
    if (request.refusal != SocksReply::succeeded) {
        record.event.reason = "a SOCKS request that is no CONNECT";
        co_await client.write(socks_reply(request.refusal));
        co_return;
    }
    client.ahead.erase(0, request.size);

    client.deadline.set(2 * parts.limits.dial_time + parts.limits.head_time);
    Dialed dialed = co_await parts.dialer.dial(request.host, request.port, record.event);
    const std::string reply = socks_reply(reply_of(dialed.end));
    if (!dialed.socket) {
        client.deadline.set(parts.limits.head_time);
        co_await client.write(reply);
        co_return;
    }
    if (co_await client.write(reply)) co_await tunnel(client, *dialed.socket, record.event, parts);
}

}  // namespace heddle::sandbox
