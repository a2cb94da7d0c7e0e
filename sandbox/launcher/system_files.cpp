// sandbox/launcher/system_files.cpp: Files written, folders and devices cloned from the host, links made.
#include "sandbox/launcher/system_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sandbox/id_map.h"
#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/new_root.h"
#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/launcher/setup_error.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

void lay_etc(const SystemPlan& plan) {
    for (const char* folder : {"etc", "etc/ssl"}) make_folder(folder);
    const EtcFiles own = etc_of_guest(plan.network, plan.guest_uid, plan.guest_gid);
    for (const EtcFiles* files : {&plan.host.etc, &own})
        for (const auto& [name, content] : *files) write_file("etc/" + name, content);
    for (const std::string& name : plan.host.etc_folders) {
        make_folder("etc/" + name);
        attach(clone_tree(AT_FDCWD, "/etc/" + name, read_only | no_suid | no_devices), "etc/" + name);
    }
}

void lay_dev() {
    for (const char* folder : {"dev", "dev/pts", "dev/shm"}) make_folder(folder);
    for (const char* name : devices) {
        const std::string place = std::string("dev/") + name;
        make_empty_file(place);
        attach(clone_tree(AT_FDCWD, "/" + place, read_only | no_suid | no_exec), place);
    }
    for (const auto& [target, path] : {std::pair{"pts/ptmx", "dev/ptmx"},
                                       {"/proc/self/fd", "dev/fd"},
                                       {"/proc/self/fd/0", "dev/stdin"},
                                       {"/proc/self/fd/1", "dev/stdout"},
                                       {"/proc/self/fd/2", "dev/stderr"}})
        make_link(target, path);
}

// In this folder, and as the root of guests: what is made is theirs to see as root's.
class WorkAsTheirRoot {
 public:
    explicit WorkAsTheirRoot(const Fd& folder) {
        check(::fchdir(folder.get()), Step::mounts, "enter the folder of the common files");
        ::setfsgid(host_ids_first);
        ::setfsuid(host_ids_first);
    }
    WorkAsTheirRoot(const WorkAsTheirRoot&) = delete;
    ~WorkAsTheirRoot() {
        ::setfsuid(0);
        ::setfsgid(0);
        if (::chdir("/") != 0) ::_exit(1);
    }
};

Fd make_common(const SystemPlan& plan) {
    Fd root = detached_memory(fmt::format("{}", host_ids_first), "4m");
    {
        const WorkAsTheirRoot working(root);
        lay_system(plan);
    }
    make_read_only(root);
    return root;
}

}  // namespace

HostSystem read_host_system() {
    HostSystem host;
    host.etc = read_etc_files();
    for (const char* name : etc_folders)
        if (fs::exists(std::string("/etc/") + name)) host.etc_folders.emplace_back(name);
    for (const char* name : system_links) {
        const std::string path = std::string("/") + name;
        if (fs::is_symlink(path))
            host.links.emplace_back(name, fs::read_symlink(path).native());
        else if (fs::exists(path))
            host.folders.emplace_back(name);
    }
    return host;
}

void lay_system(const SystemPlan& plan) {
    lay_etc(plan);
    lay_dev();
}

std::vector<Fd> CommonSystem::clone(const SystemPlan& plan) {
    std::vector<Fd> trees;
    if (!can_) return trees;
    try {
        Fd& made = made_[plan.network];
        if (!made) made = make_common(plan);
        for (const char* name : {"etc", "dev"}) trees.push_back(copy_tree(made.get(), name));
    } catch (const SetupError&) {
        can_ = false;  // each guest's keeper makes the same for itself, and tells what fails
        made_.clear();
        trees.clear();
    }
    return trees;
}

}  // namespace heddle::sandbox
