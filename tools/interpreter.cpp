// tools/interpreter.cpp: Code in over a socket, its end back over it, and what it prints beside it.
#include "tools/interpreter.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <utility>

#include "tools/interpreter_scripts.h"

namespace heddle::tools {

namespace {

using namespace std::chrono_literals;
using State = CodeReply::State;

constexpr std::uint64_t kept_bytes = 64 * 1024;  // of what is printed between two replies
constexpr auto look_every = 50ms;                // for a stop that was requested
constexpr auto stop_patience = 500ms;            // after each signal
constexpr auto end_patience = 2s;                // of the interpreter, once it is killed
constexpr sandbox::TerminalSize terminal_size{50, 200};

}  // namespace

InterpreterStart bash_interpreter() {
    return {{"bash", "-c", bash_start}, {{"PROMPT_COMMAND", bash_loop}, {"PS1", ""}, {"PS2", ""}}};
}

InterpreterStart python_interpreter() {
    return {{"python3", "-u", "-c", python_loop}, {{"MPLBACKEND", "Agg"}}};
}

Interpreter::Interpreter(sandbox::Session& session, InterpreterStart start, std::uint64_t output_max)
    : session_(session), start_(std::move(start)), output_max_(output_max) {}

Interpreter::~Interpreter() = default;

void Interpreter::start() {
    sandbox::Command command;
    command.argv = start_.argv;
    command.environment = start_.environment;
    command.terminal = terminal_size;
    command.is_talked_to = true;
    process_ = session_.start(command);
    words_.clear();
}

// Returns false once there is nothing more to come.
bool Interpreter::take_output(int fd) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    capture_->add({bytes.data(), static_cast<std::size_t>(count)});
    printed_ += static_cast<std::uint64_t>(count);
    return true;
}

// Of what it says up to its NUL. Returns false when it says nothing more: it has gone, or become a program.
bool Interpreter::take_words() {
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(process_->talk(), bytes.data(), bytes.size());
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    words_.append(bytes.data(), static_cast<std::size_t>(count));
    const std::size_t end = words_.find('\0');
    if (end == std::string::npos) return true;
    int status = 0;
    const char* const last = words_.data() + std::min(words_.find(' '), end);
    if (std::from_chars(words_.data(), last, status).ptr == last) status_ = status;
    folder_ = words_.substr(std::min<std::size_t>(static_cast<std::size_t>(last - words_.data()) + 1, end), end);
    folder_ = folder_.substr(0, folder_.find('\0'));
    words_.clear();
    return true;
}

// What was printed before the end was told is there to be read by now.
void Interpreter::drain() {
    constexpr int reads_max = 16;  // a background job may go on printing
    for (const int fd : {process_->output(), process_->terminal()}) {
        for (int i = 0; i < reads_max; ++i) {
            pollfd ready{fd, POLLIN, 0};
            if (::poll(&ready, 1, 0) <= 0 || !take_output(fd) || (ready.revents & POLLIN) == 0) break;
        }
    }
}

bool Interpreter::await_end(Clock::time_point until, const std::stop_token& stop) {
    bool talks = process_->talk() >= 0, prints = true, shows = true;
    while (!status_ && !process_->ended()) {
        const auto now = Clock::now();
        if (now >= until || stop.stop_requested() || printed_ > output_max_) return false;
        const auto wait = std::min<Clock::duration>(until - now, look_every);
        std::array<pollfd, 3> fds{pollfd{talks ? process_->talk() : -1, POLLIN, 0},
                                  pollfd{prints ? process_->output() : -1, POLLIN, 0},
                                  pollfd{shows ? process_->terminal() : -1, POLLIN, 0}};
        const timespec limit{0, static_cast<long>(std::chrono::nanoseconds(wait).count())};
        if (::ppoll(fds.data(), fds.size(), &limit, nullptr) <= 0) continue;
        if (fds[1].revents != 0) prints = take_output(fds[1].fd);
        if (fds[2].revents != 0) shows = take_output(fds[2].fd);
        if (fds[0].revents != 0) talks = take_words();
    }
    return true;
}

void Interpreter::stop_code() {
    is_stopped_ = true;
    for (const int signal : {SIGINT, SIGQUIT}) {
        ::ioctl(process_->terminal(), TIOCSIG, signal);
        printed_ = 0;  // what comes meanwhile is bounded by patience
        if (await_end(Clock::now() + stop_patience, {})) return;
    }
    process_->kill();
    await_end(Clock::now() + end_patience, {});
}

CodeReply Interpreter::reply() {
    CodeReply reply;
    drain();
    reply.output = capture_->take();
    reply.is_stopped = is_stopped_;
    reply.is_flood = is_flood_;
    if (status_) {
        reply.state = State::done;
        reply.status = *status_;
        reply.folder = folder_;
    } else if (const auto outcome = process_->ended()) {
        reply.state = State::gone;
        reply.outcome = *outcome;
        process_.reset();
    } else {
        reply.state = State::running;
    }
    is_running_ = reply.state == State::running;
    return reply;
}

CodeReply Interpreter::run(const std::string& code, bool can_be_typed_to, std::chrono::milliseconds wait,
                           const std::stop_token& stop) {
    if (process_ && process_->ended()) process_.reset();  // between two pieces
    if (!process_) start();
    capture_.emplace(kept_bytes);
    drain();  // of what went on behind the last piece
    code_ = code;
    is_running_ = true;
    is_stopped_ = is_flood_ = false;
    printed_ = 0;
    status_.reset();
    const std::string order = fmt::format("{} {}\n", code.size(), can_be_typed_to ? "/dev/tty" : "/dev/null") + code;
    process_->write(order, wait);
    return type("", wait, stop);
}

CodeReply Interpreter::type(std::string_view text, std::chrono::milliseconds wait, const std::stop_token& stop) {
    const auto until = Clock::now() + wait;
    while (!text.empty() && Clock::now() < until && !stop.stop_requested()) {
        const ssize_t count = ::write(process_->terminal(), text.data(), text.size());
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
        if (count <= 0 && await_end(std::min(until, Clock::now() + look_every), stop)) break;  // it reads slowly
    }
    if (!await_end(until, stop)) {
        is_flood_ = printed_ > output_max_;
        if (is_flood_ || stop.stop_requested()) stop_code();
    }
    return reply();
}

CodeReply Interpreter::interrupt() {
    stop_code();
    return reply();
}

}  // namespace heddle::tools
