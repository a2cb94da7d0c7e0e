// tests/support/page_server.h: A server on this machine's loopback that answers with whatever bytes a test wants.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/net/rules.h"
#include "tools/web/pace.h"

namespace heddle::test {

class PageServer {
 public:
    // One connection. What is sent to somebody who has gone is not sent.
    class Talk {
     public:
        Talk(const sandbox::Fd& socket, const std::atomic<bool>& ends) : socket_(socket), ends_(ends) {}

        bool send(std::string_view bytes) const {  // false: they have gone
            while (!bytes.empty() && !ends_) {
                const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent <= 0) return false;
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            }
            return !ends_;
        }
        void page(std::string_view body, std::string_view type = "text/html", std::string_view more = "") const {
            send(fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}", type, body.size(),
                             more, body));
        }
        void redirect(std::string_view to) const {
            send(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", to));
        }
        void status(int code) const {
            send(fmt::format("HTTP/1.1 {} Of a test\r\nContent-Length: 4\r\n\r\ngone", code));
        }

     private:
        const sandbox::Fd& socket_;
        const std::atomic<bool>& ends_;
    };
    using Answer = std::function<void(const Talk& talk, const std::string& path)>;

    explicit PageServer(Answer answer) : answer_(std::move(answer)) {
        listener_ = sandbox::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
            ::getsockname(listener_.get(), any, &size) != 0)
            throw std::runtime_error("cannot make a server for the test");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~PageServer() {
        ends_ = true;
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
        for (auto& thread : talks_) thread.join();
    }

    std::uint16_t port() const { return port_; }
    std::string url(const std::string& path = "/") const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
    std::vector<std::string> heads() const {  // of all requests so far
        const std::lock_guard lock(mutex_);
        return heads_;
    }

 private:
    void serve() {
        while (!ends_) {
            sandbox::Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!socket) continue;
            const timeval patience{0, 200'000};  // so that one who reads nothing holds up no test
            ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            talks_.emplace_back([this, owned = std::move(socket)] { talk(owned); });
        }
    }
    void talk(const sandbox::Fd& socket) {
        std::string head;
        char chunk[4096];
        while (head.find("\r\n\r\n") == std::string::npos && !ends_) {
            const ssize_t size = ::recv(socket.get(), chunk, sizeof chunk, 0);
            if (size == 0) return;
            if (size > 0) head.append(chunk, static_cast<std::size_t>(size));
        }
        {
            const std::lock_guard lock(mutex_);
            heads_.push_back(head);
        }
        const std::size_t begin = head.find(' ') + 1;
        answer_(Talk(socket, ends_), head.substr(begin, head.find(' ', begin) - begin));
        ::shutdown(socket.get(), SHUT_WR);
    }

    Answer answer_;
    sandbox::Fd listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> ends_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> heads_;
    std::thread thread_;
    std::list<std::thread> talks_;
};

// A network policy that reaches this server, which is where no page may be but in a test.
inline sandbox::NetRules rules_for(const PageServer& server) {
    sandbox::NetRules rules;
    rules.allow = {{"127.0.0.1", server.port()}};
    rules.allow_private = true;
    return rules;
}

inline std::shared_ptr<tools::web::Pace> no_pace() {
    return std::make_shared<tools::web::Pace>(std::chrono::milliseconds(0));
}

}  // namespace heddle::test
