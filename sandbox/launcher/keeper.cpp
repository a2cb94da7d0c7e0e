// sandbox/launcher/keeper.cpp: The steps of the setup that happen inside the guest's namespaces.
#include "sandbox/launcher/keeper.h"

#include <linux/close_range.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "sandbox/channel.h"
#include "sandbox/launcher/command.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

// The launcher's other descriptors are other guests' ends; held here they would outlive their owners.
void close_all_but(std::array<int, 6> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned next = 0;
    for (const int fd : kept) {
        const auto at = static_cast<unsigned>(fd);
        if (at > next) ::close_range(next, at - 1, 0);
        next = at + 1;
    }
    ::close_range(next, ~0u, 0);
}

// Dies with the launcher. A change of user undoes this, so it is said again after it.
void die_with_launcher(const Fd& start) {
    check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), Step::identity, "tie the guest to the launcher");
    pollfd launcher{start.get(), 0, 0};
    if (::poll(&launcher, 1, 0) != 0) ::_exit(1);  // it has gone before the tie was made
}

void raise_loopback() {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    check(socket.get(), Step::loopback, "open a socket");
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    check(::ioctl(socket.get(), SIOCSIFFLAGS, &request), Step::loopback, "raise the guest's own loopback");
}

std::chrono::microseconds cpu_of(const rusage& usage) {
    const auto of = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

void fail(const Fd& control, const char* why) {
    Note note;
    note.kind = Note::Kind::failed;
    note.text = why;
    send_message(control.get(), encode(note));
}

pid_t start_command(const KeeperPlan& plan) {
    const pid_t command = check(::fork(), Step::command, "fork the command");
    if (command != 0) return command;
    try {
        become_command({plan.request, plan.filter, plan.in, plan.out, plan.err, plan.has_range});
    } catch (const std::exception& error) {
        fail(plan.control, error.what());
    }
    ::_exit(1);
}

// Everything whose parent has died comes here to be reaped.
void reap_until_end_of(pid_t command, const Fd& control) {
    for (;;) {
        int status = 0;
        rusage usage{};
        const pid_t ended = ::wait4(-1, &status, 0, &usage);
        if (ended != command) continue;
        Note note;
        note.kind = Note::Kind::finished;
        note.wait_status = status;
        note.cpu = cpu_of(usage);
        return send_message(control.get(), encode(note));
    }
}

void set_up_and_run(const KeeperPlan& plan) {
    die_with_launcher(plan.start);
    const auto go = receive_message(plan.start.get());
    if (!go) ::_exit(1);
    const Fd none;
    const Fd& tree = go->fds.empty() ? none : go->fds[0];
    if (plan.has_range) {
        become_root_inside();
        die_with_launcher(plan.start);
    }
    check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), Step::identity, "hide the guest's PID 1 from it");
    check(::setsid(), Step::identity, "start a session");
    check(::sethostname("heddle", 6), Step::identity, "name the guest's host");
    raise_loopback();
    const Fd proc = build_view({plan.request.policy, plan.etc, plan.workspace, tree, plan.guest_uid, plan.guest_gid});
    Note view;
    view.kind = Note::Kind::view;
    send_message(plan.control.get(), encode(view), std::array{proc.get()});
    reap_until_end_of(start_command(plan), plan.control);
}

}  // namespace

void keep(KeeperPlan plan) {
    try {
        plan.cgroup.enter();
        close_all_but({plan.control.get(), plan.start.get(), plan.workspace.get(), plan.in.get(), plan.out.get(),
                       plan.err.get()});
        set_up_and_run(plan);
    } catch (const std::exception& error) {
        try {
            fail(plan.control, error.what());
        } catch (const std::exception&) {
            ::_exit(1);  // nobody listens any more
        }
    }
    ::_exit(0);
}

}  // namespace heddle::sandbox
