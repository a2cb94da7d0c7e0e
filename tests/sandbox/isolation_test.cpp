// tests/sandbox/isolation_test.cpp: What a guest cannot see, reach, change or leave behind, held against the host.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include <arpa/inet.h>

#include "tests/support/sandbox_house.h"

using namespace heddle::test;
namespace fs = std::filesystem;

namespace {

bool has(const heddle::sandbox::Result& result, const std::string& text) {
    return result.out.text().find(text) != std::string::npos || result.err.text().find(text) != std::string::npos;
}

// A server of the host on its loopback; returns its port.
int listen_on_loopback(int& server) {
    server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(server, 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(server, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

bool somebody_came(int server) {
    ::fcntl(server, F_SETFL, O_NONBLOCK);
    return ::accept(server, nullptr, nullptr) >= 0;
}

}  // namespace

TEST_CASE("isolation: a guest reads no secret of the host") {
    if (no_sandbox_here()) return;
    const TempFolder outside;
    std::ofstream(outside.path() / "secret") << "canary-in-a-file";
    ::setenv("HEDDLE_TEST_API_KEY", "canary-in-a-variable", 1);
    Workspace workspace;
    const auto result =
        workspace.bash("cat " + (outside.path() / "secret").native() +
                       "; cat /etc/shadow ~/.ssh/* /root/.* /root/*; ls /root /home; env; cat /proc/*/environ; "
                       "cat /proc/*/cmdline; ls -R /proc/1/root /var /run /opt /srv /mnt /boot");
    ::unsetenv("HEDDLE_TEST_API_KEY");
    CHECK(!has(result, "canary"));
    CHECK(!has(result, "root:"));
    CHECK(!has(result, "sandbox_tests"));
    CHECK(result.out.text().find("PATH=/usr/local/bin:/usr/bin:/bin") != std::string::npos);
}

TEST_CASE("isolation: a guest sees and kills only its own processes") {
    if (no_sandbox_here()) return;
    const pid_t bystander = ::fork();
    if (bystander == 0)
        for (;;) ::pause();
    Workspace workspace;
    const auto seen = workspace.bash("echo /proc/[0-9]*; kill -9 " + std::to_string(bystander) + "; echo $$");
    CHECK(exited(seen));
    CHECK(seen.out.text() == "/proc/1 /proc/2\n2\n");
    const auto killed = workspace.bash("kill -STOP 1; kill -9 1; kill -9 -1; echo still here");
    CHECK(exited(killed));
    CHECK(killed.out.text() == "still here\n");
    CHECK(::waitpid(bystander, nullptr, WNOHANG) == 0);
    ::kill(bystander, SIGKILL);
    ::waitpid(bystander, nullptr, 0);
}

TEST_CASE("isolation: a guest reaches neither the host's loopback nor the network, but serves on its own") {
    if (no_sandbox_here()) return;
    int server = -1;
    const std::string port = std::to_string(listen_on_loopback(server));
    Workspace workspace;
    const auto out = workspace.bash("for a in 127.0.0.1/" + port +
                                    " 192.0.2.1/80 169.254.169.254/80; do "
                                    "(exec 3<>/dev/tcp/$a) 2>/dev/null && echo reached $a; done; ls /sys/class/net; "
                                    "cat /proc/net/dev | tail -n +3 | cut -d: -f1");
    CHECK(!has(out, "reached"));
    CHECK(out.out.text() == "    lo\n");
    CHECK(out.usage.wall < std::chrono::seconds(20));
    CHECK(!somebody_came(server));
    ::close(server);

    const auto own = workspace.python(
        "import asyncio\nasync def main():\n"
        "  async def serve(r, w): w.write(await r.read(2)); await w.drain(); w.close()\n"
        "  s = await asyncio.start_server(serve, '127.0.0.1', " +
        port +
        ")\n"
        "  r, w = await asyncio.open_connection('127.0.0.1', " +
        port +
        ")\n"
        "  w.write(b'ok'); print((await r.read(2)).decode())\n"
        "asyncio.run(main())");
    CHECK(exited(own));
    CHECK(own.out.text() == "ok\n");
}

TEST_CASE("isolation: a guest does not reach an abstract socket of the host") {
    if (no_sandbox_here()) return;
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "heddle-canary-" + std::to_string(::getpid());
    name.copy(address.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    REQUIRE(::bind(server, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(server, 1) == 0);
    Workspace workspace;
    const auto result = workspace.python("import socket; socket.socket(socket.AF_UNIX).connect('\\0" + name + "')");
    CHECK(exited(result, 1));
    CHECK(has(result, "ConnectionRefusedError"));
    CHECK(!somebody_came(server));
    ::close(server);
}

TEST_CASE("isolation: a guest writes its workspace and its own folders, and nothing else") {
    if (no_sandbox_here()) return;
    const TempFolder outside;
    std::ofstream(outside.path() / "kept") << "as it was";
    Workspace workspace;
    fs::create_symlink(outside.path(), workspace.path() / "way_out");
    const auto result = workspace.bash(
        "for d in / /usr /usr/bin /etc /var /run /home /proc /proc/sys/kernel /dev; do touch $d/x 2>/dev/null && echo "
        "wrote $d; done; "
        "echo evil > way_out/kept; touch ../canary-of-a-guest; touch way_out/new; ln -s /etc/hosts l; echo evil > l; "
        "ln /usr/bin/env e && echo linked; mv l /usr/f && echo moved; echo evil > /proc/sys/kernel/core_pattern && "
        "echo knob; "
        "echo evil > /proc/sysrq-trigger && echo knob; echo 0 > /proc/sys/net/ipv4/ip_forward && echo knob; "
        "for d in . ~ /tmp /dev/shm /var/tmp; do echo mine > $d/file && cat $d/file; done");
    CHECK(result.out.text() == "mine\nmine\nmine\nmine\nmine\n");
    CHECK(workspace.read("file") == "mine\n");
    std::ifstream kept(outside.path() / "kept");
    CHECK(std::string(std::istreambuf_iterator<char>(kept), {}) == "as it was");
    CHECK(!fs::exists(outside.path() / "new"));
    CHECK(!fs::exists(workspace.path().parent_path() / "canary-of-a-guest"));
}

TEST_CASE("isolation: a read-only workspace is read and not written") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.write("file", "text");
    workspace.policy.mode = heddle::sandbox::WorkspaceMode::ro;
    const auto result =
        workspace.bash("cat file; echo evil > file; touch new; chmod 777 file; rm file; touch /tmp/ok && echo ok");
    CHECK(result.out.text() == "textok\n");
    CHECK(workspace.read("file") == "text");
    CHECK(!fs::exists(workspace.path() / "new"));
}

TEST_CASE("isolation: a guest inherits no descriptor but its three streams") {
    if (no_sandbox_here()) return;
    const int canary = ::open("/etc/passwd", O_RDONLY);  // without O_CLOEXEC, on purpose
    const int high = ::fcntl(canary, F_DUPFD, 900);
    heddle::sandbox::Sandbox late = heddle::sandbox::Sandbox::start();
    Workspace workspace;
    workspace.add_guest("list_fds");
    const auto result = late.run({{"./list_fds"}, "", {}, false}, workspace.policy);
    CHECK(exited(result));
    CHECK(result.out.text() == "0\n1\n2\n");
    ::close(canary);
    ::close(high);
}

TEST_CASE("isolation: a daemon that ignores every signal dies with its command, and at the deadline") {
    if (no_sandbox_here()) return;
    using Kind = heddle::sandbox::Outcome::Kind;
    Workspace workspace;
    workspace.add_guest("stay_alive");
    workspace.policy.limits.wall = std::chrono::seconds(2);
    for (const bool ends_itself : {true, false}) {
        auto argv = std::vector<std::string>{"./stay_alive"};
        if (ends_itself) argv.push_back("end");
        const auto result = workspace.run(argv);
        CHECK(result.outcome.kind == (ends_itself ? Kind::exited : Kind::timed_out));
        CHECK(result.outcome.exit_status() == (ends_itself ? 5 : 124));
        const auto beats = workspace.read("beats").size();
        CHECK(beats > 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        CHECK(workspace.read("beats").size() == beats);
        fs::remove(workspace.path() / "beats");
    }
}

TEST_CASE("isolation: a crash leaves no core file and is told by its signal") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    const auto result = workspace.bash("kill -SEGV $$");
    CHECK(result.outcome.kind == heddle::sandbox::Outcome::Kind::signaled);
    CHECK(result.outcome.exit_status() == 128 + SIGSEGV);
    CHECK(fs::is_empty(workspace.path()));
}

TEST_CASE("isolation: what a guest makes belongs to the workspace's owner, who may be anybody") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    const auto owned_by = [&](unsigned uid) {
        if (::getuid() == 0) REQUIRE(::chown(workspace.path().c_str(), uid, uid) == 0);
        CHECK(exited(workspace.bash("rm -f made; echo x > made; test -O made")));
        struct stat made {
        }, folder{};
        REQUIRE(::stat((workspace.path() / "made").c_str(), &made) == 0);
        REQUIRE(::stat(workspace.path().c_str(), &folder) == 0);
        CHECK(made.st_uid == folder.st_uid);
    };
    for (const unsigned uid : {0u, 1000u, 33u, 4242u, 70000u}) owned_by(::getuid() == 0 ? uid : ::getuid());
}

TEST_CASE("isolation: everyday work is not in the way of any of this") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.write("hello.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n");
    const auto result = workspace.bash(R"sh(set -e
        if command -v git; then git init -q . ; git -c user.name=a -c user.email=a@b add -A
            git -c user.name=a -c user.email=a@b commit -qm one; git log --oneline | wc -l; git status --short; fi >/dev/null
        if command -v gcc >/dev/null; then gcc hello.c -o hello; ./hello; else echo hello; fi
        if command -v node >/dev/null; then node -e 'console.log(require("child_process").spawnSync("echo",["ok"]).stdout+"")' | grep -q ok; fi
        tar cf a.tar hello.c; mkdir d; tar xf a.tar -C d; cmp hello.c d/hello.c; mktemp >/dev/null; echo x > /dev/null
        python3 -c 'import sqlite3, ssl, multiprocessing; multiprocessing.Lock(); sqlite3.connect("db").execute("create table t(x)")'
        getent passwd "$(id -u)" | grep -q guest; test "$PWD" = "$(pwd -P)"; echo done > /dev/stderr)sh");
    CHECK(exited(result));
    CHECK(result.out.text() == "hello\n");
}

TEST_CASE("isolation: what guests have in common nobody can write to, not even who could change its mount") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) return;  // then each guest makes its own
    const Workspace workspace;
    const auto result =
        workspace.bash("grep -E ' /(etc|dev) ' /proc/self/mountinfo | sed 's/.* - //'; touch /etc/x /dev/x");
    std::istringstream lines(result.out.text());
    int alike = 0;
    for (std::string line; std::getline(lines, line); ++alike) CHECK(line.starts_with("tmpfs tmpfs ro,"));
    CHECK((alike == 2 || alike == 0));  // an older kernel has nothing in common
    CHECK(result.outcome.exit_status() == 1);
    CHECK(workspace.bash("test -O /etc/passwd || stat -c %U /etc/passwd /dev/fd").out.text() == "root\nroot\n");
}
