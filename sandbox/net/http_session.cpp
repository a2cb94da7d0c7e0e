// sandbox/net/http_session.cpp: One request: a CONNECT that becomes a tunnel, or an absolute form that is passed on.
#include <fmt/core.h>

#include <boost/asio/buffer.hpp>

#include "sandbox/net/host.h"
#include "sandbox/net/http_body.h"
#include "sandbox/net/http_head.h"
#include "sandbox/net/relay.h"
#include "sandbox/net/sessions.h"

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;

std::string refusal(const Dialed& dialed, const NetEvent& event) {
    const std::string target = with_port(event.host, event.port);
    if (dialed.end == Dialed::End::not_allowed)
        return http_refusal(403, fmt::format("Blocked by the sandbox: {} ({})", target, event.reason), dialed.words);
    return http_refusal(502, fmt::format("Not reached: {} ({})", target, event.reason), dialed.words);
}

// Reads until a head is whole; its size, or 0 if none came within the limits.
asio::awaitable<std::size_t> read_head(Client& client) {
    std::size_t looked_at = 0;
    while (client.ahead.size() <= http_head_size_max) {
        if (const std::size_t size = http_head_size(client.ahead, looked_at)) co_return size;
        looked_at = client.ahead.size();
        if (!co_await client.read_more()) break;
    }
    co_return 0;
}

asio::awaitable<void> serve_malformed(Client& client, NetEvent& event, std::string why) {
    event.reason = "a malformed HTTP request: " + why;
    const std::string words = "The sandbox's proxy refused a malformed HTTP request: " + why + ".";
    co_await client.write(http_refusal(400, "Bad Request", words));
}

}  // namespace

asio::awaitable<void> serve_http(Client& client, ProxyParts parts) {
    client.deadline.set(parts.limits.head_time);
    const std::size_t size = co_await read_head(client);
    if (size == 0 && client.ahead.empty()) co_return;  // somebody looked whether the port is open
    NetRecord record(parts.log);
    if (size == 0) {
        const bool is_long = client.ahead.size() > http_head_size_max;
        co_return co_await serve_malformed(
            client, record.event, is_long ? "the head is longer than 64 KiB" : "its head did not arrive whole");
    }
    std::string why;
    const auto head = parse_http_head(std::string_view(client.ahead).substr(0, size), &why);
    if (!head) co_return co_await serve_malformed(client, record.event, why);
    client.ahead.erase(0, size);

    client.deadline.set(2 * parts.limits.dial_time + parts.limits.head_time);
    Dialed dialed = co_await parts.dialer.dial(head->host, head->port, record.event);
    if (!dialed.socket) {
        client.deadline.set(parts.limits.head_time);
        co_await client.write(refusal(dialed, record.event));
        co_return;
    }
    if (head->is_connect()) {
        if (!co_await client.write("HTTP/1.1 200 Connection established\r\n\r\n")) co_return;
        co_return co_await tunnel(client, *dialed.socket, record.event, parts);
    }
    HttpExchange exchange{to_origin_request(*head), HttpBody(*head)};
    co_await relay(client, *dialed.socket, record.event, parts.limits, &exchange);
}

}  // namespace heddle::sandbox
