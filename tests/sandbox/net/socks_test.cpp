// tests/sandbox/net/socks_test.cpp: SOCKS5 messages, whole, cut, and not served.
#include "sandbox/net/socks.h"

#include <doctest.h>

using namespace heddle::sandbox;

namespace {

const std::string name_request(
    "\x05\x01\x00\x03\x05"
    "a.com\x01\xbb",
    12);
const std::string v4_request("\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50", 10);
const std::string v6_request =
    std::string("\x05\x01\x00\x04", 4) + std::string(15, '\0') + std::string("\x01\x00\x50", 3);

}  // namespace

TEST_CASE("net socks: names and addresses are read, and need all their bytes") {
    const SocksRequest name = read_socks_request(name_request + "more");
    CHECK(name.size == 12);
    CHECK(name.host == "a.com");
    CHECK(name.port == 443);
    CHECK(name.refusal == SocksReply::succeeded);
    CHECK(read_socks_request(v4_request).host == "127.0.0.1");
    CHECK(read_socks_request(v4_request).port == 80);
    CHECK(read_socks_request(v6_request).host == "::1");
    for (const std::string& request : {name_request, v4_request, v6_request})
        for (std::size_t size = 0; size < request.size(); ++size)
            CHECK(read_socks_request(request.substr(0, size)).size == 0);
}

TEST_CASE("net socks: BIND, UDP, other addresses and other versions are refused") {
    const auto refusal = [](std::string request, std::size_t at, char byte) {
        request[at] = byte;
        const SocksRequest read = read_socks_request(request);
        CHECK(read.size != 0);
        return read.refusal;
    };
    CHECK(refusal(name_request, 1, '\x02') == SocksReply::command_not_supported);
    CHECK(refusal(name_request, 1, '\x03') == SocksReply::command_not_supported);
    CHECK(refusal(name_request, 3, '\x02') == SocksReply::address_type_not_supported);
    CHECK(refusal(name_request, 0, '\x04') == SocksReply::failed);
    CHECK(read_socks_request(name_request.substr(0, 10) + std::string(2, '\0')).refusal == SocksReply::failed);
}

TEST_CASE("net socks: a greeting must offer to go without a password") {
    CHECK(read_socks_greeting("").size == 0);
    CHECK(read_socks_greeting(std::string("\x05\x02\x00", 3)).size == 0);
    const SocksGreeting open = read_socks_greeting(std::string("\x05\x02\x02\x00more", 8));
    CHECK(open.size == 4);
    CHECK(open.offers_no_password);
    CHECK(!read_socks_greeting(std::string("\x05\x01\x02\x00", 4)).offers_no_password);
    CHECK(!read_socks_greeting("\x04\x01").is_socks5);
    CHECK(socks_method(true) == std::string("\x05\x00", 2));
    CHECK(socks_reply(SocksReply::not_allowed) == std::string("\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", 10));
}
