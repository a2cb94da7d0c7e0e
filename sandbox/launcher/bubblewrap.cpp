// sandbox/launcher/bubblewrap.cpp: A view as a list of bubblewrap's options, the same as tier A lays by its own mounts.
#include "sandbox/launcher/bubblewrap.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <utility>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/etc_files.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/launcher/wrapping.h"
#include "sandbox/policy_path.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr const char* own_place = "/run/heddle-launcher";  // of this program, within
constexpr int descriptors_first = 64;                      // above those that have a fixed number

// What is executed: words, and the descriptors that they name, which stay open across execve.
class Line {
 public:
    void add(std::initializer_list<std::string> words) { words_.insert(words_.end(), words.begin(), words.end()); }
    // By a descriptor, so that nothing else is laid than what was opened.
    void lay(const char* option, const Fd& source, const std::string& place) {
        const int number = ::fcntl(source.get(), F_DUPFD, descriptors_first);
        check(number, Step::mounts, "hand a descriptor to bubblewrap");
        add({option, std::to_string(number), place});
    }
    [[noreturn]] void execute() {
        std::vector<char*> argv;
        for (auto& word : words_) argv.push_back(word.data());
        argv.push_back(nullptr);
        char* const nothing = nullptr;
        ::execve(bubblewrap_path, argv.data(), &nothing);
        throw SetupError(Step::tier, std::string("execute ") + bubblewrap_path, errno);
    }

 private:
    std::vector<std::string> words_{"bwrap"};
};

Fd open_path(const std::string& path) {
    Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place) throw SetupError(Step::mounts, "open " + path, errno);
    return place;
}

void add_namespaces(Line& line, NetworkMode network) {
    line.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname",
              "heddle", "--die-with-parent", "--as-pid-1"});
    if (network != NetworkMode::host) line.add({"--unshare-net"});
}

void add_system(Line& line) {
    line.add({"--ro-bind", "/usr", "/usr"});
    for (const char* name : system_links) {
        const std::string path = std::string("/") + name;
        std::error_code error;
        const fs::path target = fs::read_symlink(path, error);
        if (!error)
            line.add({"--symlink", target.native(), path});
        else if (exists(path))
            line.add({"--ro-bind", path, path});
    }
    line.add({"--dir", "/run", "--dir", "/var", "--symlink", "../tmp", "/var/tmp"});
}

void add_etc(Line& line, const EtcFiles& of_host, const EtcFiles& own) {
    line.add({"--dir", "/etc", "--dir", "/etc/ssl"});
    for (const char* name : etc_folders)
        if (const std::string path = std::string("/etc/") + name; exists(path)) line.add({"--ro-bind", path, path});
    for (const EtcFiles* files : {&of_host, &own})
        for (const auto& [name, content] : *files) {
            line.add({"--perms", "0444"});
            line.lay("--file", make_sealed_file(content), "/etc/" + name);
        }
}

// A set-uid bubblewrap takes no size.
bool takes_sizes() {
    struct stat found {};
    return ::stat(bubblewrap_path, &found) == 0 && (found.st_mode & S_ISUID) == 0;
}

void add_folders(Line& line, const Limits& limits) {
    const auto in_memory = [&](const char* mode, const std::string& path) {
        if (takes_sizes()) line.add({"--size", std::to_string(limits.tmp_bytes)});
        line.add({"--perms", mode, "--tmpfs", path});
    };
    line.add({"--dev", "/dev"});
    in_memory("1777", "/dev/shm");
    line.add({"--remount-ro", "/dev", "--proc", "/proc"});
    for (const char* name : proc_masked)
        if (const std::string path = std::string("/proc/") + name; exists(path))
            line.add({"--dev-bind", "/dev/null", path});
    for (const char* name : proc_emptied)
        if (const std::string path = std::string("/proc/") + name; exists(path))
            line.add({"--tmpfs", path, "--remount-ro", path});
    in_memory("1777", "/tmp");
    line.add({"--dir", fs::path(guest_home).parent_path().native()});
    in_memory("0700", guest_home);
}

// The file or folder of the host that a cover of this kind lies over in the view, by a way without links.
Fd source_of(const Cover& cover, const Opening& opening, const Fd& workspace) {
    const std::string base = base_of(cover, opening);
    Fd root;
    if (base == opening.policy.workspace.native()) {
        root = Fd(::fcntl(workspace.get(), F_DUPFD_CLOEXEC, 0));
    } else {
        for (const Share& share : opening.shares)
            if (share.place.native() == base) root = find_source(share);
    }
    const fs::path below = cover.place.lexically_relative(base);
    if (below == ".") return root;
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    Fd found(static_cast<int>(::syscall(SYS_openat2, root.get(), below.c_str(), &how, sizeof how)));
    if (!found)
        throw SetupError(Step::mounts, "find " + cover.place.native() + " again, which was there just now", errno);
    return found;
}

