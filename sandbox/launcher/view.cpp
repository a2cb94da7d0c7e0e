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
#include "sandbox/launcher/places.h"
#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/text_file.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr unsigned system_flags = read_only | no_suid | no_devices;
constexpr const char* base = "/tmp";  // where the new root grows; all sources are opened before

struct Source {
    Fd tree;
    std::string place;  // relative to the new root
};

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

void make_folder(const std::string& path, mode_t mode = 0755) {
    if (::mkdir(path.c_str(), mode) == 0) {
        // The mode of a folder that others shall write must not depend on the umask.
        if (::chmod(path.c_str(), mode) == 0) return;
    } else if (errno == EEXIST) {
        return;
    }
    throw SetupError(Step::mounts, "make the folder /" + path, errno);
}

void make_folders(const fs::path& path) {
    fs::path sofar;
    for (const auto& part : path) {
        sofar /= part;
        make_folder(sofar.native());
    }
}

void write_file(const std::string& path, const std::string& content) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) throw SetupError(Step::mounts, "make the file /" + path, errno);
    errno = EIO;  // of a write that is cut short, and sets none
    if (::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
        throw SetupError(Step::mounts, "write /" + path, errno);
}

void make_link(const std::string& target, const std::string& path) {
    if (::symlink(target.c_str(), path.c_str()) != 0) throw SetupError(Step::mounts, "make the link /" + path, errno);
}

// All that comes from the host, opened while its paths still mean the host.
std::vector<Source> open_sources() {
    std::vector<Source> sources;
    sources.push_back({clone_tree(AT_FDCWD, "/usr", system_flags), "usr"});
    for (const char* name : system_links)
        if (const std::string path = std::string("/") + name; exists(path) && !fs::is_symlink(path))
            sources.push_back({clone_tree(AT_FDCWD, path, system_flags), name});
    for (const char* name : etc_folders)
        if (const std::string path = std::string("/etc/") + name; exists(path))
            sources.push_back({clone_tree(AT_FDCWD, path, system_flags), path.substr(1)});
    for (const char* name : devices)
        sources.push_back({clone_tree(AT_FDCWD, std::string("/dev/") + name, read_only | no_suid | no_exec),
                           std::string("dev/") + name});
    return sources;
}

void make_etc(const EtcFiles& of_host, const EtcFiles& own) {
    for (const char* folder : {"etc", "etc/ssl"}) make_folder(folder);
    for (const EtcFiles* files : {&of_host, &own})
        for (const auto& [name, content] : *files) write_file("etc/" + name, content);
}

void attach_sources(const std::vector<Source>& sources) {
    for (const auto& source : sources) {
        if (source.place.rfind("dev/", 0) == 0)
            write_file(source.place, "");
        else
            make_folder(source.place);
        attach(source.tree, source.place);
    }
    for (const char* name : system_links) {
        std::error_code error;
        const fs::path target = fs::read_symlink(std::string("/") + name, error);
        if (!error && !exists(name)) make_link(target.native(), name);
    }
}

void make_dev() {
    mount_new("devpts", "dev/pts", no_suid | no_exec, "newinstance,ptmxmode=0666,mode=0620");
    for (const auto& [target, path] : {std::pair{"pts/ptmx", "dev/ptmx"},
                                       {"/proc/self/fd", "dev/fd"},
                                       {"/proc/self/fd/0", "dev/stdin"},
                                       {"/proc/self/fd/1", "dev/stdout"},
                                       {"/proc/self/fd/2", "dev/stderr"}})
        make_link(target, path);
}

// One file system of memory, so that one size bounds /tmp, the home folder and /dev/shm together.
void make_scratch(const ViewPlan& plan) {
    constexpr std::uint64_t bytes_a_file = 4096;
    const std::uint64_t bytes = plan.opening.policy.limits.tmp_bytes;
    make_folder("scratch");
    mount_new("tmpfs", "scratch", no_suid | no_devices,
              fmt::format("mode=0755,size={},nr_inodes={}", bytes, std::max<std::uint64_t>(bytes / bytes_a_file, 64)));
    make_folder("scratch/tmp", 01777);
    make_folder("scratch/shm", 01777);
    make_folder("scratch/home", 0700);
    check(::chown("scratch/home", plan.guest_uid, plan.guest_gid), Step::mounts, "give the guest its home");
    const std::string home = std::string(guest_home).substr(1);
    make_folders(home);
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"tmp", "tmp"}, {"shm", "dev/shm"}, {"home", home}})
        attach(clone_tree(AT_FDCWD, "scratch/" + from, no_suid | no_devices), to);
    check(::umount2("scratch", MNT_DETACH), Step::mounts, "detach the scaffolding");
    check(::rmdir("scratch"), Step::mounts, "remove the scaffolding");
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
            attach(clone_tree(AT_FDCWD, "dev/null", read_only | no_suid | no_exec), path);
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
    const std::vector<Source> sources = open_sources();
    const EtcFiles own_etc = etc_of_guest(plan.opening.policy.network, plan.guest_uid, plan.guest_gid);
    const std::vector<Fd> own_trees = plan.trees.empty() ? open_trees(plan.opening, plan.workspace) : std::vector<Fd>();
    const std::vector<Fd>& trees = plan.trees.empty() ? own_trees : plan.trees;

    mount_new("tmpfs", base, no_suid | no_devices, "mode=0755,size=4m");
    check(::chdir(base), Step::mounts, "enter the new root");
    for (const char* folder : {"usr", "dev", "dev/pts", "dev/shm", "proc", "tmp", "home", "run", "var"})
        make_folder(folder);
    make_link("../tmp", "var/tmp");
    make_etc(plan.etc, own_etc);
    attach_sources(sources);
    make_dev();
    make_scratch(plan);
    const HomeOwner owner{plan.guest_uid, plan.guest_gid};
    View view;
    view.changes = attach_trees(plan.opening, trees, owner);
    lay_covers(plan.opening);
    view.proc = make_proc(plan.opening.policy.limits);
    become_root();
    restrict_mount("/", read_only | no_suid | no_devices);
    return view;
}

}  // namespace heddle::sandbox
