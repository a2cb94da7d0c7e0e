// tests/sandbox/changes/overlay_house.h: A real overlay over a folder of the host, in a mount namespace of its own.
#pragma once

#include <doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "sandbox/changes/commit.h"
#include "sandbox/changes/snapshot.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

namespace changes = sandbox::changes;

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Every path below a folder with type, mode and content; commit's own folders too.
inline std::map<std::string, std::string> tree_of(const std::filesystem::path& root) {
    namespace fs = std::filesystem;
    std::map<std::string, std::string> tree;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const fs::file_status status = entry.symlink_status();
        std::string& line = tree[entry.path().lexically_relative(root)];
        if (fs::is_symlink(status))
            line = "link " + fs::read_symlink(entry.path()).native();
        else
            line = fmt::format("{:o} {}", static_cast<unsigned>(status.permissions()) & 0777u,
                               fs::is_regular_file(status) ? "file " + text_of(entry.path())
                               : fs::is_directory(status)  ? "folder"
                                                           : "special");
    }
    return tree;
}

// host() is the lower layer; what guest() runs sees it with the upper layer on top. A process holds the namespaces.
// `own_users`: in a user namespace, as for anybody but root.
class OverlayHouse {
 public:
    explicit OverlayHouse(changes::Marks marks = changes::Marks::user, bool own_users = false)
        : marks_(marks), own_users_(own_users) {
        options.diff.marks = marks;
        for (const char* name : {"host", "tmpfs", "journals"}) std::filesystem::create_directory(folder_.path() / name);
        int ready[2];
        if (::pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
        holder_ = ::fork();
        if (holder_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const std::string why = make_view();
            if (::write(ready[1], why.c_str(), why.size() + 1) < 0) ::_exit(1);
            for (;;) ::pause();
        }
        ::close(ready[1]);
        char why[256] = "the process that mounts has died";
        if (::read(ready[0], why, sizeof why - 1) < 0)
            throw std::runtime_error("cannot hear from the process that mounts");
        ::close(ready[0]);
        missing_ = why;
        root = open(folder_.path() / "host");
        journals = open(folder_.path() / "journals");
        if (missing_.empty()) upper = open(in_view("upper"));
    }
    ~OverlayHouse() {
        if (holder_ <= 0) return;
        ::kill(holder_, SIGKILL);
        ::waitpid(holder_, nullptr, 0);
    }
    OverlayHouse(const OverlayHouse&) = delete;
    OverlayHouse& operator=(const OverlayHouse&) = delete;

    // True where overlays cannot be mounted; prints why.
    bool missing() const {
        if (!missing_.empty()) MESSAGE("not run, no overlay can be mounted here: ", missing_);
        return !missing_.empty();
    }
    const std::string& why_missing() const { return missing_; }

    std::filesystem::path host() const { return folder_.path() / "host"; }
    std::filesystem::path aside() const { return folder_.path(); }
    std::filesystem::path in_view(const std::string& name) const {
        return fmt::format("/proc/{}/root{}/tmpfs/{}", holder_, folder_.path().native(), name);
    }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((host() / name).parent_path());
        std::ofstream(host() / name, std::ios::binary) << text;
    }
    std::string read(const std::string& name) const { return text_of(host() / name); }

    // Starts the workspace: what the host does from here on is its edit.
    void open_workspace() {
        baseline = changes::Baseline::take();
        baseline.settle();
    }
    // Runs a script in the merged view; true if it ended with 0.
    bool guest(const std::string& script) const { return inside("merged", script); }
    bool remount() const {
        return inside("", "umount merged") &&
               inside("", "mount -t overlay overlay -o " + overlay_options() + " merged");
    }
    std::vector<changes::Change> diff() const { return changes::diff(upper, root, options.diff); }
    changes::CommitReport commit() { return commit(diff()); }
    changes::CommitReport commit(const std::vector<changes::Change>& chosen) {
        return changes::commit(chosen, upper, root, journals, baseline, options);
    }
    static sandbox::Fd open(const std::filesystem::path& path) {
        sandbox::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd) throw std::runtime_error("cannot open " + path.native());
        return fd;
    }

    sandbox::Fd upper, root, journals;
    changes::Baseline baseline;
    changes::CommitOptions options;

 private:
    static void put(const char* path, const std::string& text) {
        const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) std::perror(path);
        ::close(fd);
    }
    std::string overlay_options() const {
        const std::string base = folder_.path().native();
        return fmt::format("lowerdir={0}/host,upperdir={0}/tmpfs/upper,workdir={0}/tmpfs/work{1}", base,
                           marks_ == changes::Marks::user ? ",userxattr" : "");
    }
    std::string make_view() const {
        const uid_t uid = ::getuid();
        const gid_t gid = ::getgid();
        if (::unshare(CLONE_NEWNS | (own_users_ ? CLONE_NEWUSER : 0)) != 0) return std::strerror(errno);
        if (own_users_) {
            put("/proc/self/setgroups", "deny");
            put("/proc/self/uid_map", fmt::format("0 {} 1", uid));
            put("/proc/self/gid_map", fmt::format("0 {} 1", gid));
        }
        const std::string tmpfs = folder_.path() / "tmpfs";
        if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return std::strerror(errno);
        if (::mount("tmpfs", tmpfs.c_str(), "tmpfs", 0, "mode=0755,size=256m") != 0) return std::strerror(errno);
        for (const char* name : {"/upper", "/work", "/merged", "/snapshot"}) ::mkdir((tmpfs + name).c_str(), 0755);
        if (::mount("overlay", (tmpfs + "/merged").c_str(), "overlay", 0, overlay_options().c_str()) != 0)
            return std::strerror(errno);
        return "";
    }
    bool inside(const std::string& folder, const std::string& script) const {
        const pid_t pid = ::fork();
        if (pid == 0) {
            const auto enter = [&](const char* kind) {
                const int fd = ::open(fmt::format("/proc/{}/ns/{}", holder_, kind).c_str(), O_RDONLY | O_CLOEXEC);
                if (fd < 0 || ::setns(fd, 0) != 0) ::_exit(126);
            };
            if (own_users_) enter("user");
            enter("mnt");
            if (::chdir((folder_.path() / "tmpfs" / folder).c_str()) != 0) ::_exit(125);
            ::execl("/bin/sh", "sh", "-ec", script.c_str(), nullptr);
            ::_exit(127);
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    changes::Marks marks_;
    bool own_users_;
    TempFolder folder_;
    pid_t holder_ = -1;
    std::string missing_;
};

}  // namespace heddle::test
