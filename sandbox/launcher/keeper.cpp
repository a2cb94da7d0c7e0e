// sandbox/launcher/keeper.cpp: The steps of the setup inside the guest's namespaces, then orders, one poll() for all.
#include "sandbox/launcher/keeper.h"

#include <linux/close_range.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/jobs.h"
#include "sandbox/launcher/landlock.h"
#include "sandbox/launcher/listeners.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/workspace.h"

namespace heddle::sandbox {

namespace {

// The launcher's other descriptors are other guests' ends; held here they would outlive their owners.
void close_all_but(std::array<int, 4> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned next = 0;
    for (const int fd : kept) {
        if (fd < 0) continue;
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

// A descriptor that can be read whenever a child has ended. A command gets its signals back before it is executed.
Fd watch_children() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGCHLD);
    check(::sigprocmask(SIG_BLOCK, &set, nullptr), Step::command, "hold back the signal of children");
    Fd children(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    check(children.get(), Step::command, "watch the guest's children");
    return children;
}

// Until the supervisor closes the socket, or a command has ended that was to be the last.
void serve(const KeeperPlan& plan) {
    const Fd children = watch_children();
    Jobs jobs({plan.opening.policy, plan.cgroup.task_events(), plan.filter, plan.has_range, plan.guest_uid,
               plan.guest_gid});
    while (!jobs.is_over()) {
        std::vector<pollfd> fds{{plan.control.get(), POLLIN, 0}, {children.get(), POLLIN, 0}};
        jobs.watch(fds);
        if (::poll(fds.data(), fds.size(), -1) < 0) {
            if (errno == EINTR) continue;
            throw SetupError(Step::command, "wait for orders", errno);
        }
        jobs.obey(fds.data() + 2);
        if (fds[1].revents != 0) {
            signalfd_siginfo ignored{};
            while (::read(children.get(), &ignored, sizeof ignored) > 0) {
            }
            jobs.reap();
        }
        if (fds[0].revents == 0) continue;
        auto order = receive_message(plan.control.get());
        if (!order) return;
        jobs.start(std::move(*order));
    }
}

void send_listeners(const Fd& control) {
    const std::vector<Fd> sockets = make_listeners();
    Note note;
    note.kind = Note::Kind::listeners;
    std::vector<int> fds;
    for (const Fd& socket : sockets) fds.push_back(socket.get());
    send_message(control.get(), encode(note), fds);
}

// The keeper goes into the domain too, so that all commands share one: each may signal what another has started.
void enter_landlock(const Opening& opening) {
    check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Step::seccomp, "give up new privileges");
    std::vector<std::string> writable = {"/tmp", guest_home, "/dev/shm", "/dev/pts"};
    if (opening.policy.mode != WorkspaceMode::ro) writable.push_back(opening.policy.workspace.native());
    for (const Share& share : opening.shares)
        if (share.writable) writable.push_back(share.place.native());
    apply_landlock(writable);
}

// The launcher's mounts, if it makes them, up to its word to go on.
std::vector<Fd> await_start(const Fd& start) {
    std::vector<Fd> trees;
    for (;;) {
        auto message = receive_message(start.get());
        if (!message) ::_exit(1);
        if (message->fds.empty()) return trees;
        trees.push_back(std::move(message->fds[0]));
    }
}

void set_up_and_serve(const KeeperPlan& plan) {
    die_with_launcher(plan.start);
    const std::vector<Fd> trees = await_start(plan.start);
    if (plan.has_range) {
        become_root_inside();
        die_with_launcher(plan.start);
    }
    check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), Step::identity, "hide the guest's PID 1 from it");
    check(::setsid(), Step::identity, "start a session");
    check(::sethostname("heddle", 6), Step::identity, "name the guest's host");
    if (plan.opening.policy.network != NetworkMode::host) raise_loopback();
    if (plan.opening.policy.network == NetworkMode::proxy) send_listeners(plan.control);
    const View view = build_view({plan.opening, plan.etc, plan.workspace, trees, plan.guest_uid, plan.guest_gid});
    enter_landlock(plan.opening);
    Note note;  // that all of it stands
    note.kind = Note::Kind::view;
    const std::array fds = {view.proc.get(), view.changes.get()};
    send_message(plan.control.get(), encode(note), std::span(fds).first(view.changes ? 2 : 1));
    serve(plan);
}

}  // namespace

void keep(KeeperPlan plan) {
    try {
        plan.cgroup.enter();
        close_all_but({plan.control.get(), plan.start.get(), plan.workspace.get(), plan.cgroup.task_events().get()});
        set_up_and_serve(plan);
    } catch (const std::exception& error) {
        tell_failure(plan.control, error.what());
    }
    ::_exit(0);
}

}  // namespace heddle::sandbox
