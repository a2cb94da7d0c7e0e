// tests/sandbox/attacks/range.cpp: Lays out canaries and servers, and looks at the host after each attack.
#include "tests/sandbox/attacks/range.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

template <typename Address>
int listening(int family, const Address& address, socklen_t size) {
    const int server = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server < 0 || ::bind(server, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(server, 8) != 0)
        throw std::runtime_error("cannot listen for a guest");
    return server;
}

}  // namespace

Range::Range(fs::path programs)
    : programs_(std::move(programs)), marker_("heddle-attack-" + std::to_string(::getpid())) {
    const fs::path home = folder_.path() / "home";
    for (const char* name : {".ssh/id_ed25519", ".netrc", ".aws/credentials", ".bashrc", ".profile"})
        write(home / name, "canary-in-a-file\n");
    write(folder_.path() / "outside/kept", "canary-in-a-file\n");
    for (const auto& [name, value] : {std::pair<const char*, std::string>{"HOME", home},
                                      {"HEDDLE_API_KEY", "canary-in-a-variable"},
                                      {"AWS_SECRET_ACCESS_KEY", "canary-in-a-variable"},
                                      {"GITHUB_TOKEN", "canary-in-a-variable"},
                                      {"SSH_AUTH_SOCK", folder_.path() / "outside/agent"}})
        ::setenv(name, value.c_str(), 1);
    listen();
    sandbox = std::make_unique<sandbox::Sandbox>(sandbox::Sandbox::start(launcher()));  // inherits all of this
    refresh();
    before_ = host_state();
}

Range::~Range() {
    for (const Server& server : servers_) ::close(server.socket);
}

// On the loopback, at an abstract name, and at a path: none of these is the guest's to reach.
void Range::listen() {
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    servers_.push_back({"the loopback", listening(AF_INET, loopback, sizeof loopback)});
    socklen_t size = sizeof loopback;
    ::getsockname(servers_.back().socket, reinterpret_cast<sockaddr*>(&loopback), &size);
    port_ = ntohs(loopback.sin_port);

    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    marker_.copy(name.sun_path + 1, sizeof name.sun_path - 1);
    const auto name_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + marker_.size());
    servers_.push_back({"an abstract socket", listening(AF_UNIX, name, name_size)});

    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    (folder_.path() / "outside/agent").native().copy(path.sun_path, sizeof path.sun_path - 1);
    servers_.push_back({"a socket's path", listening(AF_UNIX, path, sizeof path)});
}

void Range::refresh() {
    policy = {};
    policy.workspace = folder_.path() / "work";
    policy.tier = tier;
    if (tier == sandbox::Tier::c) policy.mode = sandbox::WorkspaceMode::cow;
    std::error_code ignored;
    fs::remove_all(policy.workspace, ignored);
    fs::create_directory(policy.workspace);
}

sandbox::Command Range::command(std::vector<std::string> argv) const {
    sandbox::Command command;
    command.argv = std::move(argv);
    command.environment = {{"HEDDLE_MARKER", marker_},
                           {"OUTSIDE", folder_.path() / "outside"},
                           {"HOST_HOME", folder_.path() / "home"},
                           {"PORT", std::to_string(port_)},
                           {"HOST_PID", std::to_string(::getpid())},
                           {"LAUNCHER", launcher()}};
    return command;
}

sandbox::Result Range::run(std::vector<std::string> argv) {
    return sandbox->run(command(std::move(argv)), policy);
}

void Range::add_guest(const std::string& name) const {
    fs::copy_file(programs_ / name, work() / name, fs::copy_options::skip_existing);
}

std::string Range::read(const std::string& name) const {
    return text_of(work() / name);
}

std::map<std::string, std::string> Range::host_state() const {
    std::map<std::string, std::string> state;
    const auto add = [&](const fs::path& path) {
        struct stat found {};
        if (::lstat(path.c_str(), &found) != 0) return;
        state[path] = std::to_string(found.st_mode) + " " + std::to_string(found.st_uid) +
                      (S_ISREG(found.st_mode) ? " " + text_of(path) : "");
    };
    for (auto entry = fs::recursive_directory_iterator(folder_.path()); entry != fs::end(entry); ++entry) {
        if (entry->path() == work())
            entry.disable_recursion_pending();
        else
            add(entry->path());
    }
    for (const char* path : {"/etc/hosts", "/etc/passwd", "/etc/ld.so.preload", "/proc/sys/kernel/core_pattern",
                             "/proc/sys/vm/swappiness", "/proc/sys/net/ipv4/ip_forward", "/usr/heddle-canary",
                             "/etc/heddle-canary", "/heddle-canary", "/usr/local/bin/heddle-canary"})
        add(path);
    add(launcher());
    utsname name{};
    ::uname(&name);
    state["host name"] = name.nodename;
    return state;
}

bool Range::anybody_came() {
    bool came = false;
    for (const Server& server : servers_)
        for (int guest = ::accept(server.socket, nullptr, nullptr); guest >= 0;
             guest = ::accept(server.socket, nullptr, nullptr)) {
            ::close(guest);
            came = true;
        }
    return came;
}

// Processes with the marker in their environment, which every command of this range has been given.
std::vector<std::string> Range::left_running() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        if (text_of(entry.path() / "environ").find("HEDDLE_MARKER=" + marker_) != std::string::npos)
            found.push_back(name + " " + text_of(entry.path() / "comm"));
    }
    return found;
}

std::string Range::damage() {
    std::string text;
    const auto after = host_state();
    for (const auto& [name, value] : after) {
        const auto was = before_.find(name);
        if (was == before_.end())
            text += "new: " + name + "\n";
        else if (was->second != value)
            text += "changed: " + name + "\n";
    }
    for (const auto& [name, value] : before_)
        if (after.count(name) == 0) text += "gone: " + name + "\n";
    before_ = after;
    if (anybody_came()) text += "a server of the host was reached\n";
    for (const auto& process : left_running()) text += "still runs: " + process + "\n";
    return text;
}

}  // namespace heddle::test
