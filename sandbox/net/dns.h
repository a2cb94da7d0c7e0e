// sandbox/net/dns.h: Answers a DNS question out of the rules, without asking anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/net/fake_addresses.h"
#include "sandbox/net/rules.h"

namespace heddle::sandbox {

struct DnsAnswer {
    std::string packet;
    std::string refused_name;  // printable; set when an address was asked for and the name is not allowed
};

// A of an allowed name: a fake address; AAAA: an empty answer; a name that is not allowed: REFUSED; other types:
// NOTIMP. Nothing for what is no query at all: it is dropped.
std::optional<DnsAnswer> answer_dns(std::string_view query, const NetRules& rules, FakeAddresses& addresses);

}  // namespace heddle::sandbox
