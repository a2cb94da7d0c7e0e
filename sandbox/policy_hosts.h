// sandbox/policy_hosts.h: Which hosts a policy names: "host", "*.host", an address; each with a port or without.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sandbox {

struct HostPattern {
    std::string host;                   // lower case; "*.host" is every name below host, and not host itself
    std::optional<std::uint16_t> port;  // none: the web's, 443 and 80; in a denial every port

    bool operator==(const HostPattern&) const = default;
};

// Nothing if the text is no pattern; `why` then says in words what is.
std::optional<HostPattern> parse_host_pattern(std::string_view text, std::string& why);
std::string to_string(const HostPattern& pattern);

// What both allow.
std::optional<HostPattern> intersection(const HostPattern& a, const HostPattern& b);

// As allowances: `outer` allows whatever `inner` does.
bool covers(const HostPattern& outer, const HostPattern& inner);
// As denials: the same, but without a port every port is meant.
bool covers_as_denial(const HostPattern& outer, const HostPattern& inner);

}  // namespace heddle::sandbox
