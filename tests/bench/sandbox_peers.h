// tests/bench/sandbox_peers.h: What a guest's cost is held against: a plain start, and one by a process that holds much
// memory.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
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
