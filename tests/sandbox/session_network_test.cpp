// tests/sandbox/session_network_test.cpp: Tests what a real guest reaches in each network mode, and what it does not.
#include <arpa/inet.h>
#include <doctest.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "sandbox/fd.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::sandbox;
using namespace heddle::test;

namespace {

// Answers every connection to a port of the host's loopback with one page, and counts them.
class HostServer {
 public:
    HostServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_.get(), 16) == 0);
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) serve();
        });
    }

    std::atomic<int> served = 0;
    int port = 0;

 private:
    void serve() {
        pollfd ready{socket_.get(), POLLIN, 0};
        if (::poll(&ready, 1, 50) <= 0) return;
        const Fd guest(::accept(socket_.get(), nullptr, nullptr));
        char request[4096];
        if (!guest || ::read(guest.get(), request, sizeof request) <= 0) return;
        const std::string page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\npage\n";
        if (::write(guest.get(), page.data(), page.size()) > 0) ++served;
    }

    Fd socket_;
    std::jthread thread_;
};

std::string through_proxy(int port) {
    return fmt::format(
        "exec 3<>/dev/tcp/127.0.0.1/3128 && printf 'GET http://127.0.0.1:{0}/ HTTP/1.1\\r\\nHost: "
        "127.0.0.1:{0}\\r\\n\\r\\n' "
        ">&3 && cat <&3",
        port);
}

std::string directly(int port) {
    return fmt::format("exec 3<>/dev/tcp/127.0.0.1/{} && printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&3 && cat <&3", port);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("session network: off reaches nothing of the host, host reaches it all") {
    if (no_sandbox_here()) return;
    HostServer server;
    Workspace workspace;
    CHECK(workspace.bash(directly(server.port)).outcome.code != 0);
    CHECK(workspace.bash(through_proxy(server.port)).outcome.code != 0);
    CHECK(server.served == 0);
    workspace.policy.network = NetworkMode::host;
    CHECK(has(workspace.bash(directly(server.port)).out.text(), "page"));
    CHECK(server.served == 1);
}

TEST_CASE("session network: the proxy reaches what a rule allows, by no other way, and names what it refused") {
    if (no_sandbox_here()) return;
    HostServer server;
    Workspace workspace;
    workspace.policy.network = NetworkMode::proxy;
    workspace.policy.net.allow_private = true;  // the server is the host's own
    workspace.policy.net.allow = {*parse_net_rule(fmt::format("127.0.0.1:{}", server.port), nullptr)};
    const Result allowed = workspace.bash(through_proxy(server.port));
    CHECK(has(allowed.out.text(), "page"));
    CHECK(allowed.violations.empty());
    CHECK(workspace.bash(directly(server.port)).outcome.code != 0);
    CHECK(server.served == 1);

    workspace.policy.net.allow = {*parse_net_rule("a.example", nullptr)};
    Session session = shared_sandbox().open(workspace.policy);
    const Result refused = session.run(bash(through_proxy(server.port)));
    CHECK(has(refused.out.text(), "403"));
    CHECK(has(refused.out.text(), "Ask the user to allow it"));
    REQUIRE(refused.violations.size() == 1);
    CHECK(has(refused.violations[0], fmt::format("127.0.0.1:{}", server.port)));
    CHECK(session.run(bash("echo $http_proxy")).out.text() == "http://127.0.0.1:3128\n");
    CHECK(session.run(bash("true")).violations.empty());
    CHECK(server.served == 1);
}

TEST_CASE("session network: a private address stays out of reach, even where a rule names it") {
    if (no_sandbox_here()) return;
    HostServer server;
    Workspace workspace;
    workspace.policy.network = NetworkMode::proxy;
    workspace.policy.net.allow = {*parse_net_rule(fmt::format("127.0.0.1:{}", server.port), nullptr)};
    CHECK(has(workspace.bash(through_proxy(server.port)).out.text(), "loopback"));
    CHECK(server.served == 0);
}

TEST_CASE(
    "session network: what a session asked of the network is told, after its end as well, the last of it included") {
    if (no_sandbox_here()) return;
    HostServer server;
    Workspace workspace;
    workspace.policy.network = NetworkMode::proxy;
    workspace.policy.net.allow_private = true;
    workspace.policy.net.allow = {*parse_net_rule(fmt::format("127.0.0.1:{}", server.port), nullptr)};
    Session session = shared_sandbox().open(workspace.policy);
    session.run(bash(through_proxy(server.port)));
    session.run(bash(through_proxy(1)));
    session.close();
    const auto network = session.network();
    REQUIRE(network.size() == 2);
    CHECK((network[0].allowed && network[0].port == server.port));
    CHECK((!network[1].allowed && network[1].port == 1));
    workspace.policy.network = NetworkMode::off;
    CHECK(shared_sandbox().open(workspace.policy).network().empty());
}
