// sandbox/policy_hosts.cpp: Compares rules over hosts, as text and by port.
#include "sandbox/policy_hosts.h"

#include <algorithm>
#include <string_view>

namespace heddle::sandbox {

namespace {

constexpr std::string_view any_below = "*.";

bool is_web(std::uint16_t port) {
    const std::vector<std::uint16_t> ports = NetRules{}.connect_ports;
    return std::find(ports.begin(), ports.end(), port) != ports.end();
}

bool host_covers(std::string_view outer, std::string_view inner) {
    if (outer == inner) return true;
    if (outer.substr(0, any_below.size()) != any_below) return false;
    const std::string_view ending = outer.substr(1);  // ".host"
    return inner.size() > ending.size() && inner.substr(inner.size() - ending.size()) == ending;
}

}  // namespace

std::optional<NetRule> intersection(const NetRule& a, const NetRule& b) {
    NetRule both;
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

bool covers(const NetRule& outer, const NetRule& inner) {
    return intersection(outer, inner) == inner;
}

bool covers_as_denial(const NetRule& outer, const NetRule& inner) {
    return host_covers(outer.host, inner.host) && (!outer.port || outer.port == inner.port);
}

}  // namespace heddle::sandbox
