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
#include "sandbox/text_file.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// Who answers for names: nobody, the proxy, or whom the host asks.
std::string resolver_of(NetworkMode network) {
    switch (network) {
        case NetworkMode::off:
            return "";
        case NetworkMode::proxy:
            return "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n";
        case NetworkMode::host:
            return read_text_at(AT_FDCWD, "/etc/resolv.conf");
    }
    return "";
}

void lay_etc(const SystemPlan& plan) {
    for (const char* folder : {"etc", "etc/ssl"}) make_folder(folder);
    for (const auto& [name, content] : plan.host.etc) write_file("etc/" + name, content);
    write_file("etc/passwd", fmt::format("root:x:0:0:root:/:/usr/sbin/nologin\nguest:x:{}:{}:guest:{}:/bin/bash\n"
                                         "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
                                         plan.guest_uid, plan.guest_gid, guest_home));
    write_file("etc/group", fmt::format("root:x:0:\nguest:x:{}:\nnogroup:x:65534:\n", plan.guest_gid));
    write_file("etc/hosts", "127.0.0.1 localhost heddle\n::1 localhost\n");
    write_file("etc/hostname", "heddle\n");
    write_file("etc/resolv.conf", resolver_of(plan.network));
    const char* hosts = plan.network == NetworkMode::off ? "files" : "files dns";
    write_file("etc/nsswitch.conf",
               fmt::format("passwd: files\ngroup: files\nhosts: {}\nservices: files\nprotocols: files\n", hosts));
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
    for (const char* name : etc_files)
        if (std::string content = read_text_at(AT_FDCWD, std::string("/etc/") + name); !content.empty())
            host.etc[name] = std::move(content);
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
