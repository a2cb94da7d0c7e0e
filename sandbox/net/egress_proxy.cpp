// sandbox/net/egress_proxy.cpp: One thread with one event loop; a coroutine for each socket and each connection.
#include "sandbox/net/egress_proxy.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <list>
#include <thread>

#include "sandbox/error.h"
#include "sandbox/net/dialer.h"
#include "sandbox/net/fake_addresses.h"
#include "sandbox/net/http_head.h"
#include "sandbox/net/sessions.h"

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using Serve = asio::awaitable<void> (*)(Client&, ProxyParts);

constexpr std::chrono::milliseconds after_error{100};  // an error that stays must not become a busy loop

int option_of(const Fd& socket, int option, const char* what) {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(socket.get(), SOL_SOCKET, option, &value, &size) != 0)
        throw Error(fmt::format("take over the guest's {} socket", what), errno);
    return value;
}

void check(const Fd& socket, int type, const char* what) {
    const bool fits = option_of(socket, SO_DOMAIN, what) == AF_INET && option_of(socket, SO_TYPE, what) == type &&
                      (type == SOCK_DGRAM || option_of(socket, SO_ACCEPTCONN, what) == 1);
    if (fits) return;
    throw Error(fmt::format("take over the guest's {} socket: it is not {} over IPv4; this is a bug in the keeper",
                            what, type == SOCK_DGRAM ? "UDP" : "a listening TCP socket"));
}

}  // namespace

class EgressProxy::House {
 public:
    House(ProxyListeners listeners, NetRules rules, NetEventSink on_event, ProxyLimits limits, Resolve resolve)
        : rules_(std::move(rules)),
          limits_(limits),
          log_(std::move(on_event)),
          loop_(std::make_unique<asio::io_context>(1)),
          dialer_(std::make_unique<Dialer>(*loop_, rules_, limits_, std::move(resolve))) {
        listen(std::move(listeners.http), "HTTP", &serve_http);
        listen(std::move(listeners.socks), "SOCKS", &serve_socks);
        listen(std::move(listeners.dns_tcp), "DNS (TCP)", static_cast<Serve>(&serve_dns));
        if (listeners.dns_udp) {
            check(listeners.dns_udp, SOCK_DGRAM, "DNS (UDP)");
            udp::socket& socket = packets_.emplace(*loop_, udp::v4(), listeners.dns_udp.get());
            listeners.dns_udp.release();
            socket.native_non_blocking(true);
            asio::co_spawn(*loop_, serve_dns(socket, parts()), asio::detached);
        }
        thread_ = std::thread([this] { loop_->run(); });
    }

    ~House() { stop(); }

    void stop() {
        if (!loop_) return;
        loop_->stop();
        thread_.join();
        dialer_.reset();  // no answer of a name server is posted to the loop after this
        packets_.reset();
        acceptors_.clear();
        loop_.reset();  // destroys the coroutines that still wait; the records in them become events
    }

    NetEventLog& log() { return log_; }
    const FakeAddresses& addresses() const { return addresses_; }

 private:
    ProxyParts parts() { return {rules_, limits_, *dialer_, addresses_, log_}; }

    void listen(Fd socket, const char* what, Serve serve) {
        if (!socket) return;
        check(socket, SOCK_STREAM, what);
        tcp::acceptor& acceptor = acceptors_.emplace_back(*loop_, tcp::v4(), socket.get());
        socket.release();
        asio::co_spawn(*loop_, accept(acceptor, serve), asio::detached);
    }

    asio::awaitable<void> accept(tcp::acceptor& acceptor, Serve serve) {
        while (true) {
            error_code error;
            tcp::socket socket(*loop_);
            co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
            if (error) {
                asio::steady_timer pause(*loop_, after_error);
                co_await pause.async_wait(asio::use_awaitable);
            } else if (connections_ >= limits_.connections_max) {
                turn_away(socket, serve);
            } else {
                ++connections_;
                asio::co_spawn(*loop_, converse(std::move(socket), serve), [this](const std::exception_ptr& problem) {
                    --connections_;
                    if (problem) note_failure(problem);
                });
            }
        }
    }

    asio::awaitable<void> converse(tcp::socket socket, Serve serve) {
        Client client(std::move(socket));
        co_await serve(client, parts());
        client.deadline.set(limits_.head_time);
        co_await client.finish();
    }

    void turn_away(tcp::socket& socket, Serve serve) {
        const std::string reason = fmt::format("more than {} connections at once", limits_.connections_max);
        NetRecord(log_).event.reason = reason;
        error_code ignored;
        socket.non_blocking(true, ignored);
        if (serve == &serve_http)
            socket.send(
                asio::buffer(http_refusal(503, "Too many connections", "The sandbox's proxy serves no " + reason)), 0,
                ignored);
    }

    void note_failure(const std::exception_ptr& problem) {
        NetRecord record(log_);
        try {
            std::rethrow_exception(problem);
        } catch (const std::exception& error) {
            record.event.reason = fmt::format("the proxy failed: {}", error.what());
        }
    }

    const NetRules rules_;
    const ProxyLimits limits_;
    NetEventLog log_;
    FakeAddresses addresses_;
    std::size_t connections_ = 0;
    std::unique_ptr<asio::io_context> loop_;
    std::unique_ptr<Dialer> dialer_;
    std::list<tcp::acceptor> acceptors_;
    std::optional<udp::socket> packets_;
    std::thread thread_;
};

EgressProxy::EgressProxy(ProxyListeners listeners, NetRules rules, NetEventSink on_event, ProxyLimits limits,
                         Resolve resolve)
    : house_(std::make_unique<House>(std::move(listeners), std::move(rules), std::move(on_event), limits,
                                     std::move(resolve))) {}

EgressProxy::~EgressProxy() = default;

void EgressProxy::stop() {
    house_->stop();
}

std::vector<NetEvent> EgressProxy::events() const {
    return house_->log().events();
}

std::optional<std::string> EgressProxy::name_of(const boost::asio::ip::address_v4& fake_address) const {
    return house_->addresses().name_of(fake_address);
}

}  // namespace heddle::sandbox
