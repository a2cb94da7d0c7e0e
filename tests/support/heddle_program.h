// tests/support/heddle_program.h: Runs the heddle program in a home of its own, to its end or to a signal.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

// A random model: what it says is noise, but its tokens are real. Greedy, so that equal prompts say equal noise.
class HeddleProgram {
 public:
    explicit HeddleProgram(std::int64_t positions = 4096) {
        auto config = small_config();
        config.positions = positions;
        std::filesystem::create_directories(model());
        std::filesystem::create_directories(workspace());
        make_checkpoint(model(), config, engine::DType::f8_e4m3, 5);
    }
    ~HeddleProgram() { signal(SIGKILL); }

    std::filesystem::path model() const { return folder_.path() / "model"; }
    std::filesystem::path workspace() const { return folder_.path() / "work"; }
    std::filesystem::path store() const { return folder_.path() / "home/heddle.db"; }
    // From now on it starts in a process that is changed first, as by refuse_namespaces().
    void live_where(std::function<bool()> change) { change_ = std::move(change); }
    std::string out() const { return text_of("out"); }
    std::string err() const { return text_of("err"); }

    void start(const std::vector<std::string>& arguments, const std::string& input = {}) {
        write("in", input);
        write("out", {});  // nobody reads what the program before this one wrote
        write("err", {});
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("cannot start heddle");
        if (pid_ == 0) become(arguments);
    }
    int run(const std::vector<std::string>& arguments, const std::string& input = {}) {
        start(arguments, input);
        return wait();
    }
    // Standard input is a pipe whose other end stays open and silent.
    int run_with_open_pipe(const std::vector<std::string>& arguments) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
        input_ = ends[0];
        const int code = run(arguments);
        input_ = -1;
        ::close(ends[0]);
        ::close(ends[1]);
        return code;
    }
    // With a model and a workspace, one thread, and no chance.
    std::vector<std::string> exec(std::vector<std::string> more) const {
        std::vector<std::string> all{"exec", "--model", model(), "--cd", workspace(), "--threads", "1"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    void signal(int number) {
        if (pid_ <= 0) return;
        ::kill(pid_, number);
        if (number == SIGKILL) wait();
    }
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    bool ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
    }
    // Until something stands on standard error, or it has ended, or ten seconds have passed.
    void wait_for_progress() const {
        for (int i = 0; i < 2000 && err().empty() &&
                        ::waitid(P_PID, static_cast<id_t>(pid_), nullptr, WEXITED | WNOHANG | WNOWAIT) == 0;
             ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

 private:
    std::string text_of(const char* name) const {
        std::ifstream in(folder_.path() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(const char* name, const std::string& text) const {
        std::ofstream(folder_.path() / name, std::ios::binary) << text;
    }
    [[noreturn]] void become(const std::vector<std::string>& arguments) const {
        const auto redirect = [&](const char* name, int flags, int to) {
            const int fd = ::open((folder_.path() / name).c_str(), flags, 0600);
            if (fd < 0 || ::dup2(fd, to) < 0) ::_exit(99);
        };
        if (input_ < 0) redirect("in", O_RDONLY, 0);
        if (input_ >= 0 && ::dup2(input_, 0) < 0) ::_exit(99);
        redirect("out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 1);
        redirect("err", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 2);
        const std::string home = folder_.path() / "home";
        if (::setenv("HEDDLE_HOME", home.c_str(), 1) != 0) ::_exit(99);
        if (change_ && !change_()) ::_exit(98);
        std::vector<std::string> words{HEDDLE_BINARY_DIR "/heddle"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        ::execv(argv[0], argv.data());
        ::_exit(99);
    }

    TempFolder folder_;
    std::function<bool()> change_;
    pid_t pid_ = -1;
    int input_ = -1;  // none: the file
};

}  // namespace heddle::test
