// sandbox/net/rules.cpp: Matches hosts against rules and rules against each other, and says in words why one is
// refused.
#include "sandbox/net/rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "sandbox/net/host.h"

namespace heddle::sandbox {

namespace {

constexpr std::string_view wildcard = "*.";

// Whether a rule's host means this one, or all that another rule's host means.
bool host_covers(std::string_view outer, const std::string& inner) {
    if (outer == inner) return true;
    if (outer.substr(0, wildcard.size()) != wildcard) return false;
    const std::string_view ending = outer.substr(1);  // with its dot
    return inner.size() > ending.size() && inner.ends_with(ending) && !as_address(inner);
}

bool is_web(std::uint16_t port) {
    const std::vector<std::uint16_t> ports = NetRules{}.connect_ports;
    return std::find(ports.begin(), ports.end(), port) != ports.end();
}

bool is_denied(const NetRules& rules, const std::string& host, std::uint16_t port) {
    return std::any_of(rules.deny.begin(), rules.deny.end(), [&](const NetRule& rule) {
        return host_covers(rule.host, host) && rule.port.value_or(port) == port;
    });
}

bool opens(const NetRules& rules, const NetRule& rule, std::uint16_t port) {
    if (rule.port) return *rule.port == port;
    return std::find(rules.connect_ports.begin(), rules.connect_ports.end(), port) != rules.connect_ports.end();
}

// "(allowed: a, b)", bounded: the list goes into the context of a model.
std::string what_is_allowed(const NetRules& rules) {
    constexpr std::size_t shown_max = 12;
    if (rules.allow.empty()) return "(no host is allowed)";
    std::string list;
    for (std::size_t i = 0; i < rules.allow.size() && i < shown_max; ++i)
        list += (i == 0 ? "" : ", ") + to_text(rules.allow[i]);
    if (rules.allow.size() > shown_max) list += fmt::format(" and {} more", rules.allow.size() - shown_max);
    return "(allowed: " + list + ")";
}

}  // namespace

std::optional<NetRule> parse_net_rule(std::string_view text, std::string* why) {
    const bool is_wildcard = text.substr(0, wildcard.size()) == wildcard;
    if (!is_wildcard && text.find('*') != std::string_view::npos) {
        if (why) *why = "a '*' stands only in front, as in *.example.com";
        return std::nullopt;
    }
    auto authority = parse_authority(is_wildcard ? text.substr(wildcard.size()) : text, why);
    if (!authority) return std::nullopt;
    if (!is_wildcard) return NetRule{std::move(authority->host), authority->port};
    if (as_address(authority->host)) {
        if (why) *why = "'*.' stands before a name, not before an address";
        return std::nullopt;
    }
    return NetRule{std::string(wildcard) + authority->host, authority->port};
}

std::string to_text(const NetRule& rule) {
    if (rule.port) return with_port(rule.host, *rule.port);
    return rule.host.find(':') == std::string::npos ? rule.host : "[" + rule.host + "]";
}

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

NetDecision decide(const NetRules& rules, std::string_view host, std::uint16_t port) {
    std::string why;
    const auto normal = normal_host(host, &why);
    if (!normal) return {false, "not a host that a rule can list", "The sandbox refused the host: " + why + "."};
    const std::string target = with_port(*normal, port);
    if (is_denied(rules, *normal, port))
        return {false, "in net.deny", target + " is on the list of denied hosts of this session. Go on without it."};
    bool host_is_listed = false;
    for (const NetRule& rule : rules.allow) {
        if (!host_covers(rule.host, *normal)) continue;
        if (opens(rules, rule, port)) return {true, "", ""};
        host_is_listed = true;
    }
    if (host_is_listed)
        return {false, fmt::format("port {} is not open in net.allow", port),
                fmt::format("{} is allowed in this session, but not its port {} {}. Ask the user to allow {}.", *normal,
                            port, what_is_allowed(rules), target)};
    return {false, "not in net.allow",
            fmt::format("{} is not in the allowed hosts of this session {}. Ask the user to allow it.", target,
                        what_is_allowed(rules))};
}

bool may_be_named(const NetRules& rules, std::string_view name) {
    const auto normal = normal_host(name, nullptr);
    if (!normal || as_address(*normal)) return false;
    return std::any_of(rules.allow.begin(), rules.allow.end(), [&](const NetRule& rule) {
        if (!host_covers(rule.host, *normal)) return false;
        if (rule.port) return !is_denied(rules, *normal, *rule.port);
        return std::any_of(rules.connect_ports.begin(), rules.connect_ports.end(),
                           [&](std::uint16_t port) { return !is_denied(rules, *normal, port); });
    });
}

std::string denied_address(const NetRules& rules, const std::string& address, std::uint16_t port) {
    return is_denied(rules, address, port) ? "an address in net.deny" : "";
}

}  // namespace heddle::sandbox
