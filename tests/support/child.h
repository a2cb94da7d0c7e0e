// tests/support/child.h: Runs a function of a test in a process of its own, to be killed at any moment.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

namespace heddle::test {

// The child tells the parent numbers through a pipe; what was told before a kill still arrives.
class Child {
 public:
    class Report {
     public:
        explicit Report(int fd) : fd_(fd) {}
        void operator()(std::int64_t number) const {
            if (::write(fd_, &number, sizeof number) != sizeof number) ::_exit(3);
        }

     private:
        int fd_;
    };

    template <typename Work>
    explicit Child(Work work) {
        std::fflush(nullptr);  // what is buffered is written once, by the parent
        int ends[2];
        if (::pipe(ends) != 0 || (pid_ = ::fork()) < 0) throw std::runtime_error("cannot start a child of the test");
        if (pid_ == 0) {
            ::close(ends[0]);
            int status = 0;
            try {
                work(Report(ends[1]));
            } catch (const std::exception&) {
                status = 1;
            }
            ::_exit(status);
        }
        ::close(ends[1]);
        from_ = ends[0];
    }
    ~Child() {
        if (pid_ > 0) kill();
        ::close(from_);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // All that it told until now is read later, by told().
    void kill() {
        ::kill(pid_, SIGKILL);
        wait();
    }
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    std::int64_t next() {  // waits for one number; -1 at the end
        std::int64_t number = -1;
        return ::read(from_, &number, sizeof number) == sizeof number ? number : -1;
    }
    std::vector<std::int64_t> told() {
        std::vector<std::int64_t> all;
        for (std::int64_t number = next(); number >= 0; number = next()) all.push_back(number);
        return all;
    }

 private:
    pid_t pid_ = -1;
    int from_ = -1;
};

}  // namespace heddle::test
