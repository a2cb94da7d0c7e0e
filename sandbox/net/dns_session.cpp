// sandbox/net/dns_session.cpp: Packets in and out for the DNS stub, over UDP and over TCP.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sandbox/net/dns.h"
#include "sandbox/net/sessions.h"

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;

constexpr std::size_t packet_size_max = 4096;          // a question has some 60 bytes, with EDNS options a few hundred
constexpr std::chrono::milliseconds after_error{100};  // an error that stays must not become a busy loop

std::optional<std::string> answer(std::string_view query, const ProxyParts& parts) {
    auto answered = answer_dns(query, parts.rules, parts.addresses);
    if (!answered) return std::nullopt;
    if (!answered->refused_name.empty()) {
        NetRecord record(parts.log);
        record.event.host = answered->refused_name;
        record.event.reason = "not in net.allow";
    }
    return std::move(answered->packet);
}

std::size_t length_in_front(std::string_view bytes) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8 | static_cast<unsigned char>(bytes[1]);
}

}  // namespace

asio::awaitable<void> serve_dns(Client& client, ProxyParts parts) {
    while (true) {
        client.deadline.set(parts.limits.head_time);
        while (client.ahead.size() < 2 || client.ahead.size() - 2 < length_in_front(client.ahead))
            if (!co_await client.read_more() || client.ahead.size() > 2 + packet_size_max) co_return;
        const std::size_t size = length_in_front(client.ahead);
        const auto packet = answer(std::string_view(client.ahead).substr(2, size), parts);
        if (!packet) co_return;
        client.ahead.erase(0, 2 + size);
        std::string framed{static_cast<char>(packet->size() >> 8), static_cast<char>(packet->size())};
        framed += *packet;
        if (!co_await client.write(framed)) co_return;
    }
}

asio::awaitable<void> serve_dns(asio::ip::udp::socket& socket, ProxyParts parts) {
    std::array<char, packet_size_max> bytes;
    while (true) {
        boost::system::error_code error;
        asio::ip::udp::endpoint from;
        const std::size_t size = co_await socket.async_receive_from(asio::buffer(bytes), from,
                                                                    asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            asio::steady_timer pause(socket.get_executor(), after_error);
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        const auto packet = answer({bytes.data(), size}, parts);
        if (!packet) continue;
        // A reply that does not fit into the guest's socket is lost, as UDP may be.
        socket.send_to(asio::buffer(*packet), from, 0, error);
    }
}

}  // namespace heddle::sandbox
