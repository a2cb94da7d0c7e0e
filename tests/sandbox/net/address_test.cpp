// tests/sandbox/net/address_test.cpp: No address inside the host, its networks or its cloud passes, in any form.
#include "sandbox/net/address.h"

#include <doctest.h>

using namespace heddle::sandbox;

namespace {

std::string refused(const char* address, bool allow_private = false) {
    return refuse_address(boost::asio::ip::make_address(address), allow_private);
}

}  // namespace

TEST_CASE("net address: what is not of the public internet is refused") {
    for (const char* inside : {"0.0.0.0",
                               "0.1.2.3",
                               "10.0.0.0",
                               "10.255.255.255",
                               "100.64.0.1",
                               "100.127.255.255",
                               "127.0.0.1",
                               "127.255.255.255",
                               "169.254.0.1",
                               "169.254.169.254",
                               "172.16.0.1",
                               "172.31.255.255",
                               "192.0.0.1",
                               "192.0.2.1",
                               "192.88.99.1",
                               "192.168.0.1",
                               "192.168.255.255",
                               "198.18.0.1",
                               "198.19.255.255",
                               "198.51.100.1",
                               "203.0.113.1",
                               "224.0.0.1",
                               "239.255.255.255",
                               "240.0.0.1",
                               "255.255.255.255",
                               "::",
                               "::1",
                               "::7f00:1",
                               "::ffff:127.0.0.1",
                               "::ffff:a9fe:a9fe",
                               "::ffff:8.8.8.8",
                               "::8.8.8.8",
                               "fc00::1",
                               "fd00:ec2::254",
                               "fdff:ffff::1",
                               "fe80::1",
                               "febf::1",
                               "fec0::1",
                               "ff02::1",
                               "2001::1",
                               "2001:0:7f00:1::",
                               "2001:db8::1",
                               "2002:7f00:1::",
                               "2002:808:808::1",
                               "3fff::1",
                               "64:ff9b::127.0.0.1",
                               "64:ff9b::10.0.0.1",
                               "64:ff9b::169.254.169.254",
                               "64:ff9b:1::8.8.8.8",
                               "100::1",
                               "4000::1",
                               "5f00::1"}) {
        INFO(inside);
        CHECK(refused(inside) != "");
    }
}

TEST_CASE("net address: the public internet passes, up to the edges of what is refused") {
    for (const char* outside : {"1.1.1.1",         "8.8.8.8",         "9.255.255.255",
                                "11.0.0.0",        "93.184.216.34",   "100.63.255.255",
                                "100.128.0.0",     "126.255.255.255", "128.0.0.0",
                                "169.253.255.255", "169.255.0.0",     "172.15.255.255",
                                "172.32.0.0",      "192.0.1.1",       "192.167.255.255",
                                "192.169.0.0",     "198.17.255.255",  "198.20.0.0",
                                "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888",
                                "2a00:1450::1",    "2003::1",         "64:ff9b::8.8.8.8"}) {
        INFO(outside);
        CHECK(refused(outside) == "");
    }
}

TEST_CASE("net address: allow_private opens loopback and private networks, and nothing more") {
    for (const char* opened : {"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"})
        CHECK(refused(opened, true) == "");
    for (const char* closed : {"169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0", "::", "224.0.0.1",
                               "255.255.255.255", "fe80::1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::127.0.0.1"})
        CHECK(refused(closed, true) != "");
}

TEST_CASE("net address: the reason names what the address is") {
    CHECK(refused("169.254.169.254") == "the metadata service of a cloud");
    CHECK(refused("127.0.0.1") == "a loopback address");
    CHECK(refused("64:ff9b::10.0.0.1") == "a private address, translated");
}
