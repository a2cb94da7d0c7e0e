// tests/sandbox/net/proxy_house.h: A proxy with its guest's side on this machine's loopback.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sandbox/net/egress_proxy.h"
#include "tests/sandbox/net/hosts_inside.h"

namespace hosts_inside {

using heddle::sandbox::EgressProxy, heddle::sandbox::NetEvent, heddle::sandbox::NetRules;
using heddle::sandbox::ProxyLimits, heddle::sandbox::ProxyListeners, heddle::sandbox::Resolution,
    heddle::sandbox::Resolve;

inline Resolution addresses(std::initializer_list<const char*> texts) {
    Resolution found;
    for (const char* text : texts) found.addresses.push_back(boost::asio::ip::make_address(text));
    return found;
}

inline Resolution loopback(const std::string&) {
    return addresses({"127.0.0.1"});
}

// A proxy with its guest's side: the ports, and the events as they come.
struct House {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::string> lines;
    std::uint16_t http = 0, socks = 0, dns_tcp = 0, dns_udp = 0;
    std::unique_ptr<EgressProxy> proxy;

    explicit House(const std::vector<std::string>& allow, Resolve resolve = loopback, ProxyLimits limits = {},
                   bool allow_private = true, std::vector<std::uint16_t> tls_ports = {443}) {
        NetRules rules;
        rules.tls_ports = std::move(tls_ports);
        for (const auto& text : allow) rules.allow.push_back(heddle::sandbox::parse_net_rule(text, nullptr).value());
        rules.allow_private = allow_private;
        ProxyListeners sockets{bound(SOCK_STREAM), bound(SOCK_STREAM), bound(SOCK_STREAM), bound(SOCK_DGRAM)};
        http = port_of(sockets.http), socks = port_of(sockets.socks);
        dns_tcp = port_of(sockets.dns_tcp), dns_udp = port_of(sockets.dns_udp);
        const auto note = [this](const NetEvent& event) {
            const std::lock_guard lock(mutex);
            lines.push_back(describe(event));
            came.notify_all();
        };
        proxy = std::make_unique<EgressProxy>(std::move(sockets), std::move(rules), note, limits, std::move(resolve));
    }

    // The events, once there are as many.
    std::vector<std::string> events(std::size_t count) {
        std::unique_lock lock(mutex);
        came.wait_for(lock, std::chrono::milliseconds(wait_max_ms), [&] { return lines.size() >= count; });
        REQUIRE(lines.size() >= count);
        return lines;
    }
    std::string ask(std::string_view request) const {
        const Fd guest = connect_to(http);
        send_all(guest, request);
        return read_to_end(guest);
    }
};

inline std::string connect_request(const std::string& target) {
    return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n";
}

inline bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

inline const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace hosts_inside
