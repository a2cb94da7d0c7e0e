// sandbox/net/client.h: A guest's end of a connection: its socket, what was read ahead, and its deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace heddle::sandbox {

// Shuts its sockets down when its time is over, so that whoever waits for them goes on with an error or the end of the
// stream.
class Deadline {
 public:
    explicit Deadline(boost::asio::ip::tcp::socket& socket);
    Deadline(const Deadline&) = delete;

    void set(std::chrono::milliseconds from_now);
    void ends_too(boost::asio::ip::tcp::socket* other) { other_ = other; }  // null: no longer
    bool has_passed() const { return has_passed_; }

 private:
    boost::asio::ip::tcp::socket& socket_;
    boost::asio::ip::tcp::socket* other_ = nullptr;
    boost::asio::steady_timer timer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a handler may be on its way when this ends
    bool has_passed_ = false;
};

void close_on_exec(boost::asio::ip::tcp::socket& socket);  // which Asio does not ask for

struct Client {
    explicit Client(boost::asio::ip::tcp::socket connection) : socket(std::move(connection)), deadline(socket) {
        close_on_exec(socket);
    }

    boost::asio::awaitable<bool> read_more();  // appends to `ahead`; false at the end, at the deadline, or on an error
    boost::asio::awaitable<bool> write(std::string_view bytes);
    // Ends the stream to the guest, then waits until it has closed too or the deadline passes: closing while it still
    // sends would take back the last words.
    boost::asio::awaitable<void> finish();

    boost::asio::ip::tcp::socket socket;
    std::string ahead;  // read, but not yet consumed
    Deadline deadline;
};

}  // namespace heddle::sandbox
