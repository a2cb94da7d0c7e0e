// tests/tools/web/url_test.cpp: URLs taken apart as the network will take them.
#include "tools/web/url.h"

#include <doctest.h>

#include <string>

using namespace heddle::tools::web;

namespace {

std::string normal(std::string_view url) {
    std::string why;
    const auto address = web_address_in(url, &why);
    return address ? address->text() : "refused: " + why;
}

bool is_refused(std::string_view url) {
    return normal(url).starts_with("refused: ");
}

}  // namespace

TEST_CASE("url: an address of the web has one spelling") {
    CHECK(normal("https://Example.ORG") == "https://example.org/");
    CHECK(normal(" HTTP://example.org.:80/a?b=c#d ") == "http://example.org/a?b=c");
    CHECK(normal("https://example.org:8443?q=1") == "https://example.org:8443/?q=1");
    CHECK(normal("http://[::1]:8080/x") == "http://[::1]:8080/x");
    CHECK(normal("http://a.b/c d/\xc3\xa9\"<>%41") == "http://a.b/c%20d/%C3%A9%22%3C%3E%41");
    CHECK(normal("http://a.b\\c") == "http://a.b/c");
    const auto address = web_address_in("https://a.b:81/c");
    REQUIRE(address);
    CHECK(address->is_secure);
    CHECK(address->host == "a.b");
    CHECK(address->port == 81);
    CHECK(normal(normal("http://a.b/c d")) == normal("http://a.b/c d"));
}

TEST_CASE("url: what is no plain host of the web is none") {
    for (const char* url : {"", "example.org", "file:///etc/passwd", "ftp://a/", "javascript:alert(1)", "http://",
                            "http:///a", "http://a b/", "http://user@a/", "http://a:b@c/", "http://a:0/",
                            "http://a:99999/", "http://0x7f.1/", "http://127.1/", "http://2130706433/",
                            "http://b\xc3\xbc"
                            "cher.de/",
                            "http://[::1", "http://a\n.b/", "http:/a.b/"}) {
        INFO(url);
        CHECK(is_refused(url));
    }
    CHECK(is_refused("http://a/" + std::string(10'000, 'x')));
}

TEST_CASE("url: a host is shown however odd the URL is") {
    CHECK(host_of("https://docs.example.org:8080/a") == "docs.example.org");
    CHECK(host_of("http://me@[::1]:80/") == "[::1]");
    CHECK(host_of("file://docs/a.md") == "docs");
    CHECK(host_of("mailto:x") == "");
    CHECK(query_escaped("a b&c=\xc3\xa9#") == "a%20b%26c%3D%C3%A9%23");
}
