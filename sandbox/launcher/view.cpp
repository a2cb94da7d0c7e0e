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
constexpr const char* site = "/proc";  // where the new root grows: nothing in it is ever a workspace or a share

void lay_folders(const HostSystem& host) {
    std::vector<std::string> names{"usr"};
    names.insert(names.end(), host.folders.begin(), host.folders.end());
    for (const std::string& name : names) {
        make_folder(name);
        attach(clone_tree(AT_FDCWD, "/" + name, system_flags), name);
    }
    for (const auto& [name, target] : host.links) make_link(target, name);
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

// These knobs belong to the guest's namespaces alone. What a guest takes of inotify is charged to its user on the host,
// too, who has 128 instances there by default: a guest leaves him most of them.
void set_knobs() {
    const std::pair<const char*, int> knobs[] = {
        {"max_user_namespaces", 0}, {"max_inotify_instances", 48}, {"max_inotify_watches", 65536}};
    for (const auto& [name, value] : knobs)
        write_text_at(AT_FDCWD, std::string("proc/sys/user/") + name, std::to_string(value));
}

// So does this one. An older kernel has only one and refuses; then the limit on processes is held by the rlimit and,
// where there is one, by the cgroup.
void set_pid_max(const Fd& knobs, const Limits& limits) {
    constexpr int reserved_pids = 300;  // numbers that the kernel does not give out a second time
    write_text_at(knobs.get(), "pid_max", std::to_string(limits.processes + reserved_pids + 1));
}

void cover_proc() {
    for (const char* name : proc_read_only)
        if (const std::string path = std::string("proc/") + name; exists(path))
            attach(clone_tree(AT_FDCWD, path, read_only | no_suid | no_devices | no_exec), path);
    for (const char* name : proc_masked)
        if (const std::string path = std::string("proc/") + name; exists(path))
            attach(copy_tree(AT_FDCWD, "dev/null"), path);
    for (const char* name : proc_emptied)
        if (const std::string path = std::string("proc/") + name; exists(path))
            attach(clone_tree(AT_FDCWD, "run", system_flags | no_exec), path);
}

BaseView lay_proc() {
    mount_new("proc", "proc", no_suid | no_devices | no_exec, "");
    set_knobs();
    BaseView base;
    base.proc = Fd(::open("proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    check(base.proc.get(), Step::proc, "open /proc");
    base.knobs = Fd(::open("proc/sys/kernel", O_PATH | O_DIRECTORY | O_CLOEXEC));
    check(base.knobs.get(), Step::proc, "open /proc/sys/kernel");
    cover_proc();
    return base;
}

}  // namespace

BaseView lay_base(const BasePlan& plan) {
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), Step::mounts,
          "cut the mounts off from the host's");
    mount_new("tmpfs", site, no_suid | no_devices, "mode=0755,size=4m");
    check(::chdir(site), Step::mounts, "enter the new root");
    for (const char* folder : {"proc", "tmp", "home", "run", "var"}) make_folder(folder);
    make_link("../tmp", "var/tmp");
    if (plan.common.empty())
        lay_system(plan.system);
    else
        lay_common(plan.common);
    lay_folders(plan.system.host);
    mount_new("devpts", "dev/pts", no_suid | no_exec, "newinstance,ptmxmode=0666,mode=0620");
    return lay_proc();
}

View build_view(BaseView base, const ViewPlan& plan) {
    const Opening& opening = plan.opening;
    const std::vector<Fd> own_trees = plan.trees.empty() ? open_trees(opening, plan.workspace) : std::vector<Fd>();
    const std::vector<Fd>& trees = plan.trees.empty() ? own_trees : plan.trees;
    make_scratch(plan);
    View view;
    view.overlay = attach_trees(opening, trees, {plan.guest_uid, plan.guest_gid}, plan.earlier);
    lay_covers(opening);
    set_pid_max(base.knobs, opening.policy.limits);
    view.proc = std::move(base.proc);
    become_root();
    restrict_mount("/", read_only | no_suid | no_devices);
    return view;
}

}  // namespace heddle::sandbox
