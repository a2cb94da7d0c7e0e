// sandbox/net/relay.cpp: Two loops of read and write that end each other.
#include "sandbox/net/relay.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "sandbox/net/client_hello.h"

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t buffer_size = 32 * 1024;

class Relay {
 public:
    Relay(Client& client, tcp::socket& server, NetEvent& event, const ProxyLimits& limits, HttpExchange* exchange)
        : client_(client), server_(server), event_(event), limits_(limits), exchange_(exchange) {}

    asio::awaitable<void> run() {
        using namespace asio::experimental::awaitable_operators;
        client_.deadline.set(limits_.idle_time);
        client_.deadline.ends_too(&server_);
        co_await (to_server() && to_client());
        client_.deadline.ends_too(nullptr);
    }

 private:
    void end_both() {
        error_code ignored;
        client_.socket.shutdown(tcp::socket::shutdown_both, ignored);
        server_.shutdown(tcp::socket::shutdown_both, ignored);
    }

    asio::awaitable<bool> write_to_server(std::string_view bytes) {
        error_code error;
        event_.bytes_out +=
            co_await asio::async_write(server_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
        if (error && exchange_) is_answered_ = true;  // a server need not read all of a request that it refuses
        co_return !error;
    }

    asio::awaitable<bool> send_to_server(std::string_view bytes) {
        const std::size_t count = exchange_ ? exchange_->body.take(bytes) : bytes.size();
        if (!co_await write_to_server(bytes.substr(0, count))) co_return false;
        // Some clients end a form with a line end that its length does not count (RFC 9112 2.2 lets servers skip it).
        const bool rest_is_harmless = bytes.find_first_not_of("\r\n", count) == std::string_view::npos &&
                                      !(exchange_ && exchange_->body.is_broken());
        if (!rest_is_harmless) event_.reason = "more came after the request";
        co_return rest_is_harmless;
    }

    asio::awaitable<void> to_server() {
        bool goes_on = !exchange_ || co_await write_to_server(exchange_->head);
        goes_on = goes_on && co_await send_to_server(client_.ahead);
        client_.ahead.clear();
        std::vector<char> bytes(buffer_size);
        while (goes_on) {
            error_code error;
            const std::size_t count = co_await client_.socket.async_read_some(
                asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::eof && !client_.deadline.has_passed()) {
                error_code ignored;
                server_.shutdown(tcp::socket::shutdown_send, ignored);
                co_return;  // the answer may still come
            }
            if (error) break;
            client_.deadline.set(limits_.idle_time);
            goes_on = co_await send_to_server({bytes.data(), count});
        }
        if (!is_answered_) end_both();
    }

    asio::awaitable<void> to_client() {
        std::vector<char> bytes(buffer_size);
        while (true) {
            error_code error;
            const std::size_t count =
                co_await server_.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::eof) {
                error_code ignored;
                client_.socket.shutdown(tcp::socket::shutdown_send, ignored);
                // A request that is answered to its end is over; a tunnel may still be open the other way.
                if (!exchange_) co_return;
                is_answered_ = true;
                client_.socket.cancel(ignored);
                server_.shutdown(tcp::socket::shutdown_both, ignored);
                co_return;
            }
            if (error) break;
            client_.deadline.set(limits_.idle_time);
            if (!co_await client_.write({bytes.data(), count})) break;
            event_.bytes_in += count;
        }
        end_both();
    }

    Client& client_;
    tcp::socket& server_;
    NetEvent& event_;
    const ProxyLimits& limits_;
    HttpExchange* exchange_;
    bool is_answered_ = false;  // nothing more of the request has to go out; what was answered must still arrive
};

}  // namespace

asio::awaitable<void> relay(Client& client, tcp::socket& server, NetEvent& event, const ProxyLimits& limits,
                            HttpExchange* exchange) {
    Relay both(client, server, event, limits, exchange);
    co_await both.run();
}

asio::awaitable<void> relay_tls(Client& client, tcp::socket& server, NetEvent& event, const ProxyLimits& limits) {
    client.deadline.set(limits.head_time);
    ClientHelloReader hello;
    auto state = hello.add(client.ahead);
    while (state == ClientHelloReader::State::more) {
        const std::size_t before = client.ahead.size();
        if (!co_await client.read_more()) {
            event.reason = "no TLS hello came";
            co_return;
        }
        state = hello.add(std::string_view(client.ahead).substr(before));
    }
    std::string why = state == ClientHelloReader::State::malformed
                          ? "it sent " + hello.problem()
                          : refuse_server_name(hello.server_name(), event.host);
    if (why.empty()) co_return co_await relay(client, server, event, limits);
    event.allowed = false;
    event.reason = std::move(why);
    co_await client.write(tls_alert_access_denied());
}

}  // namespace heddle::sandbox
