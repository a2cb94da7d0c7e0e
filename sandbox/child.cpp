// sandbox/child.cpp: posix_spawn, which does not copy the page tables of a process with gigabytes.
#include "sandbox/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "sandbox/error.h"

namespace heddle::sandbox {

namespace {

constexpr int socket_place = 3;

class FileActions {
 public:
    explicit FileActions(int socket) {
        ::posix_spawn_file_actions_init(&actions_);
        // The socket first: with a closed standard input its own number may be below 3.
        ::posix_spawn_file_actions_adddup2(&actions_, socket, socket_place);
        ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
        if (::fcntl(2, F_GETFD) < 0) ::posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, socket_place + 1);
    }
    FileActions(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
    posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
    Attributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    }
    Attributes(const Attributes&) = delete;
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    const posix_spawnattr_t* get() const { return &attributes_; }

 private:
    posix_spawnattr_t attributes_;
};

}  // namespace

Child Child::spawn(const std::filesystem::path& program, const Fd& socket) {
    const FileActions actions(socket.get());
    const Attributes attributes;
    std::string name = program.native();
    char* const argv[] = {name.data(), nullptr};
    char* const environment[] = {nullptr};
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), argv, environment);
    if (error != 0) throw Error("start the sandbox launcher " + name, error);
    return Child(pid);
}

void Child::await_end(int milliseconds_max) const {
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    pollfd ended{process.get(), POLLIN, 0};
    if (process) ::poll(&ended, 1, milliseconds_max);
}

Child::~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace heddle::sandbox
