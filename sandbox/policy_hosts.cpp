// sandbox/policy_hosts.cpp: Reads host patterns, and says which of two is the narrower.
#include "sandbox/policy_hosts.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace heddle::sandbox {

namespace {

constexpr std::size_t name_max = 253, label_max = 63;  // RFC 1035
constexpr std::string_view any_below = "*.";

bool is_web(std::uint16_t port) {
    return port == 443 || port == 80;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool is_name(std::string_view name) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    if (name.empty() || name.size() > name_max) return false;
    std::string_view label;
    for (std::size_t at = 0; at <= name.size(); at += label.size() + 1) {
        label = name.substr(at, name.find('.', at) - at);
        if (label.empty() || label.size() > label_max || label.find_first_not_of(letters) != label.npos) return false;
    }
    // "127.1" and "0x7f.1" are addresses to some resolvers; only the plain spelling of an address is one here.
    in_addr address{};
    if (is_digits(label) || label.rfind("0x", 0) == 0)
        return ::inet_pton(AF_INET, std::string(name).c_str(), &address) == 1;
    return true;
}

std::optional<std::string> address_of(std::string_view text) {
    in6_addr address{};
    char canonical[INET6_ADDRSTRLEN];
    if (::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
    return fmt::format("[{}]", ::inet_ntop(AF_INET6, &address, canonical, sizeof canonical));
}

bool host_covers(std::string_view outer, std::string_view inner) {
    if (outer == inner) return true;
    if (outer.substr(0, any_below.size()) != any_below) return false;
    const std::string_view ending = outer.substr(1);  // ".host"
    return inner.size() > ending.size() && inner.substr(inner.size() - ending.size()) == ending;
}

}  // namespace

std::optional<HostPattern> parse_host_pattern(std::string_view text, std::string& why) {
    why = "a host as \"example.com\", \"*.example.com\", \"192.0.2.1\" or \"[2001:db8::1]\", with \":port\" or without";
    std::string host(text);
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    HostPattern pattern;
    const std::size_t bracket = host.rfind(']'), colon = host.rfind(':');
    if (colon != host.npos && (bracket == host.npos || colon > bracket)) {
        pattern.port = port_of(std::string_view(host).substr(colon + 1));
        if (!pattern.port) return std::nullopt;
        host.resize(colon);
    }
    if (!host.empty() && host.front() == '[') {
        if (host.back() != ']') return std::nullopt;
        const auto address = address_of(std::string_view(host).substr(1, host.size() - 2));
        if (!address) return std::nullopt;
        pattern.host = *address;
        return pattern;
    }
    if (!host.empty() && host.back() == '.') host.pop_back();
    const bool below = host.rfind(any_below, 0) == 0;
    const std::string_view name = std::string_view(host).substr(below ? any_below.size() : 0);
    if (!is_name(name) || (below && is_digits(name.substr(name.rfind('.') + 1)))) return std::nullopt;
    pattern.host = host;
    return pattern;
}

std::string to_string(const HostPattern& pattern) {
    return pattern.port ? fmt::format("{}:{}", pattern.host, *pattern.port) : pattern.host;
}

std::optional<HostPattern> intersection(const HostPattern& a, const HostPattern& b) {
    HostPattern both;
    if (host_covers(a.host, b.host))
        both.host = b.host;
    else if (host_covers(b.host, a.host))
        both.host = a.host;
    else
        return std::nullopt;
    both.port = a.port ? a.port : b.port;
    const bool shared = a.port && b.port ? *a.port == *b.port : !both.port || is_web(*both.port);
    return shared ? std::optional(both) : std::nullopt;
}

bool covers(const HostPattern& outer, const HostPattern& inner) {
    return intersection(outer, inner) == inner;
}

bool covers_as_denial(const HostPattern& outer, const HostPattern& inner) {
    return host_covers(outer.host, inner.host) && (!outer.port || outer.port == inner.port);
}

}  // namespace heddle::sandbox
