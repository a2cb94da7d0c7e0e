// tests/sandbox/net/egress_proxy_test.cpp: The whole way of a guest's request, against servers on this machine.
#include "sandbox/net/egress_proxy.h"

#include <doctest.h>

#include <atomic>
#include <mutex>

#include "sandbox/error.h"
#include "sandbox/net/environment.h"
#include "sandbox/net/host.h"
#include "tests/sandbox/net/proxy_house.h"

using namespace heddle::sandbox;
using namespace hosts_inside;

namespace {

void echo(const Fd& guest) {
    send_all(guest, "echo:" + read_to_end(guest));
}

void answer_http(const Fd& guest) {
    const std::string head = read_until(guest, [](const std::string& all) { return has(all, "\r\n\r\n"); });
    send_all(guest, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head);
}

}  // namespace

TEST_CASE("egress: a tunnel to an allowed name carries bytes both ways and is counted") {
    const Server server(echo);
    const std::string port = std::to_string(server.port);
    House house({"a.com:" + port});
    const Fd guest = connect_to(house.http);
    send_all(guest, connect_request("a.com:" + port));
    CHECK(read_bytes(guest, established.size()) == established);
    send_all(guest, "ping");
    ::shutdown(guest.get(), SHUT_WR);
    CHECK(read_to_end(guest) == "echo:ping");
    CHECK(house.events(1)[0] == "connect a.com:" + port + " (4 bytes out, 9 bytes in)");
    CHECK(house.proxy->events().size() == 1);
}

