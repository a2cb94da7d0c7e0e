// tests/bench/bubblewrap_peer.h: bubblewrap, asked for all that a guest has and that it can give.
//
// The namespaces, the same view in as few mounts as it takes, no capabilities, the seccomp filter, a clean environment.
// It does less: neither Landlock nor limits nor a cgroup, nor /proc/fs read only, and root's program stays the host's
// root. Nor does it hold the output.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/launcher/seccomp.h"
#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/policy.h"
#include "sandbox/workspace.h"
#include "tests/bench/sandbox_peers.h"

namespace heddle::bench {

class BubblewrapPeer {
 public:
    // `own` is a folder for the few files of /etc that it is to show.
    BubblewrapPeer(const std::filesystem::path& workspace, const std::filesystem::path& own, const std::string& program)
        : filter_(sandbox::make_sealed_file(filter_bytes())) {
        make_etc(own);
        add({bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"});
        add({"--hostname", "heddle", "--seccomp", std::to_string(filter_.get())});
        add({"--ro-bind", "/usr", "/usr"});
        for (const char* name : sandbox::system_links) add_system(name);
        add({"--ro-bind", own / "etc", "/etc"});
        for (const char* name : sandbox::etc_folders) add_bind("--ro-bind", std::string("/etc/") + name);
        add({"--dev", "/dev", "--dir", "/run", "--symlink", "../tmp", "/var/tmp"});
        const std::string size = std::to_string(sandbox::Limits().tmp_bytes);
        for (const char* place : {"/tmp", "/dev/shm", sandbox::guest_home}) add({"--size", size, "--tmpfs", place});
        add({"--bind", workspace, workspace, "--proc", "/proc"});
        for (const char* name : sandbox::proc_masked) add_over_proc("--dev-bind", "/dev/null", name);
        for (const char* name : sandbox::proc_emptied) add_over_proc("--ro-bind", own / "nothing", name);
        add({"--remount-ro", "/dev", "--remount-ro", "/", "--chdir", workspace, "--", program});
    }

    bool is_here() const { return ::access(bwrap, X_OK) == 0; }

    // Throws where the program fails.
    void run() const {
        ::lseek(filter_.get(), 0, SEEK_SET);  // of what the last one read to its end
        ::fcntl(filter_.get(), F_SETFD, 0);
        run_plainly(argv_);
        ::fcntl(filter_.get(), F_SETFD, FD_CLOEXEC);
    }

 private:
    static constexpr const char* bwrap = "/usr/bin/bwrap";

    // It has no listener for what guests are told of.
    static std::string filter_bytes() {
        const sandbox::SeccompFilter filter = sandbox::without_notices(sandbox::compile_seccomp());
        return {reinterpret_cast<const char*>(filter.data()), filter.size() * sizeof filter[0]};
    }

    static void make_etc(const std::filesystem::path& own) {
        std::filesystem::create_directories(own / "nothing");
        std::filesystem::create_directories(own / "etc/ssl");
        std::error_code none;  // each machine has its part of them
        for (const char* name : sandbox::etc_files)
            std::filesystem::copy_file(std::string("/etc/") + name, own / "etc" / name, none);
        for (const char* name : sandbox::etc_folders) std::filesystem::create_directories(own / "etc" / name);
        for (const char* name : {"passwd", "group", "hosts", "hostname", "resolv.conf", "nsswitch.conf"})
            std::ofstream(own / "etc" / name) << name;
    }

    void add(const std::vector<std::string>& words) { argv_.insert(argv_.end(), words.begin(), words.end()); }
    void add_bind(const char* how, const std::string& path) {
        if (sandbox::exists(path)) add({how, path, path});
    }
    void add_over_proc(const char* how, const std::string& what, const std::string& name) {
        if (sandbox::exists("/proc/" + name)) add({how, what, "/proc/" + name});
    }
    void add_system(const std::string& name) {
        std::error_code error;
        const auto target = std::filesystem::read_symlink("/" + name, error);
        error ? add_bind("--ro-bind", "/" + name) : add({"--symlink", target, "/" + name});
    }

    sandbox::Fd filter_;
    std::vector<std::string> argv_;
};

}  // namespace heddle::bench
