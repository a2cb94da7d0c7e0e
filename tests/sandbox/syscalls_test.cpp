// tests/sandbox/syscalls_test.cpp: What a guest may not ask of the kernel (sandbox/launcher/seccomp.cpp and its like).
#include <sys/stat.h>

#include <cerrno>

#include "tests/support/sandbox_house.h"

using namespace heddle::test;

namespace {

std::map<std::string, int> answers(const std::string& text) {
    std::map<std::string, int> all;
    std::istringstream lines(text);
    std::string name;
    for (int error; lines >> name >> error;) all[name] = error;
    return all;
}

}  // namespace

TEST_CASE("syscalls: the kernel refuses a guest mounts, namespaces, other processes and itself") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("ask_kernel");
    const auto result = workspace.run({"./ask_kernel"});
    REQUIRE(exited(result));
    auto given = answers(result.out.text());
    CHECK(given.size() > 70);
    CHECK(given.at("no_new_privs") == 0);
    given.erase("no_new_privs");

    for (const auto& [name, error] : given) {
        INFO(name);
        CHECK(error != 0);
        CHECK(error != EFAULT);                        // the kernel had got as far as reading the arguments
        CHECK((error != EINVAL || name == "setuid"));  // root may not even exist inside
        CHECK(error != EBADF);
    }
    for (const char* name : {"io_uring_setup", "clone3", "openat2", "memfd_secret"}) CHECK(given.at(name) == ENOSYS);
    for (const char* name : {"vsock", "vsock_high", "packet", "alg"}) CHECK(given.at(name) == EAFNOSUPPORT);
    for (const char* name : {"mount", "chmod_high", "tiocsti_high", "prlimit_init"}) CHECK(given.at(name) == EPERM);
}

TEST_CASE("syscalls: no set-id file and no device is left on the host") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("ask_kernel");
    REQUIRE(exited(workspace.run({"./ask_kernel"})));
    for (const auto& entry : std::filesystem::directory_iterator(workspace.path())) {
        struct stat file {};
        REQUIRE(::lstat(entry.path().c_str(), &file) == 0);
        INFO(entry.path().string());
        CHECK((file.st_mode & (S_ISUID | S_ISGID)) == 0);
        CHECK(S_ISREG(file.st_mode));
    }
}

TEST_CASE("syscalls: ordinary modes, threads, sockets and limits of one's own still work") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    const auto result = workspace.python(R"(
import os, resource, socket, stat, subprocess, threading, multiprocessing
open("f", "w").write("x"); os.chmod("f", 0o755); os.mkdir("d", 0o700)
t = threading.Thread(target=lambda: None); t.start(); t.join()
a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
socket.socket(socket.AF_INET6); socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
assert subprocess.run(["true"]).returncode == 0
with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
)");
    CHECK(exited(result));
}

TEST_CASE("syscalls: set-uid programs give a guest no other user") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    const auto result = workspace.bash(
        "for p in $(find /usr -perm -4000 -type f 2>/dev/null | head -30); do echo $p; done; id -u; "
        "grep -E 'NoNewPrivs|Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status; su -c id nobody </dev/null || true");
    REQUIRE(exited(result));
    CHECK(result.out.text().find("uid=") == std::string::npos);
    CHECK(result.out.text().find("NoNewPrivs:\t1") != std::string::npos);
    std::istringstream lines(result.out.text());
    for (std::string line; std::getline(lines, line);)
        if (line.rfind("Cap", 0) == 0) CHECK(line.substr(line.find('\t') + 1) == "0000000000000000");
}
