// tests/sandbox/net/protocols_test.cpp: TLS names, SOCKS5 and DNS as a guest meets them on the proxy's sockets.
#include <doctest.h>

#include "tests/sandbox/net/hello.h"
#include "tests/sandbox/net/proxy_house.h"

using namespace heddle::sandbox;
using namespace hosts_inside;

namespace {

const std::string alert("\x15\x03\x01\x00\x02\x02\x31", 7);

// Sends the hello in pieces through a tunnel to a.com, and returns what came back and what the server saw.
struct TlsTry {
    std::string answer, seen, event;

    explicit TlsTry(const std::vector<std::string>& pieces) {
        std::mutex mutex;
        {
            const Server server([&](const Fd& guest) {
                const std::string all = read_to_end(guest);
                const std::lock_guard lock(mutex);
                seen += all;
            });
            const std::string target = "a.com:" + std::to_string(server.port);
            House house({target}, loopback, {}, true, {server.port});
            const Fd guest = connect_to(house.http);
            send_all(guest, connect_request(target));
            REQUIRE(read_bytes(guest, established.size()) == established);
            for (const auto& piece : pieces) send_all(guest, piece);
            ::shutdown(guest.get(), SHUT_WR);
            answer = read_to_end(guest);
            event = house.events(1)[0];
        }
    }
};

std::string socks_connect(const std::string& name, std::uint16_t port) {
    return std::string("\x05\x01\x00\x03", 4) + static_cast<char>(name.size()) + name + static_cast<char>(port >> 8) +
           static_cast<char>(port);
}

const std::string socks_hello("\x05\x01\x00", 3);

std::string socks_answer(const House& house, const std::string& request) {
    const Fd guest = connect_to(house.socks);
    send_all(guest, socks_hello + request);
    const std::string answer = read_bytes(guest, 12);
    return answer.substr(0, 2) == std::string("\x05\x00", 2) && answer.size() >= 4 ? answer.substr(2, 2) : answer;
}

std::string question(const std::string& label, const std::string& domain) {
    return std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) + static_cast<char>(label.size()) +
           label + static_cast<char>(domain.size()) + domain + std::string("\x00\x00\x01\x00\x01", 5);
}

}  // namespace

TEST_CASE("egress: TLS that names the host of the tunnel passes unchanged, whole or in pieces") {
    const std::string hello = hello_for("A.com");
    CHECK(TlsTry({hello + "more"}).seen == hello + "more");
    std::vector<std::string> bytes;
    for (const char c : hello) bytes.emplace_back(1, c);
    const TlsTry in_pieces(bytes);
    CHECK(in_pieces.seen == hello);
    CHECK(in_pieces.event.rfind("connect a.com:", 0) == 0);
}

TEST_CASE("egress: TLS to another name, to none, or no TLS at all gets an alert, and nothing of it goes out") {
    for (const std::string& hello : {hello_for("b.com"), record(hello_message("")),
                                     std::string("GET / HTTP/1.1\r\n\r\n"), hello_for("b.com") + hello_for("a.com")}) {
        const TlsTry attempt({hello.substr(0, 7), hello.substr(7)});
        CHECK(attempt.answer == alert);
        CHECK(attempt.seen == "");
        CHECK(attempt.event.rfind("blocked connect a.com:", 0) == 0);
    }
    CHECK(has(TlsTry({hello_for("b.com")}).event, "(its TLS asks for b.com)"));
    CHECK(TlsTry({hello_for("a.com").substr(0, 50)}).seen == "");
}

