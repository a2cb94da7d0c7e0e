// tests/sandbox/net/rules_test.cpp: What the rules open and what they do not, and which spellings are hosts at all.
#include "sandbox/net/rules.h"

#include <doctest.h>
#include <fmt/core.h>

#include "sandbox/net/host.h"

using namespace heddle::sandbox;

namespace {

NetRules rules(const std::vector<std::string>& allow, const std::vector<std::string>& deny = {}) {
    NetRules made;
    for (const auto& text : allow) made.allow.push_back(parse_net_rule(text, nullptr).value());
    for (const auto& text : deny) made.deny.push_back(parse_net_rule(text, nullptr).value());
    return made;
}

bool allows(const NetRules& made, std::string_view host, std::uint16_t port = 443) {
    return decide(made, host, port).allowed;
}

std::string normal(std::string_view text) {
    return normal_host(text, nullptr).value_or("-");
}

NetRule host(std::string_view text) {
    return parse_net_rule(text, nullptr).value();
}

std::string shared(std::string_view a, std::string_view b) {
    const auto one = intersection(host(a), host(b)), other = intersection(host(b), host(a));
    CHECK(one == other);
    return one ? to_text(*one) : "";
}

}  // namespace

TEST_CASE("net rules: an empty allow list allows nothing, and says so") {
    const NetDecision decision = decide(rules({}), "example.com", 443);
    CHECK(!decision.allowed);
    CHECK(decision.reason == "not in net.allow");
    CHECK(
        decision.words ==
        "example.com:443 is not in the allowed hosts of this session (no host is allowed). Ask the user to allow it.");
}

TEST_CASE("net rules: a name allows itself in any case, and nothing beside it") {
    const NetRules made = rules({"Example.COM."});
    for (const char* host : {"example.com", "EXAMPLE.com", "example.com."}) CHECK(allows(made, host));
    for (const char* host : {"www.example.com", "example.com.evil", "xexample.com", "example.co", "com", ""})
        CHECK(!allows(made, host));
}

TEST_CASE("net rules: a wildcard is every name below, but neither the name nor one that only looks like it") {
    const NetRules made = rules({"*.a.com"});
    for (const char* host : {"x.a.com", "x.y.a.com", "X.A.COM"}) CHECK(allows(made, host));
    for (const char* host : {"a.com", "a.com.evil", "xa.com", "x.a.com.evil", ".a.com", "*.a.com"})
        CHECK(!allows(made, host));
}

TEST_CASE("net rules: deny beats allow, for a port or for all") {
    const NetRules made = rules({"*.a.com", "b.com"}, {"bad.a.com", "b.com:80"});
    CHECK(allows(made, "good.a.com"));
    CHECK(!allows(made, "bad.a.com"));
    CHECK(decide(made, "bad.a.com", 443).reason == "in net.deny");
    CHECK(allows(made, "b.com", 443));
    CHECK(!allows(made, "b.com", 80));
}

TEST_CASE("net rules: a rule without a port opens the ports of the web, one with a port opens that alone") {
    const NetRules made = rules({"web.com", "git.com:22"});
    CHECK(allows(made, "web.com", 443));
    CHECK(allows(made, "web.com", 80));
    CHECK(!allows(made, "web.com", 25));
    CHECK(
        decide(made, "web.com", 25).words ==
        "web.com is allowed in this session, but not its port 25 (allowed: web.com, git.com:22). Ask the user to allow "
        "web.com:25.");
    CHECK(allows(made, "git.com", 22));
    CHECK(!allows(made, "git.com", 443));
}

TEST_CASE("net rules: an address is allowed only by a rule with this address") {
    const NetRules made = rules({"*.com", "93.184.216.34", "[2606:2800:0220::1]:443"});
    CHECK(allows(made, "93.184.216.34"));
    CHECK(!allows(made, "93.184.216.35"));
    CHECK(allows(made, "2606:2800:220:0::1"));
    CHECK(!allows(made, "2606:2800:220::1", 80));
    // Written by hand, not by parse_net_rule(): still no wildcard over addresses.
    NetRules loose;
    loose.allow.push_back({"*.0.1", std::nullopt});
    CHECK(!allows(loose, "127.0.0.1"));
    CHECK(denied_address(rules({}, {"93.184.216.34"}), "93.184.216.34", 443) != "");
    CHECK(denied_address(rules({}, {"93.184.216.34"}), "93.184.216.35", 443) == "");
}

TEST_CASE("net rules: no other spelling of an address is a host, even where a rule lists it") {
    for (const char* odd :
         {"2852039166", "0x7f.1", "0x7f000001", "127.1", "017700000001", "0177.0.0.1", "127.0.0.01", "127.0.0.1.",
          "1.2.3.4.5", "256.1.1.1", "a.1", "a.0x1", "0xa9fea9fe", "[::1%lo]", "::1%1", "fe80::1%eth0", "::g", ":::"}) {
        INFO(odd);
        CHECK(normal(odd) == "-");
        NetRules made;
        made.allow.push_back({odd, std::nullopt});
        CHECK(!allows(made, odd));
    }
    CHECK(normal(std::string_view("127.0.0.1\0.com", 14)) == "-");
    CHECK(normal(std::string_view("::1\0", 4)) == "-");
}

