// sandbox/net/socks.h: The two messages that a SOCKS5 client sends, and the replies (RFC 1928).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sandbox {

enum class SocksReply : std::uint8_t {
    succeeded = 0,
    failed = 1,
    not_allowed = 2,
    host_unreachable = 4,
    connection_refused = 5,
    command_not_supported = 7,
    address_type_not_supported = 8,
};

struct SocksGreeting {
    std::size_t size = 0;  // of the message; 0 while more bytes are needed
    bool is_socks5 = true;
    bool offers_no_password = false;
};

struct SocksRequest {
    std::size_t size = 0;                        // of the message; 0 while more bytes are needed
    SocksReply refusal = SocksReply::succeeded;  // what else it is than a CONNECT that can be read
    std::string host;                            // as sent, not yet a normal host
    std::uint16_t port = 0;
};

SocksGreeting read_socks_greeting(std::string_view bytes);
SocksRequest read_socks_request(std::string_view bytes);

std::string socks_method(bool accepted);    // the answer to a greeting
std::string socks_reply(SocksReply reply);  // the answer to a request

}  // namespace heddle::sandbox
