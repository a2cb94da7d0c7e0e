// tests/sandbox/net/client_hello_test.cpp: The server name is found in every cut of a hello, and nowhere else.
#include "sandbox/net/client_hello.h"

#include <doctest.h>

#include "tests/sandbox/net/hello.h"

using namespace heddle::sandbox;
using State = ClientHelloReader::State;

namespace {

State read(ClientHelloReader& reader, const std::string& bytes) {
    return reader.add(bytes);
}

std::string problem(const std::string& bytes) {
    ClientHelloReader reader;
    return reader.add(bytes) == State::malformed ? reader.problem() : "none";
}

}  // namespace

TEST_CASE("net hello: the name is found, split at every byte") {
    const std::string bytes = hello_for("Example.com");
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        ClientHelloReader reader;
        const State first = reader.add(bytes.substr(0, at));
        CHECK(first == (at == bytes.size() ? State::complete : State::more));
        CHECK(reader.add(bytes.substr(at)) == State::complete);
        CHECK(reader.server_name() == "Example.com");
    }
}

TEST_CASE("net hello: the name is found over records cut at every byte") {
    const std::string message = hello_message(server_name_extension("example.com"));
    for (std::size_t at = 1; at < message.size(); ++at) {
        ClientHelloReader reader;
        CHECK(read(reader, record(message.substr(0, at)) + record(message.substr(at))) == State::complete);
        CHECK(reader.server_name() == "example.com");
    }
    std::string bytes;
    for (const char c : message) bytes += record(std::string(1, c));
    ClientHelloReader reader;
    CHECK(read(reader, bytes) == State::complete);
    CHECK(reader.server_name() == "example.com");
}

TEST_CASE("net hello: other extensions around the name do not matter, and none is no name") {
    ClientHelloReader reader;
    CHECK(read(reader, record(hello_message(extension(43, "\x02\x03\x04") + server_name_extension("a.com") +
                                            extension(16, "\x03\x02h2")))) == State::complete);
    CHECK(reader.server_name() == "a.com");
    ClientHelloReader nameless;
    CHECK(read(nameless, record(hello_message(extension(43, "\x02\x03\x04")))) == State::complete);
    CHECK(!nameless.server_name());
    ClientHelloReader oldest;  // without the extensions at all
    std::string body = hello_message("").substr(4);
    body.resize(body.size() - 2);
    CHECK(read(oldest, record(handshake(1, body))) == State::complete);
    CHECK(!oldest.server_name());
}

TEST_CASE("net hello: what two readers could read differently is malformed") {
    const std::string name = server_name_extension("a.com");
    CHECK(problem(record(hello_message(name + server_name_extension("b.com")))) == "a TLS hello with two server names");
    const std::string entry = std::string("\0\0\5a.com", 8);
    for (const std::string& body : {vector16(entry + entry), vector16(entry) + "x", vector16(""), std::string(),
                                    vector16(std::string("\1\0\5a.com", 8)), vector16(std::string("\0\0\0", 3))})
        CHECK(problem(record(hello_message(extension(0, body)))) == "a TLS server name that is not well-formed");
    CHECK(problem(record(hello_message(name) + "x")) == "a TLS hello with more behind it in its record");
    CHECK(problem(record(handshake(1, hello_message(name).substr(4) + "x"))) == "a TLS hello of the wrong length");
    CHECK(problem(record(handshake(1, std::string(20, 'x')))) == "a TLS hello that ends too early");
    CHECK(problem(record(hello_message(std::string("\0\0\0", 3)))) == "a TLS extension that ends too early");
    CHECK(problem(record(handshake(2, "xx"))) == "a TLS message that is no ClientHello");
}

TEST_CASE("net hello: other protocols are seen at their first bytes, and none can be without end") {
    CHECK(problem("G") == "not TLS");
    CHECK(problem("\x16G") == "not TLS");
    CHECK(problem("\x80\x2e\x01") == "not TLS");  // SSL 2
    CHECK(problem(std::string("\x16\x03\x01\0\0", 5)) == "an empty TLS record");
    const std::string part(4000, 'x');
    std::string endless = record(std::string("\1\xff\xff\xff", 4));
    for (int i = 0; i < 5; ++i) endless += record(part);
    CHECK(problem(endless) == "a TLS hello of more than 16 KiB");
    CHECK(problem(endless.substr(0, 16 * 1024)) == "none");
}

TEST_CASE("net hello: the name has to be the host's, in any case; an address has none") {
    CHECK(refuse_server_name("example.com", "example.com") == "");
    CHECK(refuse_server_name("EXAMPLE.com", "example.com") == "");
    CHECK(refuse_server_name("evil.com", "example.com") == "its TLS asks for evil.com");
    CHECK(refuse_server_name("www.example.com", "example.com") != "");
    CHECK(refuse_server_name(std::string("example.com\0", 12), "example.com") != "");
    CHECK(refuse_server_name(std::nullopt, "example.com") == "its TLS names no server");
    CHECK(refuse_server_name(std::nullopt, "93.184.216.34") == "");
    CHECK(refuse_server_name("example.com", "93.184.216.34") != "");
}
