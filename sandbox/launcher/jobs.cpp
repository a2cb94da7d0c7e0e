// sandbox/launcher/jobs.cpp: A child for an order, a note for its end, and SIGKILL for a whole session.
#include "sandbox/launcher/jobs.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "sandbox/launcher/body.h"
#include "sandbox/launcher/command.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/terminal.h"
#include "sandbox/process_tree.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

namespace {

// Again until nobody is left, for a process may fork while it is looked for; but not for ever, for one may hang in the
// kernel, and other commands wait meanwhile.
void kill_session(pid_t session) {
    constexpr int looks_max = 1000;
    const Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    bool found = true;
    for (int look = 0; found && look < looks_max; ++look) {
        found = false;
        for (const pid_t pid : all_processes(proc)) {
            const auto process = look_at_process(proc, pid);
            if (!process || process->session != session || process->has_ended) continue;
            found = ::kill(pid, SIGKILL) == 0 || found;
        }
    }
}

}  // namespace

struct Jobs::Start {
    CommandPlan command;
    const Fd& notes;
};

int Jobs::live(void* given) {
    const Start& start = *static_cast<const Start*>(given);
    try {
        become_command(start.command);
    } catch (const std::exception& error) {
        tell_failure(start.notes, error.what());
    }
    ::_exit(1);
}

void Jobs::launch(Message& order) {
    const Fd& notes = order.fds[0];
    const Order wanted = decode_order(take_body(order));
    Terminal terminal;
    if (wanted.command.terminal) {
        terminal = open_terminal(*wanted.command.terminal, shelter_.uid, shelter_.gid);
        Note note;
        note.kind = Note::Kind::terminal;
        tell(notes, note, std::array{terminal.outer.get()});
    }
    const bool is_terminal_all = wanted.command.terminal && !wanted.command.is_talked_to;
    if (order.fds.size() != (is_terminal_all ? 1 : 4))
        throw SetupError(Step::request, "read the descriptors of a command", EPROTO);
    auto [door, door_of_command] = make_socket_pair();
    Fd notes_of_calls(check(::fcntl(notes.get(), F_DUPFD_CLOEXEC, 3), Step::command, "share a command's notes"));
    const std::uint64_t tasks_refused = limits_.tasks_refused();
    const auto end = [&](std::size_t at) -> const Fd& { return is_terminal_all ? terminal.inner : order.fds[at]; };
    const Program program(wanted.command, shelter_);
    Start start{{program, terminal.inner, policy_.limits, shelter_, end(1), end(2), end(3), door_of_command.get()},
                notes};
    pid_t pid = 0;
    usher_.run([&] {
        pid = starts_.start(live, &start);
        door_of_command.reset();
        await_program(pid, door, notes);
    });
    // Of the memory that both had, and the child's change of user has made this what the machine wants it to be.
    check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), Step::identity, "hide the guest's first process from it");
    if (!wanted.is_last) {
        Note note;
        note.kind = Note::Kind::begun;
        note.process = pid;
        tell(notes, note);
    }
    calls_.add(std::move(door), std::move(notes_of_calls));
    jobs_.push_back({pid, Fd(), wanted.is_last, false, tasks_refused});
}

void Jobs::start(Message order) {
    if (order.fds.empty()) return;
    try {
        launch(order);
        jobs_.back().notes = std::move(order.fds[0]);
    } catch (const std::exception& error) {
        tell_failure(order.fds[0], error.what());
        is_over_ = is_over_ || jobs_.empty();  // a guest whose first order cannot be run has nothing to wait for
    }
}

void Jobs::reap() {
    for (;;) {
        int status = 0;
        rusage usage{};
        const pid_t ended = ::wait4(-1, &status, WNOHANG, &usage);
        if (ended <= 0) return;
        for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
            if (job->pid != ended) continue;
            Note note;
            note.kind = Note::Kind::finished;
            note.wait_status = status;
            note.cpu = cpu_of(usage);
            limits_.add_to(note, job->tasks_refused);
            tell(job->notes, note);
            is_over_ = is_over_ || job->is_last;
            jobs_.erase(job);
            break;
        }
    }
}

bool Jobs::is_wanted() const {
    return std::ranges::any_of(jobs_, [](const Job& job) {
        pollfd supervisor{job.notes.get(), POLLIN, 0};
        return !job.is_killed && ::poll(&supervisor, 1, 0) == 0;
    });
}

void Jobs::end_all() {
    if (::getpid() != 1) throw SetupError(Step::command, "end all that runs in the guest", EPERM);
    ::kill(-1, SIGKILL);
    siginfo_t ended{};
    while (::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT | __WALL) == 0 || errno == EINTR) reap();
}

void Jobs::watch(std::vector<pollfd>& fds) const {
    for (const Job& job : jobs_) fds.push_back({job.is_killed ? -1 : job.notes.get(), POLLIN, 0});
    calls_.watch(fds);
}

void Jobs::obey(const pollfd* fds) {
    for (Job& job : jobs_) {
        if ((fds++)->revents == 0) continue;
        job.is_killed = true;      // a word or the end of file: both mean this
        ::kill(job.pid, SIGKILL);  // it may not have begun its session yet
        kill_session(job.pid);
    }
    calls_.obey(fds);
}

}  // namespace heddle::sandbox
