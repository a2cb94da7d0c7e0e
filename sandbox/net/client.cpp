// sandbox/net/client.cpp: Reads and writes that end as values.
#include "sandbox/net/client.h"

#include <fcntl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t read_size = 4096, discarded_max = 1 << 20;

}  // namespace

Deadline::Deadline(asio::ip::tcp::socket& socket) : socket_(socket), timer_(socket.get_executor()) {}

void Deadline::set(std::chrono::milliseconds from_now) {
    timer_.expires_after(from_now);
    timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const error_code& error) {
        if (error || alive.expired() || timer_.expiry() > std::chrono::steady_clock::now()) return;
        has_passed_ = true;
        for (auto* socket : {&socket_, other_}) {
            if (!socket) continue;
            error_code ignored;
            socket->cancel(ignored);
            socket->shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
        }
    });
}

void close_on_exec(asio::ip::tcp::socket& socket) {
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

asio::awaitable<bool> Client::read_more() {
    std::array<char, read_size> bytes;
    error_code error;
    const std::size_t count =
        co_await socket.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    ahead.append(bytes.data(), count);
    co_return !error && !deadline.has_passed();
}

asio::awaitable<bool> Client::write(std::string_view bytes) {
    error_code error;
    co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

asio::awaitable<void> Client::finish() {
    error_code ignored;
    socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    for (std::size_t discarded = 0; discarded < discarded_max; discarded += ahead.size()) {
        ahead.clear();
        if (!co_await read_more()) break;
    }
}

}  // namespace heddle::sandbox
