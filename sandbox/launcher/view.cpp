// sandbox/launcher/view.cpp: A root of memory on which little is laid, so that nothing has to be hidden.
#include "sandbox/launcher/view.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/new_root.h"
#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/launcher/system_files.h"
#include "sandbox/text_file.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr unsigned system_flags = read_only | no_suid | no_devices;
constexpr const char* base = "/tmp";  // where the new root grows; what of the host may lie there is opened before

struct Source {
    Fd tree;
    std::string place;  // relative to the new root
};

// Of the host's root, opened while its paths still mean the host.
std::vector<Source> open_sources(const HostSystem& host) {
    std::vector<Source> sources;
    sources.push_back({clone_tree(AT_FDCWD, "/usr", system_flags), "usr"});
    for (const std::string& name : host.folders)
        sources.push_back({clone_tree(AT_FDCWD, "/" + name, system_flags), name});
    return sources;
}

void lay_common(const std::vector<Fd>& system) {
    const char* const names[] = {"etc", "dev"};
    for (std::size_t at = 0; at < system.size(); ++at) {
        make_folder(names[at]);
        attach(system[at], names[at]);
    }
}

void make_folders(const fs::path& path) {
    fs::path sofar;
    for (const auto& part : path) {
        sofar /= part;
        make_folder(sofar.native());
    }
}

// One file system of memory, so that one size bounds /tmp, the home folder and /dev/shm together.
void make_scratch(const ViewPlan& plan) {
    constexpr std::uint64_t bytes_a_file = 4096;
    const std::uint64_t bytes = plan.opening.policy.limits.tmp_bytes;
    mount_new("tmpfs", scaffold, no_suid | no_devices,
              fmt::format("mode=0755,size={},nr_inodes={}", bytes, std::max<std::uint64_t>(bytes / bytes_a_file, 64)));
    const std::string scratch = std::string(scaffold) + "/";
    make_folder(scratch + "tmp", 01777);
    make_folder(scratch + "shm", 01777);
    make_folder(scratch + "home", 0700);
    check(::chown((scratch + "home").c_str(), plan.guest_uid, plan.guest_gid), Step::mounts, "give the guest its home");
    const std::string home = std::string(guest_home).substr(1);
    make_folders(home);
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"tmp", "tmp"}, {"shm", "dev/shm"}, {"home", home}})
        attach(clone_tree(AT_FDCWD, scratch + from, no_suid | no_devices), to);
}

// These knobs belong to the guest's namespaces alone. An older kernel has only one pid_max and refuses; then the
// limit on processes is held by the rlimit and, where there is one, by the cgroup. What a guest takes of inotify is
// charged to its user on the host, too, who has 128 instances there by default: a guest leaves him most of them.
void set_knobs(const Limits& limits) {
    constexpr int reserved_pids = 300;  // numbers that the kernel does not give out a second time
    const std::pair<const char*, int> knobs[] = {{"kernel/pid_max", limits.processes + reserved_pids + 1},
                                                 {"user/max_user_namespaces", 0},
                                                 {"user/max_inotify_instances", 48},
                                                 {"user/max_inotify_watches", 65536}};
    for (const auto& [name, value] : knobs)
        write_text_at(AT_FDCWD, std::string("proc/sys/") + name, std::to_string(value));
}

Fd make_proc(const Limits& limits) {
    mount_new("proc", "proc", no_suid | no_devices | no_exec, "");
    set_knobs(limits);
    for (const char* name : proc_read_only)
        if (const std::string path = std::string("proc/") + name; exists(path))
            attach(clone_tree(AT_FDCWD, path, read_only | no_suid | no_devices | no_exec), path);
    for (const char* name : proc_masked)
        if (const std::string path = std::string("proc/") + name; exists(path))
            attach(copy_tree(AT_FDCWD, "dev/null"), path);
    for (const char* name : proc_emptied)
        if (const std::string path = std::string("proc/") + name; exists(path))
            attach(clone_tree(AT_FDCWD, "run", system_flags | no_exec), path);
    Fd proc(::open("proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc) throw SetupError(Step::proc, "open /proc", errno);
    return proc;
}

}  // namespace

View build_view(const ViewPlan& plan) {
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), Step::mounts,
          "cut the mounts off from the host's");
    const Opening& opening = plan.opening;
    const std::vector<Source> sources = open_sources(plan.host);
    const std::vector<Fd> own_trees = plan.trees.empty() ? open_trees(opening, plan.workspace) : std::vector<Fd>();
    const std::vector<Fd>& trees = plan.trees.empty() ? own_trees : plan.trees;

    mount_new("tmpfs", base, no_suid | no_devices, "mode=0755,size=4m");
    check(::chdir(base), Step::mounts, "enter the new root");
    for (const char* folder : {"proc", "tmp", "home", "run", "var"}) make_folder(folder);
    make_link("../tmp", "var/tmp");
    if (plan.system.empty())
        lay_system({plan.host, opening.policy.network, plan.guest_uid, plan.guest_gid});
    else
        lay_common(plan.system);
    for (const auto& source : sources) {
        make_folder(source.place);
        attach(source.tree, source.place);
    }
    for (const auto& [name, target] : plan.host.links) make_link(target, name);
    mount_new("devpts", "dev/pts", no_suid | no_exec, "newinstance,ptmxmode=0666,mode=0620");
    make_scratch(plan);
    View view;
    view.changes = attach_trees(opening, trees, {plan.guest_uid, plan.guest_gid}, plan.earlier);
    lay_covers(opening);
    view.proc = make_proc(opening.policy.limits);
    become_root();
    restrict_mount("/", read_only | no_suid | no_devices);
    return view;
}

}  // namespace heddle::sandbox