void add_covers(Line& line, const KeeperPlan& plan) {
    if (plan.opening.covers.empty()) return;
    const std::string file = plan.folder + "/nothing", folder = plan.folder + "/empty";
    const Fd made(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    check(made.get(), Step::mounts, "make an empty file");
    check(::mkdir(folder.c_str(), 0755), Step::mounts, "make an empty folder");
    for (const Cover& cover : plan.opening.covers) {
        const bool is_held = cover.kind == Cover::Kind::held;
        const bool is_shown = is_held || cover.kind == Cover::Kind::read_only;
        const Fd source = is_shown ? source_of(cover, plan.opening, plan.workspace)
                                   : open_path(cover.kind == Cover::Kind::empty_file ? file : folder);
        line.lay(is_held ? "--bind-fd" : "--ro-bind-fd", source, cover.place.native());
    }
}

void add_trees(Line& line, const KeeperPlan& plan) {
    const Policy& policy = plan.opening.policy;
    for (const Share& share : plan.opening.shares)
        line.lay(share.writable ? "--bind-fd" : "--ro-bind-fd", find_source(share), share.place.native());
    line.lay(policy.mode == WorkspaceMode::ro ? "--ro-bind-fd" : "--bind-fd", plan.workspace,
             policy.workspace.native());
    add_covers(line, plan);
}

void add_program(Line& line, std::initializer_list<std::string> arguments) {
    line.lay("--ro-bind-fd", open_path("/proc/self/exe"), own_place);
    line.add({"--remount-ro", "/", "--chdir", "/", "--", own_place});
    line.add(arguments);
}

void hand_over(const KeeperPlan& plan) {
    const Fd opening = make_sealed_file(encode(plan.opening));
    const std::pair<Given, int> given[] = {{Given::start, plan.start.get()},
                                           {Given::control, plan.control.get()},
                                           {Given::workspace, plan.workspace.get()},
                                           {Given::opening, opening.get()},
                                           {Given::task_events, plan.cgroup.task_events().get()}};
    std::vector<std::pair<Given, Fd>> high;  // first out of the way of each other
    for (const auto& [number, fd] : given)
        if (fd >= 0) high.emplace_back(number, Fd(::fcntl(fd, F_DUPFD_CLOEXEC, descriptors_first)));
    for (const auto& [number, fd] : high)
        check(::dup2(fd.get(), static_cast<int>(number)), Step::request, "hand the guest's sockets over");
}

// The launcher's word, after which this process is where the guest shall be, also for a cgroup.
void await_word(const Fd& start) {
    check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), Step::identity, "tie the guest to the launcher");
    if (!receive_message(start.get())) ::_exit(1);
}

}  // namespace

std::string refusal_by_bubblewrap(const Opening& opening) {
    if (opening.policy.network == NetworkMode::proxy)
        return "the network mode proxy: a guest of bubblewrap may not open the port by which names are asked for; use "
               "off or host";
    return "";
}

bool needs_folder(const Opening& opening) {
    return !opening.covers.empty();
}

void try_bubblewrap() {
    const std::string doing = "make a guest with bubblewrap";
    if (::geteuid() == 0)
        throw SetupError(Step::tier, doing, "root's leaves /proc/sys of the host open; run Heddle as an ordinary user");
    if (!exists(bubblewrap_path)) throw SetupError(Step::tier, doing, "it is not installed at /usr/bin/bwrap");
    Pipe complaints = make_pipe();
    const Clone child = fork_plainly();
    if (child.pid == 0) {
        try {
            ::dup2(complaints.write.get(), STDERR_FILENO);
            ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
            Line line;
            add_namespaces(line, NetworkMode::off);
            add_system(line);
            add_folders(line, Limits{});
            add_program(line, {trial_word, own_namespaces()});
            line.execute();
        } catch (const std::exception& error) {
            fmt::print(stderr, "{}\n", error.what());
        }
        ::_exit(1);
    }
    complaints.write.reset();
    constexpr int patience_ms = 5'000;
    pollfd ended{child.pidfd.get(), POLLIN, 0};
    ::poll(&ended, 1, patience_ms);
    const int status = kill_and_reap(child);
    const std::string said = read_complaints(complaints.read);
    if (status != 0) throw SetupError(Step::tier, doing, said.empty() ? "it failed without a word" : said);
}

std::string read_complaints(const Fd& pipe) {
    constexpr std::size_t text_max = 2000;
    std::string text(text_max, '\0');
    ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
    const ssize_t count = ::read(pipe.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

void become_bubblewrap(const KeeperPlan& plan, const Fd& complaints) {
    try {
        plan.cgroup.enter();
        await_word(plan.start);
        check(::dup2(complaints.get(), STDERR_FILENO), Step::tier, "listen to bubblewrap");
        check(::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), Step::command, "close the descriptors");
        const Policy& policy = plan.opening.policy;
        Line line;
        add_namespaces(line, policy.network);
        add_system(line);
        add_etc(line, plan.host.etc, etc_of_guest(policy.network, plan.guest_uid, plan.guest_gid));
        add_folders(line, policy.limits);
        add_trees(line, plan);
        add_program(line, {keeper_word, own_namespaces(), std::to_string(static_cast<int>(plan.cgroup.keeper()))});
        hand_over(plan);
        line.execute();
    } catch (const std::exception& error) {
        tell_failure(plan.control, error.what());
    }
    ::_exit(1);
}

}  // namespace heddle::sandbox