TEST_CASE("net rules: hosts have one spelling") {
    CHECK(normal("Xn--Bcher-Kva.example.") == "xn--bcher-kva.example");
    CHECK(normal("_dmarc.a-b.c0m") == "_dmarc.a-b.c0m");
    CHECK(normal("localhost") == "localhost");
    CHECK(normal("127.0.0.1") == "127.0.0.1");
    CHECK(normal("::FFFF:7f00:1") == "::ffff:127.0.0.1");
    CHECK(normal("0:0:0:0:0:0:0:1") == "::1");
    for (const char* no : {"", ".", "a..b", ".a", "a b", "a/b", "a@b", "-a.com", "a-.com", "b\u00fccher.de", "a\tb",
                           "a\nb", "a%b", "a.com..", "*"})
        CHECK(normal(no) == "-");
    CHECK(normal(std::string(63, 'a') + ".com") != "-");
    CHECK(normal(std::string(64, 'a') + ".com") == "-");
    std::string longest;
    for (int i = 0; i < 126; ++i) longest += "a.";
    CHECK(normal(longest + "a") != "-");
    CHECK(normal(longest + "aa") == "-");
}

TEST_CASE("net rules: a rule is read as it was meant or refused in words") {
    const auto shown = [](std::string_view text) {
        std::string why;
        const auto rule = parse_net_rule(text, &why);
        CHECK(rule.has_value() == why.empty());
        return rule ? to_text(*rule) : "no: " + why;
    };
    CHECK(shown("PyPI.org") == "pypi.org");
    CHECK(shown("*.Example.net:8443") == "*.example.net:8443");
    CHECK(shown("[2001:DB8::1]:443") == "[2001:db8::1]:443");
    CHECK(shown("[::1]") == "[::1]");
    CHECK(shown("10.0.0.1:80") == "10.0.0.1:80");
    CHECK(shown("*") == "no: a '*' stands only in front, as in *.example.com");
    CHECK(shown("a.*.com") == "no: a '*' stands only in front, as in *.example.com");
    CHECK(shown("*.10.0.0.1") == "no: '*.' stands before a name, not before an address");
    CHECK(shown("::1") == "no: an IPv6 address is written in brackets, [::1]:443");
    CHECK(shown("a.com:0") == "no: '0' is no port (1 to 65535)");
    for (const char* no :
         {"",           ":",         "a.com:",  "a.com:65536", "a.com:+80",     "a.com:8 0",  "a.com:80:80",
          "[a.com]:80", "[::1",      "[::1]80", "[]",          "https://a.com", "a.com/path", "*.",
          "**.com",     "[1.2.3.4]", "*.*.com", "*a.com",      "a.com:x",       "2852039166", "0x7f000001",
          "1.2.3.256",  "1.2.3.4.5", "*.2.3.4", "user@a.com"})
        CHECK(shown(no).substr(0, 4) == "no: ");
}

TEST_CASE("net rules: a name may be looked up when some port of it may be reached") {
    const NetRules made = rules({"a.com", "b.com:22", "*.c.com", "10.0.0.1"}, {"x.c.com", "y.c.com:80", "b.com:22"});
    CHECK(may_be_named(made, "a.com"));
    CHECK(may_be_named(made, "A.com."));
    CHECK(!may_be_named(made, "b.com"));
    CHECK(may_be_named(made, "w.c.com"));
    CHECK(!may_be_named(made, "x.c.com"));
    CHECK(may_be_named(made, "y.c.com"));
    CHECK(!may_be_named(made, "10.0.0.1"));
}

TEST_CASE("net rules: a refusal stays short, however long the list and however hostile the name") {
    NetRules made;
    for (int i = 0; i < 500; ++i) made.allow.push_back({fmt::format("host{}.com", i), std::nullopt});
    CHECK(decide(made, "example.com", 443).words.size() < 500);
    CHECK(decide(made, "example.com", 443).words.find("and 488 more") != std::string::npos);
    const std::string hostile = std::string(10000, 'x') + "\x1b[31m\r\n";
    CHECK(decide(made, "\x1b[31m\r\nIgnore", 443).words.find('\x1b') == std::string::npos);
    CHECK(decide(made, hostile, 443).words.size() < 500);
}

TEST_CASE("net rules: two rules share the narrower host and the narrower port") {
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

TEST_CASE("net rules: an allowance covers what is nowhere wider, a denial without a port every port") {
    CHECK(covers(host("*.a.com"), host("x.a.com:443")));
    CHECK(!covers(host("x.a.com:443"), host("x.a.com")));
    CHECK(!covers(host("x.a.com"), host("*.a.com")));
    CHECK(!covers(host("a.com"), host("a.com:22")));
    CHECK(covers_as_denial(host("a.com"), host("a.com:22")));
    CHECK(!covers_as_denial(host("a.com:22"), host("a.com")));
}
