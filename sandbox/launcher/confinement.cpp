// sandbox/launcher/confinement.cpp: Folders instead of mounts, Landlock instead of a view, a subreaper instead of
// PID 1.
#include "sandbox/launcher/confinement.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/printable.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// Of the host's /etc, beside what every guest may see: in a view these would be the guest's own.
constexpr const char* etc_own[] = {"passwd", "group", "hosts", "hostname", "nsswitch.conf"};

void make_folder(const std::string& path, uid_t owner) {
    check(::mkdir(path.c_str(), 0700), Step::workspace, "make a folder for the guest");
    if (owner != ::getuid()) check(::chown(path.c_str(), owner, owner), Step::workspace, "give the guest its folder");
}

// Whether anybody may, by the mode of it and of the folders above.
bool is_for_all_to_read(const fs::path& path) {
    struct stat found {};
    const auto has = [&](const fs::path& each, mode_t bits) {
        return ::stat(each.c_str(), &found) == 0 && (found.st_mode & bits) == bits;
    };
    for (fs::path above = path.parent_path(); above != above.root_path(); above = above.parent_path())
        if (!has(above, S_IXOTH)) return false;
    return has(path, S_IROTH) && (!S_ISDIR(found.st_mode) || (found.st_mode & S_IXOTH) != 0);
}

// Rules let a guest through to what lies at its own path, and to no other.
std::string refusal_of(const Share& share, bool is_another_user) {
    std::error_code error;
    if (!fs::equivalent(share.source, share.place, error))
        return fmt::format("{} at another place ({}): that takes a mount; leave the cache out",
                           printable(share.source.native()), printable(share.place.native()));
    if (!is_another_user) return "";
    if (share.writable)
        return fmt::format(
            "{} to write to: to root's guests, who are another user, it cannot be lent without mounts; "
            "run Heddle as an ordinary user, or leave it out",
            printable(share.source.native()));
    if (!is_for_all_to_read(share.source))
        return fmt::format(
            "{} to read: root's guests are another user, and its mode or that of a folder above lets "
            "only some read it; let all, run Heddle as an ordinary user, or leave it out",
            printable(share.source.native()));
    return "";
}

LandlockRules system_rules(NetworkMode network) {
    LandlockRules rules;
    const auto read = [&](const std::string& path) {
        if (exists(path)) rules.readable.push_back(path);
    };
    read("/usr");
    for (const char* name : system_links) read(std::string("/") + name);
    for (const char* name : etc_files) read(std::string("/etc/") + name);
    for (const char* name : etc_folders) read(std::string("/etc/") + name);
    for (const char* name : etc_own) read(std::string("/etc/") + name);
    if (network == NetworkMode::host) read("/etc/resolv.conf");
    read("/proc");
    for (const char* name : devices)
        if (const std::string path = std::string("/dev/") + name; exists(path)) rules.devices.push_back(path);
    rules.no_tcp = network != NetworkMode::host;
    return rules;
}

// Each of these stands once build_confinement() has come so far, or when a command has put on its rules.
Enforcement held_by(const KeeperPlan& plan) {
    using enum Layer;
    Enforcement held;
    held.tier = Tier::c;
    for (const Layer layer : {files, processes, ipc, devices, syscalls, tasks}) held[layer] = Holder::kernel;
    if (plan.opening.policy.network != NetworkMode::host) held[network] = Holder::kernel;
    // As another user than all others, a guest owns nothing outside whose mode it could change. Landlock has no say.
    if (plan.has_range) held[modes] = Holder::kernel;
    held[memory] = plan.cgroup.keeper() == MemoryKeeper::polled ? Holder::supervised : Holder::kernel;
    for (const Layer layer : {cpu, output}) held[layer] = Holder::supervised;
    held[protected_paths] = Holder::supervised;  // by who commits
    return held;
}

}  // namespace

std::string refusal_in_confinement(const Opening& opening, bool is_another_user) {
    const Policy& policy = opening.policy;
    if (policy.mode == WorkspaceMode::direct)
        return "a workspace that is written directly: its protected paths cannot be held without mounts; use the mode "
               "cow or ro";
    if (policy.network == NetworkMode::proxy)
        return "the network mode proxy: nothing leads to the proxy without a network namespace; use off or host";
    if (!opening.covers.empty())
        return fmt::format(
            "{} hidden: nothing can be laid over it without mounts; leave it out of fs.hide, or run "
            "where there are namespaces",
            printable(opening.covers.front().place.native()));
    for (const Share& share : opening.shares)
        if (std::string why = refusal_of(share, is_another_user); !why.empty()) return why;
    return "";
}

Shelter build_confinement(const KeeperPlan& plan) {
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Step::identity, "become the reaper of the guest's orphans");
    const Policy& policy = plan.opening.policy;
    Shelter shelter;
    shelter.home = plan.folder + "/home";
    shelter.temporary = plan.folder + "/tmp";
    for (const auto& path : {shelter.home, shelter.temporary}) make_folder(path, plan.guest_uid);
    shelter.workspace = plan.opening.workspace_source.native();
    check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Step::seccomp, "give up new privileges");

    LandlockRules rules = system_rules(policy.network);
    rules.writable = {shelter.home, shelter.temporary};
    for (const Share& share : plan.opening.shares) {
        shelter.kept.push_back(find_source(share));
        const std::string path = fmt::format("/proc/self/fd/{}", shelter.kept.back().get());
        (share.writable ? rules.writable : rules.readable).push_back(path);
    }
    (policy.mode == WorkspaceMode::ro ? rules.readable : rules.writable).push_back(shelter.workspace);
    shelter.rules = std::move(rules);
    shelter.uid = plan.guest_uid;
    shelter.gid = plan.guest_gid;
    shelter.change_user = shelter.has_sources = plan.has_range;
    shelter.filter = &plan.filter;
    shelter.shows_host = shelter.counts_user = shelter.ends_alone = true;
    shelter.held = held_by(plan);
    shelter.bounds_data = shelter.held[Layer::memory] == Holder::supervised;
    shelter.proc = Fd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!shelter.proc) throw SetupError(Step::proc, "open /proc", errno);
    shelter.segments = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    check(shelter.segments.get(), Step::proc, "open /dev/null");
    return shelter;
}

}  // namespace heddle::sandbox
