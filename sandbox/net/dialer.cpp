// sandbox/net/dialer.cpp: The one place where a connection to the outside is made.
#include "sandbox/net/dialer.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "sandbox/net/address.h"
#include "sandbox/net/client.h"
#include "sandbox/net/host.h"

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t addresses_tried_max = 4;

Dialed failed(NetEvent& event, Dialed::End end, std::string reason, std::string words) {
    event.allowed = end == Dialed::End::not_reached || end == Dialed::End::no_address;
    event.reason = std::move(reason);
    return {end, std::nullopt, std::move(words)};
}

// Connects, or closes the socket when the time is over; "" or what went wrong.
asio::awaitable<std::string> connect_within(asio::ip::tcp::socket& socket, asio::ip::tcp::endpoint to,
                                            std::chrono::milliseconds time_max) {
    asio::steady_timer timer(socket.get_executor(), time_max);
    const auto alive = std::make_shared<bool>(true);  // the handler may be on its way when this frame is left
    timer.async_wait([&socket, watched = std::weak_ptr<bool>(alive)](const error_code& error) {
        error_code ignored;
        if (!error && !watched.expired()) socket.close(ignored);
    });
    error_code error;
    co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || !socket.is_open()) co_return "it does not answer";
    co_return error ? error.message() : "";
}

}  // namespace

asio::awaitable<Dialed> Dialer::dial(std::string host, std::uint16_t port, NetEvent& event) {
    event.host = plain_line(host);
    event.port = port;
    NetDecision decision = decide(rules_, host, port);
    if (!decision.allowed)
        co_return failed(event, Dialed::End::not_allowed, std::move(decision.reason), std::move(decision.words));
    const std::string name = *normal_host(host, nullptr);  // decide() allows nothing else
    event.host = name;
    const std::string target = with_port(name, port);

    Resolution found;
    if (const auto literal = as_address(name)) {
        found.addresses = {*literal};
    } else {
        found = co_await resolver_.look_up(name, limits_.dial_time);
    }
    if (found.addresses.empty())
        co_return failed(event, Dialed::End::no_address, "no address: " + found.problem,
                         fmt::format("The name {} has no address: {}.", name, found.problem));
    for (const auto& address : found.addresses) {
        std::string why = refuse_address(address, rules_.allow_private);
        if (why.empty()) why = denied_address(rules_, address.to_string(), port);
        if (why.empty()) continue;
        co_return failed(event, Dialed::End::not_allowed, fmt::format("leads to {}, {}", address.to_string(), why),
                         fmt::format("{} is allowed, but leads to {}, {}: the sandbox connects to public addresses "
                                     "only.",
                                     target, address.to_string(), why));
    }
    co_return co_await connect(std::move(found.addresses), target, port, event);
}

asio::awaitable<Dialed> Dialer::connect(std::vector<asio::ip::address> addresses, std::string target,
                                        std::uint16_t port, NetEvent& event) {
    const auto until = std::chrono::steady_clock::now() + limits_.dial_time;
    const std::size_t tried = std::min(addresses.size(), addresses_tried_max);
    std::string problem;
    for (std::size_t i = 0; i < tried; ++i) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        // A fair share for each that is still to come, so that a dead first address does not use up the time of all.
        const auto share = std::max(left, std::chrono::milliseconds(0)) / static_cast<int>(tried - i);
        asio::ip::tcp::socket socket(loop_);
        problem = co_await connect_within(socket, {addresses[i], port}, share);
        if (!problem.empty()) continue;
        close_on_exec(socket);
        event.allowed = true;
        co_return Dialed{Dialed::End::connected, std::move(socket), ""};
    }
    co_return failed(event, Dialed::End::not_reached, "not reached: " + problem,
                     fmt::format("{} is allowed, but could not be reached: {}.", target, problem));
}

}  // namespace heddle::sandbox
