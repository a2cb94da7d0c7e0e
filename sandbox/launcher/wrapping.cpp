// sandbox/launcher/wrapping.cpp: Nothing that bubblewrap was asked for is taken for granted: each is looked at.
#include "sandbox/launcher/wrapping.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "sandbox/launcher/body.h"
#include "sandbox/launcher/capabilities.h"
#include "sandbox/launcher/enclosure.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/places.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr const char* namespaces[] = {"user", "mnt", "pid", "ipc", "uts", "net"};

Fd take(Given number) {
    return Fd(static_cast<int>(number));
}

[[noreturn]] void complain(const std::string& what) {
    throw SetupError(Step::tier, "take over what bubblewrap has made", what);
}

std::string link_of(const char* name) {
    std::error_code error;
    const fs::path link = fs::read_symlink(std::string("/proc/self/ns/") + name, error);
    if (error) throw SetupError(Step::tier, std::string("look at the namespace ") + name, error.value());
    return link.native();
}

bool is_read_only(const Fd& place) {
    struct statvfs found {};
    return ::fstatvfs(place.get(), &found) == 0 && (found.f_flag & ST_RDONLY) != 0;
}

bool is_mount(const Fd& place) {
    struct statx found {};
    return ::statx(place.get(), "", AT_EMPTY_PATH, 0, &found) == 0 &&
           (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// What holds whatever is in the view.
void demand_namespaces(const std::string& outside, NetworkMode network) {
    for (const char* name : namespaces) {
        if (network == NetworkMode::host && std::string_view(name) == "net") continue;
        if (outside.find(link_of(name) + " ") != outside.npos) complain(std::string("it left the namespace ") + name);
    }
    if (::getpid() != 1) complain("this is not the first process there");
    drop_capabilities();
    for (const char* path : {"/", "/usr"})
        if (!is_read_only(Fd(::open(path, O_PATH | O_CLOEXEC)))) complain(std::string(path) + " can be written to");
}

void demand_same(const Fd& place, const std::string& path, std::uint64_t device, std::uint64_t inode) {
    struct stat found {};
    if (::fstat(place.get(), &found) != 0 || found.st_dev != device || found.st_ino != inode)
        complain(path + " is not what was checked");
}

void demand_covered(const Cover& cover, const Opening& opening) {
    const Fd place = find_place(base_of(cover, opening), cover.place.native());
    struct stat found {};
    check(::fstat(place.get(), &found), Step::mounts, "look at what is covered");
    std::error_code error;
    const bool is_empty = S_ISDIR(found.st_mode) ? fs::is_empty(cover.place, error) : found.st_size == 0;
    const bool holds = cover.kind == Cover::Kind::held        ? is_mount(place)
                       : cover.kind == Cover::Kind::read_only ? is_read_only(place)
                                                              : is_empty && !error;
    if (!holds) complain(cover.place.native() + " is not covered");
}

void demand_view(const KeeperPlan& plan) {
    const Opening& opening = plan.opening;
    const auto look = [](const std::string& path) {
        Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
        if (!place) throw SetupError(Step::mounts, "find " + path + " in the guest's view", errno);
        return place;
    };
    struct stat workspace {};
    check(::fstat(plan.workspace.get(), &workspace), Step::workspace, "look at the workspace");
    const std::string& path = opening.policy.workspace.native();
    const Fd place = look(path);
    demand_same(place, path, workspace.st_dev, workspace.st_ino);
    if (opening.policy.mode == WorkspaceMode::ro && !is_read_only(place)) complain(path + " can be written to");
    for (const Share& share : opening.shares) {
        const Fd shared = look(share.place.native());
        demand_same(shared, share.place.native(), share.device, share.inode);
        if (!share.writable && !is_read_only(shared)) complain(share.place.native() + " can be written to");
    }
    for (const Cover& cover : opening.covers) demand_covered(cover, opening);
}

// Of /tmp, the home folder and /dev/shm, each: a set-uid bubblewrap gives them no size.
bool is_memory_bounded(std::uint64_t bytes_max) {
    return std::ranges::all_of(std::initializer_list<const char*>{"/tmp", guest_home, "/dev/shm"}, [&](const char* at) {
        struct statfs found {};
        constexpr std::uint64_t rounding = 1 << 16;
        return ::statfs(at, &found) == 0 && found.f_blocks > 0 &&
               found.f_blocks * static_cast<std::uint64_t>(found.f_bsize) <= bytes_max + rounding;
    });
}

int keep_within(const std::string& outside, const std::string& memory) {
    Fd control = take(Given::control);
    try {
        Fd events = take(Given::task_events);
        if (::fcntl(events.get(), F_GETFD) < 0) (void)events.release();
        const Cgroup cgroup = Cgroup::from_within(static_cast<MemoryKeeper>(std::stoi(memory)), std::move(events));
        Opening opening = decode_opening(read_body(take(Given::opening)));
        demand_namespaces(outside, opening.policy.network);
        const SeccompFilter filter = compile_seccomp();
        const HostSystem none;  // it is laid already
        keep({std::move(opening),
              none,
              filter,
              cgroup,
              std::move(control),
              take(Given::start),
              take(Given::workspace),
              {},
              Tier::b,
              false,
              ::geteuid(),
              ::getegid(),
              ""});
    } catch (const std::exception& error) {
        tell_failure(control, error.what());
    }
    return 1;
}

}  // namespace

std::string own_namespaces() {
    std::string text;
    for (const char* name : namespaces) text += link_of(name) + " ";
    return text;
}

int go_on_within(std::span<char*> arguments) {
    if (arguments.size() == 3 && std::string_view(arguments[0]) == keeper_word)
        return keep_within(arguments[1], arguments[2]);
    if (arguments.size() != 2 || std::string_view(arguments[0]) != trial_word) return 2;
    try {
        demand_namespaces(arguments[1], NetworkMode::off);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    return 0;
}

Shelter build_wrapping(const KeeperPlan& plan) {
    const Policy& policy = plan.opening.policy;
    demand_view(plan);
    enter_landlock_of_view(plan.opening);
    Shelter shelter;
    shelter.workspace = policy.workspace.native();
    shelter.home = guest_home;
    shelter.temporary = "/tmp";
    shelter.uid = plan.guest_uid;
    shelter.gid = plan.guest_gid;
    shelter.has_sources = false;
    shelter.filter = &plan.filter;
    shelter.bounds_disk = is_memory_bounded(policy.limits.tmp_bytes) && !keeps_apart(policy.mode);
    // The disk stays nobody's: bubblewrap bounds no number of files, and a copy of the workspace lies on the disk.
    shelter.held = held_in_view(plan);
    shelter.proc = Fd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!shelter.proc) throw SetupError(Step::proc, "open /proc", errno);
    shelter.segments = open_segments();
    return shelter;
}

}  // namespace heddle::sandbox
