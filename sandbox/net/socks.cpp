// sandbox/net/socks.cpp: Reads RFC 1928 sections 3 and 4; only CONNECT without a password is served.
#include "sandbox/net/socks.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace heddle::sandbox {

namespace {

constexpr unsigned version = 5, command_connect = 1;
constexpr unsigned type_v4 = 1, type_name = 3, type_v6 = 4;
constexpr std::size_t head_size = 4, port_size = 2;

unsigned byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

template <typename Address>
std::string address_text(std::string_view bytes) {
    typename Address::bytes_type raw;
    std::copy_n(bytes.begin(), raw.size(), raw.begin());
    return Address(raw).to_string();
}

}  // namespace

SocksGreeting read_socks_greeting(std::string_view bytes) {
    SocksGreeting greeting;
    if (bytes.empty()) return greeting;
    greeting.is_socks5 = byte_at(bytes, 0) == version;
    if (!greeting.is_socks5 || bytes.size() < 2) return greeting;
    const std::size_t size = 2 + byte_at(bytes, 1);
    if (bytes.size() < size) return greeting;
    greeting.size = size;
    greeting.offers_no_password = bytes.substr(2, size - 2).find('\0') != std::string_view::npos;
    return greeting;
}

SocksRequest read_socks_request(std::string_view bytes) {
    SocksRequest request;
    if (bytes.size() < head_size + 1) return request;
    const unsigned type = byte_at(bytes, 3);
    if (byte_at(bytes, 0) != version || (type != type_v4 && type != type_name && type != type_v6)) {
        request.size = bytes.size();
        request.refusal = byte_at(bytes, 0) != version ? SocksReply::failed : SocksReply::address_type_not_supported;
        return request;
    }
    const std::size_t before = type == type_name ? head_size + 1 : head_size;
    const std::size_t length = type == type_name ? byte_at(bytes, head_size) : type == type_v4 ? 4 : 16;
    if (bytes.size() < before + length + port_size) return request;
    request.size = before + length + port_size;
    if (byte_at(bytes, 1) != command_connect) request.refusal = SocksReply::command_not_supported;

    const std::string_view address = bytes.substr(before, length);
    request.host = type == type_name ? std::string(address)
                   : type == type_v4 ? address_text<boost::asio::ip::address_v4>(address)
                                     : address_text<boost::asio::ip::address_v6>(address);
    request.port =
        static_cast<std::uint16_t>(byte_at(bytes, before + length) << 8 | byte_at(bytes, before + length + 1));
    if (request.port == 0 && request.refusal == SocksReply::succeeded) request.refusal = SocksReply::failed;
    return request;
}

std::string socks_method(bool accepted) {
    return accepted ? std::string("\x05\x00", 2) : std::string("\x05\xff", 2);
}

std::string socks_reply(SocksReply reply) {
    std::string bytes("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
                      10);  // bound to 0.0.0.0:0: where from is nobody's business
    bytes[1] = static_cast<char>(reply);
    return bytes;
}

}  // namespace heddle::sandbox
