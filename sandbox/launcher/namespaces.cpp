// sandbox/launcher/namespaces.cpp: clone3 and the files of /proc that give a user namespace its ids.
#include "sandbox/launcher/namespaces.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sandbox/launcher/capabilities.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

void write_map(pid_t child, const char* file, const std::string& lines) {
    const int error = write_text_at(AT_FDCWD, "/proc/" + std::to_string(child) + "/" + file, lines);
    if (error != 0) throw SetupError(Step::id_map, std::string("write ") + file, error);
}

}  // namespace

Clone clone_into(std::uint64_t namespaces, int cgroup) {
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = namespaces | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(cgroup);
    }
    // As fork() would, but glibc has no face for it; this process has one thread, so nothing is lost.
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) throw SetupError(Step::clone, "clone into new namespaces", errno);
    return {static_cast<pid_t>(pid), Fd(pid == 0 ? -1 : pidfd)};
}

Clone fork_plainly() {
    const pid_t pid = check(::fork(), Step::clone, "fork the guest's first process");
    if (pid == 0) return {0, Fd()};
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (pidfd) return {pid, std::move(pidfd)};
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw SetupError(Step::clone, "open the guest's first process", error);
}

std::uint64_t guest_namespaces(NetworkMode network) {
    const std::uint64_t own_network = network == NetworkMode::host ? 0 : CLONE_NEWNET;
    return CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | own_network;
}

Identities::Identities() {
    const std::string uid_map = read_text_at(AT_FDCWD, "/proc/self/uid_map");
    const std::string gid_map = read_text_at(AT_FDCWD, "/proc/self/gid_map");
    const bool root = ::geteuid() == 0;
    has_range_ =
        root && covers(uid_map, host_ids_first, host_ids_count) && covers(gid_map, host_ids_first, host_ids_count);
    would_be_root_ = root && !has_range_ && zero_is_zero(uid_map);
    if (root) return;
    uid_outside_ = uid_inside_ = ::geteuid();
    gid_outside_ = ::getegid();
    gid_inside_ = ::getegid() == 0 ? guest_id : ::getegid();
}

void Identities::demand_other_than_root() const {
    if (::geteuid() != 0) return;
    if (!has_range_)
        throw SetupError(Step::identity, "become another user than root in tier C",
                         fmt::format("there is no user {} here; run Heddle as an ordinary user", uid_outside_));
    if (!has_capability(CAP_SETUID) || !has_capability(CAP_SETGID) || !has_capability(CAP_CHOWN))
        throw SetupError(Step::identity, "become another user than root in tier C",
                         "root lacks CAP_SETUID, CAP_SETGID or CAP_CHOWN here; run Heddle as an ordinary user");
}

void Identities::write_maps(pid_t child) const {
    if (has_range_) {
        write_map(child, "uid_map", range_map());
        write_map(child, "gid_map", range_map());
        return;
    }
    if (would_be_root_) throw SetupError(Step::id_map, "run a guest as anybody but the host's root", EPERM);
    write_map(child, "uid_map", single_map(uid_inside_, ::geteuid()));
    write_map(child, "setgroups", "deny");
    write_map(child, "gid_map", single_map(gid_inside_, ::getegid()));
}

const Fd& Identities::workspace_owner(Id uid, Id gid) {
    Fd& kept = owners_[{uid, gid}];
    if (kept) return kept;
    const Clone holder = clone_into(CLONE_NEWUSER);
    if (holder.pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        for (;;) ::pause();
    }
    try {
        write_map(holder.pid, "uid_map", workspace_map(uid));
        write_map(holder.pid, "gid_map", workspace_map(gid));
        const std::string path = "/proc/" + std::to_string(holder.pid) + "/ns/user";
        kept = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!kept) throw SetupError(Step::idmapped_mount, "open the owner's namespace", errno);
    } catch (...) {
        kill_and_reap(holder);
        throw;
    }
    kill_and_reap(holder);
    return kept;
}

void become_root_inside() {
    check(::setgroups(0, nullptr), Step::identity, "leave all groups");
    check(::setresgid(0, 0, 0), Step::identity, "become root inside");
    check(::setresuid(0, 0, 0), Step::identity, "become root inside");
}

int kill_and_reap(const Clone& child) {
    int status = 0;
    ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace heddle::sandbox
