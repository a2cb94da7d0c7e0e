// tests/sandbox/attacks/network.cpp: Ways out through sockets (P43 to P52).
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using Kind = sandbox::Outcome::Kind;
using sandbox::Result;

constexpr const char* serve_on_port = R"(
import os, socket, threading
s = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
c = socket.create_connection(s.getsockname()); p, _ = s.accept(); p.send(b"ok"); print(c.recv(2).decode())
)";

// A server of the host whose socket lies in the workspace.
Act reach_socket_in_workspace(sandbox::WorkspaceMode mode) {
    return [=](Range& range) {
        const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (range.work() / "s").native().copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(server, 1) != 0)
            throw std::runtime_error("cannot listen in the workspace");
        ::chmod(address.sun_path, 0777);
        range.policy.mode = mode;
        const Result result = range.run({"python3", "-c", "import socket; socket.socket(socket.AF_UNIX).connect('s')"});
        const int guest = ::accept(server, nullptr, nullptr);
        if (guest >= 0) ::close(guest);
        ::close(server);
        return check_that(guest < 0, guest < 0 ? "ECONNREFUSED" : "connected", result);
    };
}

// A socket in a file is no file to open, and the workspace is the host's own folder.
std::string remark_on_sockets() {
    constexpr unsigned version_flag = 1;
    constexpr long first_with_sockets = 9;  // of Linux 7.1
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, version_flag);
    if (abi >= first_with_sockets) return "";
    return "before Landlock ABI 9 (Linux 7.1) no rule holds sockets by their paths, and no filter of calls can read "
           "them; here it is " +
           std::to_string(abi) + "; hide such a file, or use mode cow";
}

std::vector<Attack> attacks_through_the_loopback() {
    return {
        {"P43", "TCP out",
         bash(
             "for a in 192.0.2.1/80 198.51.100.7/443 8.8.8.8/53 10.0.0.1/22; do (exec 3<>/dev/tcp/$a) && echo reached; "
             "done; true",
             {"", {"ENETUNREACH"}}),
         python(serve_on_port, {"ok\n"})},
        {"P43", "UDP and TCP out, version 6",
         python("import socket, sys\n"
                "for family, address in ((socket.AF_INET, '192.0.2.1'), (socket.AF_INET6, '2001:db8::1')):\n"
                "  for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):\n"
                "    try: socket.socket(family, kind).connect((address, 53)); print('reached')\n"
                "    except OSError as error: print(error, file=sys.stderr)",
                {"", {"ENETUNREACH"}}),
         python("import socket\ns = socket.socket(socket.AF_INET6); s.bind(('::1', 0)); s.listen()\n"
                "socket.create_connection(s.getsockname()[:2]); print('ok')",
                {"ok\n"})},
        {"P44", "a server of the host's loopback",
         bash("for h in 127.0.0.1 localhost 127.1.2.3 0.0.0.0 ::1; do (exec 3<>/dev/tcp/$h/$PORT) && echo reached; "
              "done; "
              "true",
              {"", {"ECONNREFUSED", "ENETUNREACH"}}),
         python(serve_on_port, {"ok\n"})},
        {"P45", "metadata address",
         bash("for h in 169.254.169.254 2852039166 0xa9fea9fe ::ffff:a9fe:a9fe fd00:ec2::254; do (exec "
              "3<>/dev/tcp/$h/80) && echo reached; done; true",
              {"", {"ENETUNREACH"}}),
         bash("getent hosts localhost >/dev/null && echo ok", {"ok\n"})},
        {"P46", "names",
         bash("getent hosts x.example; python3 -c 'import socket\ntry: socket.getaddrinfo(\"x.example\", 80)\nexcept "
              "OSError: print(\"none\")'; (echo > /dev/udp/1.1.1.1/53)",
              {"none\n", {"ENETUNREACH"}, Kind::exited, 1}),
         bash("python3 -c 'import socket; print(socket.getaddrinfo(\"localhost\", 80)[0][4][1])'", {"80\n"})},
    };
}

}  // namespace

std::vector<Attack> attacks_on_the_network() {
    const Act own_socket = python(
        "import socket\ns = socket.socket(socket.AF_UNIX); s.bind('s'); s.listen()\n"
        "socket.socket(socket.AF_UNIX).connect('s'); print('ok')",
        {"ok\n"});
    std::vector<Attack> all = attacks_through_the_loopback();
    const std::vector<Attack> more = {
        {"P47", "the proxy's allow-list", nullptr, nullptr, "asked by net/rules_test and session_network_test"},
        {"P48", "names that change their address", nullptr, nullptr, "asked by net/egress_proxy_test"},
        {"P49", "another name within TLS", nullptr, nullptr, "asked by net/protocols_test"},
        {"P50", "raw sockets",
         asks("ask_kernel", {"raw", "raw_high", "packet", "vsock", "vsock_high", "alg", "netfilter"},
              {"EPERM", "EAFNOSUPPORT"}),
         python("import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\n"
                "a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1).decode(), [n for _, n in "
                "socket.if_nameindex()])",
                {"x ['lo']\n"})},
        {"P51", "abstract sockets",
         python(
             "import os, socket\nsocket.socket(socket.AF_UNIX).connect('\\0heddle-attack-' + os.environ['HOST_PID'])",
             {"", {"ECONNREFUSED", "EPERM"}, Kind::exited, 1}),
         python("import socket\ns = socket.socket(socket.AF_UNIX); s.bind('\\0mine'); s.listen()\n"
                "socket.socket(socket.AF_UNIX).connect('\\0mine'); print('ok')",
                {"ok\n"})},
        {"P52", "docker, D-Bus, the ssh agent",
         bash("ls /var/run/docker.sock /run/docker.sock /run/dbus/system_bus_socket /run/user; echo \"$SSH_AUTH_SOCK"
              "$DBUS_SESSION_BUS_ADDRESS\"; python3 -c 'import os, socket; "
              "socket.socket(socket.AF_UNIX).connect(os.environ[\"OUTSIDE\"] + \"/agent\")'",
              {"\n", {"ENOENT"}, Kind::exited, 1}),
         own_socket},
        {"P52", "a host's socket in the workspace, cow", reach_socket_in_workspace(sandbox::WorkspaceMode::cow),
         own_socket},
        {"P52", "a host's socket in the workspace", reach_socket_in_workspace(sandbox::WorkspaceMode::direct),
         own_socket, remark_on_sockets()},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace heddle::test
