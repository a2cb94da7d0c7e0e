// tests/sandbox/net/dns_test.cpp: Allowed names get an address that leads nowhere, all else a quick no.
#include "sandbox/net/dns.h"

#include <doctest.h>
#include <fmt/core.h>

using namespace heddle::sandbox;

namespace {

std::string labels(std::string_view name) {
    std::string bytes;
    while (!name.empty()) {
        const std::string_view label = name.substr(0, name.find('.'));
        bytes += static_cast<char>(label.size());
        bytes += label;
        name.remove_prefix(std::min(label.size() + 1, name.size()));
    }
    return bytes + '\0';
}

std::string query(std::string_view name, int type = 1, int klass = 1) {
    const std::string head("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
    return head + labels(name) + '\0' + static_cast<char>(type) + '\0' + static_cast<char>(klass);
}

struct Stub {
    NetRules rules;
    FakeAddresses addresses;

    Stub() {
        rules.allow.push_back({"pypi.org", std::nullopt});
        rules.allow.push_back({"*.a.com", std::nullopt});
    }
    std::string ask(const std::string& packet) {
        const auto answer = answer_dns(packet, rules, addresses);
        return answer ? answer->packet : "dropped";
    }
    int code(const std::string& packet) {
        const std::string answer = ask(packet);
        REQUIRE(answer.size() >= 12);
        return answer[3] & 0x0f;
    }
};

constexpr int no_error = 0, format_error = 1, server_failure = 2, not_implemented = 4, refused = 5;

}  // namespace

TEST_CASE("net dns: an allowed name gets one address, always the same, and leads back to the name") {
    Stub stub;
    const std::string answer = stub.ask(query("PyPI.org"));
    const std::string record("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x01\x00\x01", 16);
    CHECK(answer ==
          std::string("\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12) + query("PyPI.org").substr(12) + record);
    CHECK(stub.ask(query("x.a.com")).substr(12 + 13, 20).back() == '\x02');
    CHECK(stub.ask(query("PyPI.org")) == answer);
    CHECK(stub.addresses.name_of(boost::asio::ip::make_address_v4("127.1.0.1")) == "pypi.org");
    CHECK(stub.addresses.name_of(boost::asio::ip::make_address_v4("127.1.0.2")) == "x.a.com");
    for (const char* nobodys : {"127.1.0.0", "127.1.0.3", "127.0.0.1", "0.0.0.0", "255.255.255.255"})
        CHECK(!stub.addresses.name_of(boost::asio::ip::make_address_v4(nobodys)));
}

TEST_CASE("net dns: AAAA of an allowed name is empty without an error, so that A is used") {
    Stub stub;
    const std::string answer = stub.ask(query("pypi.org", 28));
    CHECK((answer[3] & 0x0f) == no_error);
    CHECK(answer.substr(6, 2) == std::string(2, '\0'));
}

TEST_CASE("net dns: a name that is not allowed is refused, and told once for A and AAAA") {
    Stub stub;
    for (const char* name :
         {"example.com", "a.com", "pypi.org.evil.com", "localhost", "secret.attacker.com", "127.0.0.1", ""})
        CHECK(stub.code(query(name)) == refused);
    CHECK(answer_dns(query("example.com"), stub.rules, stub.addresses)->refused_name == "example.com");
    CHECK(answer_dns(query("example.com", 16), stub.rules, stub.addresses)->refused_name == "example.com");
    CHECK(answer_dns(query("example.com", 28), stub.rules, stub.addresses)->refused_name == "");
    CHECK(answer_dns(query("pypi.org"), stub.rules, stub.addresses)->refused_name == "");
}

TEST_CASE("net dns: a label that holds a dot is no other name") {
    Stub stub;
    std::string packet = query("x_a.com");
    packet[packet.find('_')] = '.';  // one label "x.a", then "com"
    CHECK(stub.code(packet) == refused);
    CHECK(stub.code(query("x_y.a.com")) == no_error);
    CHECK(stub.code(query(std::string_view("pypi.org\0", 9))) == refused);
}

TEST_CASE("net dns: other types, classes and operations are answered with a no") {
    Stub stub;
    for (const int type : {2, 5, 15, 16, 33, 65, 255}) CHECK(stub.code(query("pypi.org", type)) == not_implemented);
    CHECK(stub.code(query("pypi.org", 1, 3)) == refused);
    std::string update = query("pypi.org");
    update[2] = 0x28;
    CHECK(stub.code(update) == not_implemented);
}

TEST_CASE("net dns: what is malformed gets an error or nothing, cut at every byte") {
    Stub stub;
    const std::string whole = query("pypi.org");
    for (std::size_t size = 0; size < 12; ++size) CHECK(stub.ask(whole.substr(0, size)) == "dropped");
    for (std::size_t size = 12; size < whole.size(); ++size) CHECK(stub.code(whole.substr(0, size)) == format_error);
    std::string packet = whole;
    packet[2] = '\x81';  // an answer, not a question
    CHECK(stub.ask(packet) == "dropped");
    for (const std::size_t count : {5u, 7u, 9u}) {
        packet = whole;
        packet[count] = 2;
        CHECK(stub.code(packet) == format_error);
    }
    packet = whole;
    packet[12] = '\xc0';  // a compressed name
    CHECK(stub.code(packet) == format_error);
    CHECK(stub.code(whole.substr(0, 12) + labels(std::string(255, 'x')) + whole.substr(whole.size() - 4)) ==
          format_error);
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "a.";
    CHECK(stub.code(query(deep + "com")) == format_error);
    // EDNS options behind the question are passed over.
    packet = whole + std::string("\0\0\x29\x10\0\0\0\0\0\0\0", 11);
    packet[11] = 1;
    CHECK(stub.code(packet) == no_error);
}

TEST_CASE("net dns: the table of names has an end") {
    FakeAddresses addresses;
    for (std::size_t i = 0; i < FakeAddresses::names_max; ++i)
        REQUIRE(addresses.address_of(fmt::format("n{}.a.com", i)));
    CHECK(!addresses.address_of("one.more.a.com"));
    CHECK(addresses.address_of("n0.a.com"));
    CHECK(addresses.name_of(addresses.address_of("n4095.a.com").value()) == "n4095.a.com");
    Stub stub;
    for (std::size_t i = 0; i < FakeAddresses::names_max; ++i) stub.addresses.address_of(fmt::format("n{}", i));
    CHECK(stub.code(query("x.a.com")) == server_failure);
}