TEST_CASE("egress: SOCKS5 opens a tunnel by the same rules") {
    const Server server([](const Fd& guest) { send_all(guest, "echo:" + read_to_end(guest)); });
    House house({"a.com:" + std::to_string(server.port), "127.0.0.1:" + std::to_string(server.port)});
    const Fd guest = connect_to(house.socks);
    send_all(guest, socks_hello);
    CHECK(read_bytes(guest, 2) == std::string("\x05\x00", 2));
    send_all(guest, socks_connect("a.com", server.port));
    CHECK(read_bytes(guest, 10) == std::string("\x05\x00\x00\x01\0\0\0\0\0\0", 10));
    send_all(guest, "ping");
    ::shutdown(guest.get(), SHUT_WR);
    CHECK(read_to_end(guest) == "echo:ping");
    CHECK(house.events(1)[0] == "connect a.com:" + std::to_string(server.port) + " (4 bytes out, 9 bytes in)");
    const std::string by_address = std::string("\x05\x01\x00\x01\x7f\x00\x00\x01", 8) +
                                   static_cast<char>(server.port >> 8) + static_cast<char>(server.port);
    CHECK(socks_answer(house, by_address) == std::string("\x05\x00", 2));
}

TEST_CASE("egress: SOCKS5 says no to other hosts, other commands and other versions") {
    House house({"none.com"}, [](const std::string&) { return Resolution{{}, "not known"}; });
    CHECK(socks_answer(house, socks_connect("example.com", 443)) == std::string("\x05\x02", 2));
    CHECK(socks_answer(house, socks_connect("none.com", 443)) == std::string("\x05\x04", 2));
    CHECK(socks_answer(house, socks_connect("a\r\nb", 443)) == std::string("\x05\x02", 2));
    std::string bind = socks_connect("none.com", 443);
    bind[1] = 2;
    CHECK(socks_answer(house, bind) == std::string("\x05\x07", 2));
    const auto events = house.events(4);
    CHECK(events[0] == "blocked connect example.com:443 (not in net.allow)");
    CHECK(events[2] == "blocked connect a??b:443 (not a host that a rule can list)");
    const Fd old = connect_to(house.socks);
    send_all(old, "\x04\x01");
    CHECK(read_to_end(old) == "");
    const Fd with_password = connect_to(house.socks);
    send_all(with_password, "\x05\x01\x02");
    CHECK(read_to_end(with_password) == "\x05\xff");
}

TEST_CASE("egress: SOCKS5 to a TLS port holds the hello against the name as well") {
    const Server server([](const Fd& guest) { read_to_end(guest); });
    House house({"a.com:" + std::to_string(server.port)}, loopback, {}, true, {server.port});
    const Fd guest = connect_to(house.socks);
    send_all(guest, socks_hello + socks_connect("a.com", server.port) + hello_for("b.com"));
    CHECK(read_to_end(guest).substr(12) == alert);
    CHECK(has(house.events(1)[0], "its TLS asks for b.com"));
}

TEST_CASE("egress: DNS is answered over UDP and TCP, and leads back to the name") {
    House house({"pypi.org"});
    const Fd udp = connect_to(house.dns_udp, SOCK_DGRAM);
    send_all(udp, "x");  // dropped
    send_all(udp, question("pypi", "org"));
    const std::string answer = read_bytes(udp, 1);
    CHECK(answer.substr(answer.size() - 4) == std::string("\x7f\x01\x00\x01", 4));
    CHECK(house.proxy->name_of(boost::asio::ip::make_address_v4("127.1.0.1")) == "pypi.org");

    const Fd tcp = connect_to(house.dns_tcp);
    const std::string refused = question("example", "com");
    send_all(tcp, vector16(question("pypi", "org")) + vector16(refused).substr(0, 9));
    CHECK(read_bytes(tcp, 2 + answer.size()) == vector16(answer));
    send_all(tcp, vector16(refused).substr(9));
    CHECK(read_bytes(tcp, 2 + refused.size()).substr(5, 1) == "\x85");  // REFUSED
    CHECK(house.events(1)[0] == "blocked lookup example.com (not in net.allow)");
    send_all(tcp, vector16(std::string(5000, 'x')));
    CHECK(read_to_end(tcp) == "");
}
