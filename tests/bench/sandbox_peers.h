// tests/bench/sandbox_peers.h: What a guest's cost is held against: bubblewrap, and a process that holds much memory.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace heddle::bench {

// Forks, executes and waits. Throws where the program fails.
inline void run_plainly(std::vector<std::string> argv) {
    std::vector<char*> words;
    for (auto& word : argv) words.push_back(word.data());
    words.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execv(words[0], words.data());
        ::_exit(127);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error(argv[0] + " failed");
}

// bubblewrap as it isolates like a guest: all namespaces, a root of its own, nothing else of the host. Neither Landlock
// nor a seccomp filter nor limits: it does less. Empty where it is not installed.
inline std::vector<std::string> bubblewrap(const std::filesystem::path& workspace, const std::string& program) {
    const std::string bwrap = "/usr/bin/bwrap";
    if (::access(bwrap.c_str(), X_OK) != 0) return {};
    std::vector<std::string> argv{bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"};
    const auto add = [&](std::vector<std::string> words) { argv.insert(argv.end(), words.begin(), words.end()); };
    add({"--ro-bind", "/usr", "/usr"});
    for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
        std::error_code error;
        const auto target = std::filesystem::read_symlink(std::string("/") + name, error);
        if (!error) add({"--symlink", target, std::string("/") + name});
    }
    for (const char* path : {"/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs"})
        add({"--ro-bind-try", path, path});
    add({"--tmpfs", "/tmp", "--tmpfs", "/home", "--proc", "/proc", "--dev", "/dev"});
    add({"--bind", workspace, workspace, "--chdir", workspace, "--", program});
    return argv;
}

// A process of its own that holds `bytes` of memory it has written to, and does `work` when it is asked.
class LargeProcess {
 public:
    // `make_work` runs in it, before the memory is there.
    LargeProcess(std::size_t bytes, const std::function<std::function<double()>()>& make_work) {
        int down[2], up[2];
        if (::pipe(down) != 0 || ::pipe(up) != 0 || (pid_ = ::fork()) < 0)
            throw std::runtime_error("cannot start a process that holds memory");
        if (pid_ == 0) {
            ::close(down[1]);
            ::close(up[0]);
            serve(bytes, make_work(), down[0], up[1]);
        }
        ::close(down[0]);
        ::close(up[1]);
        to_ = down[1];
        from_ = up[0];
        is_ready_ = answer() > 0;
    }
    LargeProcess(const LargeProcess&) = delete;
    ~LargeProcess() {
        ::close(to_);
        ::close(from_);
        ::waitpid(pid_, nullptr, 0);
    }
    bool is_ready() const { return is_ready_; }  // else the memory was not to be had

    double work() const {
        if (::write(to_, "w", 1) != 1) throw std::runtime_error("the process that holds memory has ended");
        return answer();
    }

 private:
    double answer() const {
        double value = 0;
        if (::read(from_, &value, sizeof value) != sizeof value)
            throw std::runtime_error("the process that holds memory has ended");
        return value;
    }

    [[noreturn]] static void serve(std::size_t bytes, const std::function<double()>& work, int from, int to) {
        // Filled at once, as if each page had been written to.
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
        const bool is_had = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
        double value = is_had ? 1 : 0;
        char word = 0;
        do {
            if (::write(to, &value, sizeof value) != sizeof value || ::read(from, &word, 1) != 1) ::_exit(0);
            value = work();
        } while (true);
    }

    pid_t pid_ = -1;
    int to_ = -1, from_ = -1;
    bool is_ready_ = false;
};

}  // namespace heddle::bench
