// runtime/cli/approval.cpp: One line out, one line in, and a look at the stop token in between.
#include "runtime/cli/approval.h"

#include <fmt/core.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string_view>

#include "runtime/terminal_text.h"

namespace heddle {

namespace {

constexpr int look_ms = 100;                   // at the stop token, between looks at the terminal
constexpr std::size_t answer_bytes_max = 100;  // a longer line is no answer

}  // namespace

tools::Answer ask_on_terminal(const std::string& question, std::stop_token stop) {
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    fmt::print(stderr, "heddle: {} ", printable_line(question));
    std::fflush(stderr);
    std::string answer;
    while (!stop.stop_requested() && answer.size() < answer_bytes_max && !answer.ends_with('\n')) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, look_ms) <= 0) continue;  // time, or a signal: the loop has heard it, too
        std::array<char, answer_bytes_max> bytes{};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count <= 0) break;
        answer.append(bytes.data(), static_cast<std::size_t>(count));
    }
    if (!answer.ends_with('\n')) fmt::print(stderr, "\n");
    if (stop.stop_requested()) return tools::Answer::no;
    if (answer == "a\n" || answer == "always\n") return tools::Answer::always;
    return answer == "y\n" || answer == "yes\n" ? tools::Answer::once : tools::Answer::no;
}

}  // namespace heddle
