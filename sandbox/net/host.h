// sandbox/net/host.h: The one spelling of a host: a name in lower case, or an address as the kernel prints it.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sandbox {

struct Authority {
    std::string host;  // as normal_host() gives it, without brackets
    std::optional<std::uint16_t> port;
};

// ASCII names of letters, digits, '-' and '_', one dot at the end taken off; dotted IPv4 in four decimal numbers; IPv6
// without a zone. Nothing else is a host, above all no number that some resolvers read as an address (2852039166,
// 0x7f.1, 127.1, 017700000001). `why` gets a sentence.
std::optional<std::string> normal_host(std::string_view text, std::string* why);

// "host", "host:port", "[v6]" or "[v6]:port".
std::optional<Authority> parse_authority(std::string_view text, std::string* why);
std::optional<std::uint16_t> parse_port(std::string_view text);  // 1 to 65535, decimal

std::optional<boost::asio::ip::address> as_address(const std::string& host);  // of a normal host; none for a name
std::string with_port(const std::string& host, std::uint16_t port);           // IPv6 in brackets

std::string plain_line(std::string_view hostile);  // ASCII without controls, at most 100 characters, for a message

}  // namespace heddle::sandbox
