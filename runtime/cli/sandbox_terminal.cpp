// runtime/cli/sandbox_terminal.cpp: Raw mode while it lasts, one poll() for both directions.
#include "runtime/cli/sandbox_terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "runtime/error.h"

namespace heddle {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Keys go to the command, not to signals of this process, until this goes.
class RawMode {
 public:
    RawMode() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0)
            throw Error("run a command with --tty: standard input is no terminal; leave --tty out");
        termios raw = before_;
        ::cfmakeraw(&raw);
        ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    RawMode(const RawMode&) = delete;
    RawMode& operator=(const RawMode&) = delete;
    ~RawMode() { ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_); }

 private:
    termios before_{};
};

sandbox::TerminalSize size_of_terminal() {
    winsize window{};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0) return {};
    return {window.ws_row, window.ws_col};
}

void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (count <= 0) return;  // nobody watches any more
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

sandbox::Outcome run_in_terminal(sandbox::Session& session, sandbox::Command command, std::chrono::milliseconds wall) {
    const RawMode raw;
    sandbox::TerminalSize size = size_of_terminal();
    command.terminal = size;
    sandbox::Process process = session.start(command);
    const Clock::time_point until = Clock::now() + wall;
    bool is_late = false, reads_keys = true;
    for (;;) {
        std::array<pollfd, 2> fds{pollfd{reads_keys ? STDIN_FILENO : -1, POLLIN, 0},
                                  pollfd{process.output(), POLLIN, 0}};
        ::poll(fds.data(), fds.size(), 100);
        if (fds[0].revents != 0) {
            std::array<char, 4096> keys;
            const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
            reads_keys = count > 0;
            if (count > 0) process.write({keys.data(), static_cast<std::size_t>(count)}, 1s);
        }
        const std::string painted = process.read(0ms);
        write_all(painted);
        if (const auto now = size_of_terminal(); now.rows != size.rows || now.columns != size.columns) {
            size = now;
            process.resize(size);
        }
        if (!is_late && Clock::now() >= until) {
            is_late = true;
            process.kill();
        }
        if (!painted.empty() || !process.ended()) continue;
        if (is_late) return {sandbox::Outcome::Kind::timed_out, 0, std::to_string(wall.count()) + " ms"};
        return *process.ended();
    }
}

}  // namespace heddle
