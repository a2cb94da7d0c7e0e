// sandbox/launcher/enclosure.cpp: Loopback, sockets for the proxy, the view, and Landlock over it for all commands.
#include "sandbox/launcher/enclosure.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/listeners.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/view.h"
#include "sandbox/workspace.h"

namespace heddle::sandbox {

namespace {

void raise_loopback() {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    check(socket.get(), Step::loopback, "open a socket");
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    check(::ioctl(socket.get(), SIOCSIFFLAGS, &request), Step::loopback, "raise the guest's own loopback");
}

void send_listeners(const Fd& control, const std::vector<Fd>& sockets) {
    Note note;
    note.kind = Note::Kind::listeners;
    std::vector<int> fds;
    for (const Fd& socket : sockets) fds.push_back(socket.get());
    send_message(control.get(), encode(note), fds);
}

// Each of these stands once build_enclosure() has come so far.
Enforcement held_by(const KeeperPlan& plan) {
    Enforcement held = held_in_view(plan);
    // What is the host's own is bounded file by file, and what is written there is there.
    const bool is_bounded = plan.opening.policy.mode != WorkspaceMode::direct &&
                            std::ranges::none_of(plan.opening.shares, &Share::writable);
    if (is_bounded) held[Layer::disk] = Holder::kernel;
    return held;
}

// Of all but the workspace.
LandlockRules rules_of_view(const Opening& opening) {
    LandlockRules rules{{"/"}, {"/dev"}, {"/tmp", guest_home, "/dev/shm", "/dev/pts"}};
    for (const Share& share : opening.shares) {
        struct stat found {};
        const std::string& path = share.place.native();
        if (share.writable) rules.writable.push_back(path);
        if (::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) rules.sockets.push_back(path);
    }
    return rules;
}

std::string path_of(const Fd& fd) {
    return "/proc/self/fd/" + std::to_string(fd.get());
}

// By descriptors, for when they are used again a guest may have put something else in the place of a name.
void name_by_descriptor(std::vector<std::string>& paths, std::vector<Fd>& kept) {
    for (std::string& path : paths) {
        kept.emplace_back(::open(path.c_str(), O_PATH | O_CLOEXEC));
        if (!kept.back()) throw SetupError(Step::landlock, "open " + path, errno);
        path = path_of(kept.back());
    }
}

}  // namespace

Enforcement held_in_view(const KeeperPlan& plan) {
    const Policy& policy = plan.opening.policy;
    using enum Layer;
    Enforcement held;
    held.tier = plan.tier;
    for (const Layer layer : {files, processes, ipc, devices, syscalls, view, modes, tasks})
        held[layer] = Holder::kernel;
    if (policy.network != NetworkMode::host) held[network] = Holder::kernel;
    held[memory] = plan.cgroup.keeper() == MemoryKeeper::polled ? Holder::supervised : Holder::kernel;
    for (const Layer layer : {cpu, output}) held[layer] = Holder::supervised;
    // By who commits; or nothing is taken back.
    if (policy.mode != WorkspaceMode::direct) held[protected_paths] = Holder::supervised;
    return held;
}

Fd open_segments() {
    Fd segments(::open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC));
    if (!segments && errno == ENOENT) segments = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));  // a kernel without
    check(segments.get(), Step::proc, "open the list of the guest's segments");
    return segments;
}

void enter_landlock_of_view(const Opening& opening) {
    check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Step::seccomp, "give up new privileges");
    LandlockRules rules = rules_of_view(opening);
    if (opening.policy.mode != WorkspaceMode::ro) rules.writable.push_back(opening.policy.workspace.native());
    apply_landlock(rules);
}

LandlockRules landlock_of(const Shelter& shelter) {
    LandlockRules rules = *shelter.common_rules;
    rules.writable.push_back(path_of(shelter.overlay.merged));
    return rules;
}

Groundwork lay_groundwork(const KeeperPlan& plan, const std::vector<Fd>& common) {
    const NetworkMode network = plan.opening.policy.network;
    check(::sethostname("heddle", 6), Step::identity, "name the guest's host");
    Groundwork groundwork;
    if (network != NetworkMode::host) raise_loopback();
    if (network == NetworkMode::proxy) groundwork.listeners = make_listeners();
    groundwork.view = lay_base({{plan.host, network, plan.guest_uid, plan.guest_gid}, common});
    return groundwork;
}

Shelter build_enclosure(const KeeperPlan& plan, Groundwork groundwork, const std::vector<Fd>& trees) {
    const Policy& policy = plan.opening.policy;
    if (policy.network == NetworkMode::proxy) send_listeners(plan.control, groundwork.listeners);
    View view = build_view(std::move(groundwork.view),
                           {plan.opening, plan.workspace, plan.earlier, trees, plan.guest_uid, plan.guest_gid});
    Shelter shelter;
    if (view.overlay.memory) {
        shelter.common_rules = rules_of_view(plan.opening);
        for (auto* paths : {&shelter.common_rules->writable, &shelter.common_rules->sockets})
            name_by_descriptor(*paths, shelter.kept);
    } else {
        enter_landlock_of_view(plan.opening);
    }
    shelter.workspace = policy.workspace.native();
    shelter.home = guest_home;
    shelter.temporary = "/tmp";
    shelter.uid = plan.guest_uid;
    shelter.gid = plan.guest_gid;
    shelter.change_user = plan.has_range;
    shelter.filter = &plan.filter;
    shelter.bounds_disk = true;
    shelter.held = held_by(plan);
    shelter.proc = std::move(view.proc);
    shelter.segments = open_segments();
    shelter.overlay = std::move(view.overlay);
    return shelter;
}

}  // namespace heddle::sandbox
