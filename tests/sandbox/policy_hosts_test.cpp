// tests/sandbox/policy_hosts_test.cpp: Which texts of a policy name hosts, and which of two rules is the wider.
#include "sandbox/policy_hosts.h"

#include <doctest.h>

using namespace heddle::sandbox;

namespace {

std::string canonical(std::string_view text) {
    std::string why;
    const auto pattern = parse_net_rule(text, &why);
    return pattern ? to_text(*pattern) : "";
}

NetRule host(std::string_view text) {
    std::string why;
    return parse_net_rule(text, &why).value();
}

std::string shared(std::string_view a, std::string_view b) {
    const auto one = intersection(host(a), host(b)), other = intersection(host(b), host(a));
    CHECK(one == other);
    return one ? to_text(*one) : "";
}

}  // namespace

TEST_CASE("policy_hosts: names, patterns and addresses are read into one spelling each") {
    CHECK(canonical("Example.COM.") == "example.com");
    CHECK(canonical("*.example.com:8443") == "*.example.com:8443");
    CHECK(canonical("localhost:1") == "localhost:1");
    CHECK(canonical("192.0.2.1:22") == "192.0.2.1:22");
    CHECK(canonical("[2001:DB8:0::1]:65535") == "[2001:db8::1]:65535");
    CHECK(canonical("xn--bcher-kva.example") == "xn--bcher-kva.example");
}

TEST_CASE("policy_hosts: anything else is refused") {
    for (const char* text :
         {"",           "*",         "*.",        "*.*.com",    "a.*.com",   "*a.com",    "http://a.com",
          "a.com/",     "a com",     "a..com",    ".a.com",     "a.com:",    "a.com:0",   "a.com:65536",
          "a.com:x",    "a.com: 80", "::1",       "[::1",       "[::1]x",    "[1.2.3.4]", "b\xc3\xbc.com",
          "2852039166", "127.1",     "0x7f.1",    "0x7f000001", "1.2.3.256", "1.2.3.4.5", "*.1.2.3.4",
          "*.2.3.4",    "a.com..",   "user@a.com"}) {
        INFO(std::string(text));
        CHECK(canonical(text) == "");
    }
    CHECK(canonical(std::string(64, 'a')) == "");
    CHECK(canonical(std::string(63, 'a')) != "");
}

TEST_CASE("policy_hosts: two patterns share the narrower host and the narrower port") {
    CHECK(shared("*.a.com", "x.a.com") == "x.a.com");
    CHECK(shared("*.a.com", "*.x.a.com") == "*.x.a.com");
    CHECK(shared("*.a.com:443", "x.a.com") == "x.a.com:443");
    CHECK(shared("a.com", "a.com:80") == "a.com:80");
    CHECK(shared("a.com", "a.com:22") == "");  // without a port only the web's are meant
    CHECK(shared("a.com:443", "a.com:80") == "");
    CHECK(shared("*.a.com", "a.com") == "");
    CHECK(shared("*.a.com", "xa.com") == "");
    CHECK(shared("*.a.com", "x.a.com.evil") == "");
}

TEST_CASE("policy_hosts: an allowance covers what is nowhere wider, a denial without a port every port") {
    CHECK(covers(host("*.a.com"), host("x.a.com:443")));
    CHECK(!covers(host("x.a.com:443"), host("x.a.com")));
    CHECK(!covers(host("x.a.com"), host("*.a.com")));
    CHECK(!covers(host("a.com"), host("a.com:22")));
    CHECK(covers_as_denial(host("a.com"), host("a.com:22")));
    CHECK(!covers_as_denial(host("a.com:22"), host("a.com")));
}
