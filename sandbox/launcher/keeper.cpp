// sandbox/launcher/keeper.cpp: The steps of the setup inside the guest's namespaces, then orders, one poll() for all.
#include "sandbox/launcher/keeper.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/body.h"
#include "sandbox/launcher/capabilities.h"
#include "sandbox/launcher/confinement.h"
#include "sandbox/launcher/enclosure.h"
#include "sandbox/launcher/guest_folder.h"
#include "sandbox/launcher/hold_still.h"
#include "sandbox/launcher/jobs.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/rewinder.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/tree_end.h"
#include "sandbox/launcher/unconfined.h"
#include "sandbox/launcher/usher.h"
#include "sandbox/launcher/wrapping.h"

namespace heddle::sandbox {

namespace {

struct LauncherGone {};

// For who looks at the host's processes.
void name_itself(const KeeperPlan& plan) {
    ::prctl(PR_SET_NAME, plan.control ? "heddle-keeper" : "heddle-blank", 0, 0, 0);
}

// The launcher's other descriptors are other guests' ends; held here they would outlive their owners.
void close_all_but(std::vector<int> kept) {
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

// The numbers of the standard streams, which a command lays its own over: nothing that it still needs may have them.
std::array<Fd, 3> occupy_standard_numbers() {
    std::array<Fd, 3> places;
    for (Fd& place : places) {
        place = Fd(::open("/", O_PATH | O_CLOEXEC));
        check(place.get(), Step::command, "keep the numbers of the standard streams");
    }
    return places;
}

// Dies with the launcher. A change of user undoes this, so it is said again after it.
void die_with_launcher(const Fd& start) {
    check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), Step::identity, "tie the guest to the launcher");
    pollfd launcher{start.get(), 0, 0};
    if (::poll(&launcher, 1, 0) != 0) ::_exit(1);  // it has gone before the tie was made
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

// Over the socket that came with it its sender is told. False where the guest cannot go on.
bool rewind(Message order, Shelter& shelter, Rewinder& rewinder, Jobs& jobs, Usher& usher) {
    if (order.fds.empty()) return true;
    const Fd notes = std::move(order.fds[0]);
    bool goes_on = true;
    try {
        const Rewind wanted = decode_rewind(take_body(order));
        Note done;
        done.kind = Note::Kind::rewound;
        if (!shelter.common_rules) throw Error("there is nothing that is kept apart to go back in");
        if (wanted.kind == Rewind::Kind::keep) {
            const HoldStill still(shelter.proc);
            rewinder.keep(wanted.snapshot);
            tell(notes, done);
            return true;
        }
        if (jobs.is_wanted())
            throw Error("a command of the session runs, and works in what would be taken away; end it");
        rewinder.prepare(wanted.snapshot);
        goes_on = false;
        jobs.end_all();
        rewinder.go_back(wanted.covers);
        usher.begin(landlock_of(shelter));
        goes_on = true;
        tell(notes, done, std::array{shelter.overlay.merged.get(), shelter.overlay.changes.get()});
    } catch (const std::exception& error) {
        Note failure;
        failure.kind = Note::Kind::failed;
        failure.text = error.what() + std::string(goes_on ? "" : "; the session has ended");
        const std::array workspace = {shelter.overlay.merged.get()};
        tell(notes, failure, std::span(workspace).first(goes_on && shelter.overlay.merged ? 1 : 0));
    }
    return goes_on;
}

// Until the supervisor closes the socket, the launcher has gone, or a command has ended that was to be the last.
void serve(const KeeperPlan& plan, const Fd& children, Shelter& shelter, Usher& usher) {
    Jobs jobs(plan.opening.policy, plan.cgroup.task_events(), shelter, usher);
    Rewinder rewinder(shelter.overlay, shelter.workspace);
    while (!jobs.is_over()) {
        std::vector<pollfd> fds{{plan.control.get(), POLLIN, 0}, {children.get(), POLLIN, 0}, {plan.start.get(), 0, 0}};
        jobs.watch(fds);
        if (::poll(fds.data(), fds.size(), -1) < 0) {
            if (errno == EINTR) continue;
            throw SetupError(Step::command, "wait for orders", errno);
        }
        if (fds[2].revents != 0) throw LauncherGone{};
        jobs.obey(fds.data() + 3);
        if (fds[1].revents != 0) {
            signalfd_siginfo ignored{};
            while (::read(children.get(), &ignored, sizeof ignored) > 0) {
            }
            jobs.reap();
        }
        if (fds[0].revents == 0) continue;
        auto order = receive_message(plan.control.get());
        if (!order) return;
        if (!order->bytes.starts_with("rewind:"))
            jobs.start(std::move(*order));
        else if (!rewind(std::move(*order), shelter, rewinder, jobs, usher))
            return;
    }
}

std::string cure(const std::string& word, Tier tier) {
    if (tier == Tier::d) return "without a sandbox nothing is enforced: ask for one, or leave it out of require";
    if (word == "memory" || word == "memory.hard")
        return "a cgroup that this process may write holds memory: delegate one (systemd-run --user --scope -p "
               "Delegate=yes heddle ...), or leave it out";
    if (word == "net") return "the network mode host leaves it open: use off or proxy";
    if (word == "disk" || word == "protected-paths")
        return "use the workspace mode cow or ro where there are namespaces, or leave it out";
    return "run where there are namespaces (heddle sandbox probe says why there are none), or leave it out";
}

// Before the first command: what the policy asks for stands, or nothing runs.
void demand(const Policy& policy, const Enforcement& held) {
    if (const auto word = unmet(policy.require, held))
        throw SetupError(Step::tier,
                         fmt::format("hold {}, which the policy requires, in tier {}", *word, name_of(held.tier)),
                         cure(*word, held.tier));
}

// A blank is asked for.
void take_opening(KeeperPlan& plan, Message message) {
    if (message.fds.empty()) throw SetupError(Step::request, "read the descriptors of an opening", EPROTO);
    plan.control = std::move(message.fds[0]);  // the first, so that it can be told of what comes
    const std::string body = take_body(message);
    if (message.fds.size() != 2 && message.fds.size() != 3)
        throw SetupError(Step::request, "read the descriptors of an opening", EPROTO);
    plan.workspace = std::move(message.fds[1]);
    if (message.fds.size() == 3) plan.earlier = std::move(message.fds[2]);
    plan.opening = decode_opening(body);
}

// Up to the launcher's next word to go on; returns the mounts that it has made, and puts an opening into the plan.
std::vector<Fd> await_word(KeeperPlan& plan) {
    std::vector<Fd> mounts;
    for (;;) {
        auto message = receive_message(plan.start.get());
        if (!message) ::_exit(1);
        if (message->bytes == "go") return mounts;
        if (message->bytes == "mount")
            mounts.push_back(std::move(message->fds.at(0)));
        else
            take_opening(plan, std::move(*message));
    }
}

Shelter build_shelter(KeeperPlan& plan, const std::vector<Fd>& common) {
    switch (plan.tier) {
        case Tier::a: {
            Groundwork groundwork = lay_groundwork(plan, common);
            const std::vector<Fd> trees = await_word(plan);
            name_itself(plan);
            return build_enclosure(plan, std::move(groundwork), trees);
        }
        case Tier::b:
            return build_wrapping(plan);
        case Tier::c:
            return build_confinement(plan);
        case Tier::d:
            return build_unconfined(plan);
    }
    throw SetupError(Step::tier, "build a shelter", EINVAL);
}

void send_view(const KeeperPlan& plan, const Shelter& shelter, const Note& note) {
    std::vector<int> fds{shelter.proc.get(), shelter.segments.get()};
    Fd workspace;
    if (keeps_apart(plan.opening.policy.mode)) {
        workspace = Fd(::open(shelter.workspace.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        fds.push_back(check(workspace.get(), Step::workspace, "open the workspace for who watches the guest"));
        if (shelter.overlay.changes) fds.push_back(shelter.overlay.changes.get());
    }
    send_message(plan.control.get(), encode(note), fds);
}

void set_up_and_serve(KeeperPlan& plan) {
    const bool is_first = has_namespaces(plan.tier);  // of its own: then the kernel ends what is left with it
    if (is_first) die_with_launcher(plan.start);
    const std::vector<Fd> common = plan.tier == Tier::b ? std::vector<Fd>() : await_word(plan);
    if (is_first && plan.has_range) {
        become_root_inside();
        die_with_launcher(plan.start);
    }
    check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), Step::identity, "hide the guest's first process from it");
    check(::setsid(), Step::identity, "start a session");
    Shelter shelter = build_shelter(plan, common);
    demand(plan.opening.policy, shelter.held);
    if (shelter.has_sources) close_capability_sources();
    const Fd children = watch_children();  // before there is a thread that would take the signal
    Usher usher;
    if (shelter.common_rules) usher.begin(landlock_of(shelter));
    Note note;  // that all of it stands
    note.kind = Note::Kind::view;
    note.enforcement = shelter.held;
    note.tree = is_first ? 0 : ::getpid();
    send_view(plan, shelter, note);
    serve(plan, children, shelter, usher);
}

// The launcher makes another in its place; if it asks for this one meanwhile, that guest is told.
void be_asked_in_vain(KeeperPlan& plan) {
    try {
        send_message(plan.start.get(), blank_failed);
        while (!plan.control) await_word(plan);
    } catch (const std::exception&) {
        ::_exit(1);
    }
}

// The launcher says so too, but only once the kernel has taken down the namespaces, which nobody need wait for.
void tell_end(const KeeperPlan& plan) {
    rusage own{}, reaped{};
    ::getrusage(RUSAGE_SELF, &own);
    ::getrusage(RUSAGE_CHILDREN, &reaped);
    tell(plan.control,
         note_of_end(plan.cgroup, cpu_of(own) + cpu_of(reaped), std::max(own.ru_maxrss, reaped.ru_maxrss)));
    ::sched_yield();  // else who waits for this waits, on the same processor, for our whole exit
}

}  // namespace

void keep(KeeperPlan plan) {
    bool has_launcher = true;
    try {
        name_itself(plan);
        plan.cgroup.enter();
        const auto [tasks, kills, peak] = plan.cgroup.kept();
        close_all_but(
            {plan.control.get(), plan.start.get(), plan.workspace.get(), plan.earlier.get(), tasks, kills, peak});
        const auto standard = occupy_standard_numbers();
        set_up_and_serve(plan);
    } catch (const LauncherGone&) {
        has_launcher = false;  // so that the caller hears of this instead of an end like any other
    } catch (const std::exception& error) {
        if (!plan.control) be_asked_in_vain(plan);
        tell_failure(plan.control, error.what());
    }
    if (plan.tier == Tier::a) {
        end_namespace();
        if (has_launcher) tell_end(plan);
    } else if (!has_namespaces(plan.tier)) {
        end_descendants();
        remove_folder(plan.folder);
    }
    ::_exit(0);
}

}  // namespace heddle::sandbox
