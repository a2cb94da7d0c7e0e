// tests/sandbox/net/http_head_test.cpp: Requests that clients send are read; those that hide another are refused.
#include "sandbox/net/http_head.h"

#include <doctest.h>

#include "sandbox/net/http_body.h"

using namespace heddle::sandbox;

namespace {

std::string why_not(const std::string& head) {
    std::string why = "accepted";
    parse_http_head(head, &why);
    return why;
}

std::string get(const std::string& fields) {
    return "GET http://a.com/ HTTP/1.1\r\nHost: a.com\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("net http: the CONNECTs that clients send are read") {
    for (const char* text : {"CONNECT A.com:443 HTTP/1.1\r\nHost: a.com:443\r\nUser-Agent: curl\r\n\r\n",
                             "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com\r\nProxy-Connection: Keep-Alive\r\n\r\n",
                             "CONNECT a.com:443 HTTP/1.0\r\n\r\n"}) {
        const auto head = parse_http_head(text, nullptr);
        REQUIRE(head);
        CHECK(head->is_connect());
        CHECK(head->host == "a.com");
        CHECK(head->port == 443);
    }
    CHECK(parse_http_head("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n", nullptr).value().host == "::1");
}

TEST_CASE("net http: an absolute form becomes an origin form without what is for the proxy alone") {
    const auto head = parse_http_head(
        "POST HTTP://A.com:8080/x?y=http://b/ HTTP/1.1\r\nhost:  a.com:8080 \r\nAccept: */*\r\nProxy-Authorization: "
        "Basic "
        "eA==\r\nConnection: close, X-Hop ,Upgrade\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: "
        "websocket\r\nProxy-Connection: keep-alive\r\nContent-Length: 3\r\nX-Empty:\r\n\r\n",
        nullptr);
    REQUIRE(head);
    CHECK(head->host == "a.com");
    CHECK(head->port == 8080);
    CHECK(to_origin_request(*head) ==
          "POST /x?y=http://b/ HTTP/1.1\r\nHost: a.com:8080\r\nAccept: */*\r\nX-Empty: \r\nContent-Length: "
          "3\r\nConnection: close\r\n\r\n");
    CHECK(to_origin_request(parse_http_head("GET http://a.com?q HTTP/1.0\r\n\r\n", nullptr).value()) ==
          "GET /?q HTTP/1.0\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    CHECK(to_origin_request(parse_http_head("GET http://a.com HTTP/1.1\r\nHost: a.com:80\r\nTransfer-Encoding: "
                                            "Chunked\r\nConnection: host, transfer-encoding\r\n\r\n",
                                            nullptr)
                                .value()) ==
          "GET / HTTP/1.1\r\nHost: a.com\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

TEST_CASE(
    "net http: a field that the proxy's own Connection field would name for the next hop alone is not passed on") {
    const auto head = parse_http_head("GET http://a.com/ HTTP/1.1\r\nClose: 1\r\nHost: a.com\r\n\r\n", nullptr);
    CHECK(to_origin_request(head.value()) == "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
}

TEST_CASE("net http: shapes that hide a second request are refused, each by its name") {
    CHECK(why_not(get("Accept: */*\r\n")) == "accepted");
    CHECK(why_not(get("Content-Length: 5\r\nContent-Length: 5\r\n")) == "there are two Content-Length fields");
    CHECK(why_not(get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) ==
          "there are both Transfer-Encoding and Content-Length");
    for (const char* length : {"5, 5", "+5", "-1", "0x5", "5 5", "", "99999999999999999999"})
        CHECK(why_not(get(std::string("Content-Length: ") + length + "\r\n")) == "Content-Length is no number");
    for (const char* coding :
         {"gzip, chunked", "chunked, chunked", "xchunked", "identity", "", "chunked\r\nTransfer-Encoding: chunked"})
        CHECK(why_not(get(std::string("Transfer-Encoding: ") + coding + "\r\n")) ==
              "Transfer-Encoding is not just 'chunked'");
    CHECK(why_not(get("X: 1\r\n 2\r\n")) == "a field goes on in the next line");
    CHECK(why_not(get("X: 1\nY: 2\r\n")) == "a line holds a control character (or a bare CR or LF)");
    CHECK(why_not(get("X: 1\rY: 2\r\n")) == "a line holds a control character (or a bare CR or LF)");
    CHECK(why_not(get(std::string("X: \0\r\n", 6))) == "a line holds a control character (or a bare CR or LF)");
    for (const char* field : {"X : 1\r\n", "X\r\n", ": 1\r\n", "X(: 1\r\n", "X Y: 1\r\n", "X\t: 1\r\n"})
        CHECK(why_not(get(field)) == "a field is not 'Name: value'");
    CHECK(why_not(get("") + "GET") == "there is more behind the empty line");
    CHECK(why_not("GET http://a.com/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") ==
          "HTTP/1.0 has no Transfer-Encoding");
    CHECK(why_not("CONNECT a.com:443 HTTP/1.1\r\nHost: a.com\r\nContent-Length: 1\r\n\r\n") == "a CONNECT has no body");
}

TEST_CASE("net http: Host is the host of the target, once") {
    CHECK(why_not("GET http://a.com/ HTTP/1.1\r\nHost: b.com\r\n\r\n") == "Host is not the host of the target");
    CHECK(why_not("GET http://a.com/ HTTP/1.1\r\nHost: a.com:81\r\n\r\n") == "Host is not the host of the target");
    CHECK(why_not("GET http://a.com:81/ HTTP/1.1\r\nHost: a.com\r\n\r\n") == "Host is not the host of the target");
    CHECK(why_not("CONNECT a.com:443 HTTP/1.1\r\nHost: b.com:443\r\n\r\n") == "Host is not the host of the target");
    CHECK(why_not(get("Host: a.com\r\n")) == "there are two Host fields");
    CHECK(why_not("GET http://a.com/ HTTP/1.1\r\n\r\n") == "there is no Host field");
}

TEST_CASE("net http: first lines and targets that are not to the letter are refused") {
    const std::string rest = " HTTP/1.1\r\nHost: a.com\r\n\r\n";
    for (const char* start : {"GET",
                              "GET ",
                              "GET /",
                              "GET  http://a.com/",
                              "GET http://a.com/ x",
                              " GET http://a.com/",
                              "G(T http://a.com/",
                              "GET https://a.com/",
                              "GET ftp://a.com/",
                              "GET http://u@a.com/",
                              "GET http://u:p@a.com/",
                              "GET http://a.com/#x",
                              "GET http:///",
                              "GET http://a.com:/",
                              "GET http://a.com\\@b.com/",
                              "GET http://a.com/\xc3\xbc",
                              "GET *",
                              "CONNECT a.com",
                              "CONNECT http://a.com:443/",
                              "CONNECT a.com:443/",
                              "GET http://a.com%00.b/"})
        CHECK(why_not(start + rest) != "accepted");
    for (const char* version : {"HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/0.9", "HTTP/1.1 "})
        CHECK(why_not(std::string("GET http://a.com/ ") + version + "\r\nHost: a.com\r\n\r\n") != "accepted");
    std::string many;
    for (int i = 0; i < 200; ++i) many += "X: 1\r\n";
    CHECK(why_not(get(many)) == "there are more than 200 fields");
    CHECK(why_not(get("X: " + std::string(http_head_size_max, 'x') + "\r\n")) == "the head is longer than 64 KiB");
}

TEST_CASE("net http: a head ends at its first empty line, wherever its bytes are cut") {
    const std::string head = get("X: 1\r\n"), all = head + "body\r\n\r\n";
    for (std::size_t at = 0; at < head.size(); ++at) {
        CHECK(http_head_size(head.substr(0, at), 0) == 0);
        CHECK(http_head_size(all, at) == head.size());
    }
    CHECK(http_head_size("GET / HTTP/1.1\n\nx", 0) == 16);
    CHECK(http_head_size("GET / HTTP/1.1\n\r\nx", 0) == 17);
}

TEST_CASE("net http: a body ends where its length says, byte by byte too") {
    const auto taken = [](const HttpHead& head, const std::string& bytes) {
        HttpBody whole(head), cut(head);
        const std::size_t count = whole.take(bytes);
        std::size_t one_by_one = 0;
        for (const char c : bytes) one_by_one += cut.take({&c, 1});
        CHECK(one_by_one == count);
        CHECK(cut.at_end() == whole.at_end());
        return bytes.substr(0, count) + (whole.is_broken() ? "!" : whole.at_end() ? "." : "");
    };
    HttpHead head;
    CHECK(taken(head, "GET /") == ".");
    head.content_length = 4;
    CHECK(taken(head, "bodyGET /") == "body.");
    CHECK(taken(head, "bod") == "bod");
    head = {};
    head.chunked = true;
    CHECK(taken(head, "4\r\nbody\r\nA\r\n0123456789\r\n0\r\n\r\nGET /") ==
          "4\r\nbody\r\nA\r\n0123456789\r\n0\r\n\r\n.");
    CHECK(taken(head, "4\r\nbod") == "4\r\nbod");
    for (const char* broken : {"\r\n", "g\r\n", "4;x=y\r\nbody", "4\nbody", "4\r\nbodyX", "0\r\nX: 1\r\n\r\n",
                               "fffffffffffff\r\n", " 4\r\n", "-1\r\n", "0x4\r\n"})
        CHECK(taken(head, broken).back() == '!');
}

TEST_CASE("net http: a refusal is a whole response with its words") {
    CHECK(http_refusal(403, "Blocked", "Ask the user.") ==
          "HTTP/1.1 403 Blocked\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\nConnection: "
          "close\r\n\r\nAsk the user.\n");
}
