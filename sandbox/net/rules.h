// sandbox/net/rules.h: Which hosts and ports a guest may reach through the proxy, decided by name alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sandbox {

struct NetRule {
    std::string host;  // a normal host (sandbox/net/host.h): a name, an address, or "*." and a name
    std::optional<std::uint16_t> port;

    bool operator==(const NetRule&) const = default;
};

// "host[:port]", "*.host[:port]", "[v6][:port]"; `why` gets a sentence when it is none of these.
std::optional<NetRule> parse_net_rule(std::string_view text, std::string* why);
std::string to_text(const NetRule& rule);

// Which of two rules is the narrower. Without a port an allowance means the web's, as NetRules says, and a denial every
// one.
std::optional<NetRule> intersection(const NetRule& a, const NetRule& b);  // what both allow
bool covers(const NetRule& outer, const NetRule& inner);                  // it allows whatever `inner` does
bool covers_as_denial(const NetRule& outer, const NetRule& inner);

struct NetRules {
    std::vector<NetRule> allow;                         // empty: nothing
    std::vector<NetRule> deny;                          // beats allow
    std::vector<std::uint16_t> connect_ports{443, 80};  // for rules that name no port
    std::vector<std::uint16_t> tls_ports{443};          // a tunnel to one must begin with TLS that names its host
    // Opens loopback and private networks of the HOST to every allowed name: whoever answers for such a name chooses
    // which local service the guest talks to. Only for tests and for the local-services tag.
    bool allow_private = false;
};

struct NetDecision {
    bool allowed = false;
    std::string reason;  // short, for the log: "not in net.allow"
    std::string words;   // a sentence that a model can act on
};

// `host` as the guest wrote it, without brackets. "*.a.com" is x.a.com and y.x.a.com, but not a.com; an address is
// allowed only by a rule with this address.
NetDecision decide(const NetRules& rules, std::string_view host, std::uint16_t port);

// Whether the name may be reached on some port: what a DNS answer needs to know.
bool may_be_named(const NetRules& rules, std::string_view name);

// "" or why an address that an allowed name resolved to is denied by its own number.
std::string denied_address(const NetRules& rules, const std::string& address, std::uint16_t port);

}  // namespace heddle::sandbox