TEST_CASE("egress: megabytes pass through a tunnel whole, also when nobody reads for a while") {
    const Server server(echo);
    const std::string target = "a.com:" + std::to_string(server.port);
    House house({target});
    const Fd guest = connect_to(house.http);
    send_all(guest, connect_request(target));
    REQUIRE(read_bytes(guest, established.size()) == established);
    std::string sent;
    for (int i = 0; i < 500'000; ++i) sent += std::to_string(i);
    send_all(guest, sent);
    ::shutdown(guest.get(), SHUT_WR);
    CHECK(read_to_end(guest) == "echo:" + sent);
}

TEST_CASE("egress: a name that is not allowed is refused with words, and nobody is asked for its address") {
    std::atomic<int> asked = 0;
    House house({"pypi.org", "*.b.com"}, [&](const std::string&) {
        ++asked;
        return Resolution{};
    });
    const std::string answer = house.ask(connect_request("example.com:443"));
    CHECK(has(answer, "HTTP/1.1 403 Blocked by the sandbox: example.com:443 (not in net.allow)\r\n"));
    CHECK(
        has(answer,
            "\r\n\r\nexample.com:443 is not in the allowed hosts of this session (allowed: pypi.org, *.b.com). Ask the "
            "user to allow it.\n"));
    CHECK(has(house.ask("GET http://2852039166/ HTTP/1.1\r\nHost: 2852039166\r\n\r\n"), "400 Bad Request"));
    CHECK(has(house.ask(connect_request("169.254.169.254:80")), "403 "));
    CHECK(has(house.ask(connect_request("[::ffff:a9fe:a9fe]:80")), "403 "));
    CHECK(has(house.ask(connect_request("pypi.org:25")), "pypi.org is allowed in this session, but not its port 25"));
    CHECK(house.events(5)[0] == "blocked connect example.com:443 (not in net.allow)");
    CHECK(asked == 0);
}

TEST_CASE("egress: an allowed name that leads inside is refused, one bad address among good ones too") {
    for (const char* inside :
         {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"}) {
        House house(
            {"a.com"},
            [&](const std::string&) {
                return addresses({"93.184.216.34", inside});
            },
            {}, false);
        const std::string answer = house.ask(connect_request("a.com:443"));
        CHECK(has(answer, "HTTP/1.1 403 "));
        CHECK(has(answer, "a.com:443 is allowed, but leads to"));
    }
    House house({"127.0.0.1"}, loopback, {}, false);  // not even when a rule lists it
    CHECK(has(house.ask(connect_request("127.0.0.1:443")), "HTTP/1.1 403 "));
}

TEST_CASE("egress: a name is looked up once, and the address that was checked is the one connected to") {
    std::atomic<int> asked = 0;
    const Server server(answer_http);
    const std::string host = "a.com:" + std::to_string(server.port);
    House house({host}, [&](const std::string& name) {
        CHECK(name == "a.com");
        return ++asked == 1 ? addresses({"127.0.0.1"}) : addresses({"169.254.169.254"});
    });
    const std::string request = "GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    CHECK(has(house.ask(request), "HTTP/1.1 200 OK"));
    CHECK(asked == 1);
    CHECK(has(house.ask(request), "leads to 169.254.169.254, the metadata service of a cloud"));
    CHECK(asked == 2);
}

TEST_CASE("egress: a name without an address and a server that does not listen are told apart from a refusal") {
    std::uint16_t nobody = 0;
    nobody = port_of(bound(SOCK_STREAM));
    const std::string port = std::to_string(nobody);
    House house({"none.com", "a.com:" + port}, [](const std::string& name) {
        return name == "none.com" ? Resolution{{}, "Name or service not known"} : addresses({"127.0.0.1"});
    });
    CHECK(has(house.ask(connect_request("none.com:443")),
              "The name none.com has no address: Name or service not known."));
    const std::string answer = house.ask(connect_request("a.com:" + port));
    CHECK(has(answer, "HTTP/1.1 502 "));
    CHECK(has(answer, "is allowed, but could not be reached: Connection refused."));
    CHECK(house.events(2)[1] == "failed connect a.com:" + port + " (not reached: Connection refused)");
}

TEST_CASE("egress: the next address is tried when the first does not answer") {
    const Server server(echo);
    const std::string target = "a.com:" + std::to_string(server.port);
    House house({target}, [](const std::string&) { return addresses({"127.0.0.77", "127.0.0.1"}); });
    const Fd guest = connect_to(house.http);
    send_all(guest, connect_request(target));
    CHECK(read_bytes(guest, established.size()) == established);
}

TEST_CASE("egress: an absolute form is passed on as one request, and a second behind it never arrives") {
    std::mutex mutex;
    std::string seen;
    auto server = std::make_unique<Server>([&](const Fd& guest) {
        const std::string head = read_until(guest, [](const std::string& all) { return has(all, "body"); });
        send_all(guest, "HTTP/1.1 200 OK\r\n\r\nfine");
        ::shutdown(guest.get(), SHUT_WR);
        const std::string all = head + read_to_end(guest);
        const std::lock_guard lock(mutex);
        seen += all;
    });
    const std::string host = "a.com:" + std::to_string(server->port);
    House house({host});
    const std::string request = "POST http://" + host + "/x HTTP/1.1\r\nHost: " + host +
                                "\r\nProxy-Authorization: secret\r\nContent-Length: 4\r\n\r\nbody";
    CHECK(has(house.ask(request + "\r\n"), "\r\n\r\nfine"));
    house.ask(request + "GET /evil HTTP/1.1\r\nHost: other.com\r\n\r\n");
    CHECK(has(house.events(2)[1], "more came after the request"));
    server.reset();  // has seen all that it will
    const std::string passed_on =
        "POST /x HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";
    CHECK(seen.substr(0, passed_on.size() + 1) == passed_on + (seen.size() > passed_on.size() ? "P" : ""));
    CHECK(!has(seen, "evil"));
}

TEST_CASE("egress: smuggling shapes and what is no proxy request get a 400 with the reason") {
    House house({"a.com"});
    CHECK(has(house.ask("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n"), "this is a proxy"));
    CHECK(has(house.ask("GET http://a.com/ HTTP/1.1\nHost: a.com\n\n"), "a line does not end in CR LF"));
    CHECK(has(house.ask("GET http://a.com/ HTTP/1.1\r\nHost: b.com\r\n\r\n"), "Host is not the host of the target"));
    CHECK(has(house.ask("GET http://a.com/" + std::string(70'000, 'x')), "the head is longer than 64 KiB"));
    for (const std::string& line : house.events(4))
        CHECK(has(line, "blocked connect (no host) (a malformed HTTP request"));
}

TEST_CASE("egress: a head or a hello that does not come ends the connection, a silent tunnel too") {
    const Server server([](const Fd& guest) { read_to_end(guest); });
    const std::string target = "a.com:" + std::to_string(server.port);
    ProxyLimits limits;
    limits.head_time = limits.idle_time = std::chrono::milliseconds(50);
    House house({target}, loopback, limits);
    CHECK(house.ask("") == "");
    CHECK(house.ask("CONNECT a.com") == "");
    CHECK(house.ask(connect_request(target)) == established);
    const Fd guest = connect_to(house.socks);
    send_all(guest, "\x05");
    CHECK(read_to_end(guest) == "");
}

TEST_CASE("egress: over the limit of connections a guest is turned away, and served again after") {
    const Server server(answer_http);
    ProxyLimits limits;
    limits.connections_max = 2;
    const std::string host = "a.com:" + std::to_string(server.port);
    House house({host}, loopback, limits);
    {
        const Fd first = connect_to(house.socks), second = connect_to(house.socks);
        for (const Fd* guest : {&first, &second}) {
            send_all(*guest, std::string("\x05\x01\x00", 3));
            REQUIRE(read_bytes(*guest, 2) == std::string("\x05\x00", 2));
        }
        CHECK(has(house.ask(""), "503 Too many connections"));
        CHECK(has(house.events(1)[0], "more than 2 connections at once"));
    }
    const std::string request = "GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    std::string answer;
    for (int i = 0; i < 1000 && !has(answer, "200 OK"); ++i) answer = house.ask(request);
    CHECK(has(answer, "200 OK"));
}

TEST_CASE("egress: a proxy ends while tunnels are open and names are being looked up") {
    const Server server([](const Fd& guest) { read_to_end(guest); });
    const std::string target = "a.com:" + std::to_string(server.port);
    auto release = std::make_shared<std::atomic<bool>>(false);
    const auto resolve = [release](const std::string& name) {
        while (name == "slow.com" && !*release) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return loopback(name);
    };
    House house({target, "slow.com"}, resolve);
    const Fd tunnel = connect_to(house.http), waiting = connect_to(house.http);
    send_all(waiting, connect_request("slow.com:443"));
    send_all(tunnel, connect_request(target));
    CHECK(read_bytes(tunnel, established.size()) == established);
    house.proxy.reset();
    CHECK(read_to_end(tunnel) == "");
    CHECK(read_to_end(waiting) == "");
    CHECK(house.events(2).size() == 2);
    *release = true;
}

TEST_CASE("egress: a socket that is not what it should be is refused") {
    const auto make = [](Fd http) {
        ProxyListeners listeners;
        listeners.http = std::move(http);
        EgressProxy proxy(std::move(listeners), {}, {});
    };
    CHECK_THROWS_AS(make(bound(SOCK_DGRAM)), Error);
    CHECK_THROWS_AS(make(make_event()), Error);
    CHECK_THROWS_AS(make(Fd(::socket(AF_INET, SOCK_STREAM, 0))), Error);
    CHECK_THROWS_AS(make(Fd(::socket(AF_INET6, SOCK_STREAM, 0))), Error);
    make(bound(SOCK_STREAM));
}

TEST_CASE("egress: the environment names the proxy in both spellings and leaves the guest's own servers alone") {
    const auto variables = proxy_environment();
    for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
        CHECK(variables.at(name) == "http://127.0.0.1:3128");
    CHECK(variables.at("NO_PROXY") == "localhost,127.0.0.1,::1");
    CHECK(variables.at("no_proxy") == variables.at("NO_PROXY"));
}
