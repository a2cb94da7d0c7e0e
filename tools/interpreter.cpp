// tools/interpreter.cpp: Code in over a socket, its end back over it, and what it prints beside it.
#include "tools/interpreter.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

#include "tools/interpreter_scripts.h"

namespace heddle::tools {

namespace {

using namespace std::chrono_literals;
using State = CodeReply::State;
using sandbox::Outcome;

constexpr std::uint64_t kept_bytes = 256 * 1024;  // of what is printed between two replies
constexpr auto look_every = 50ms;                 // for a stop that was requested
constexpr auto account_every = 200ms;             // of the processor time
constexpr auto stop_patience = 500ms;             // after each signal
constexpr auto end_patience = 2s;                 // of the interpreter, once it is killed
constexpr sandbox::TerminalSize terminal_size{50, 200};

short events_of(int fd) {
    pollfd ready{fd, POLLIN, 0};
    return ::poll(&ready, 1, 0) > 0 ? ready.revents : static_cast<short>(0);
}

// An interactive bash that is interrupted begins a new line, also where there is one.
void end_line(sandbox::Captured& out) {
    std::string& last = out.tail.empty() ? out.head : out.tail;
    if (last != "\n" && !last.ends_with("\n\n")) return;
    last.pop_back();
    --out.total_bytes;
}

}  // namespace

InterpreterStart bash_interpreter() {
    return {{"bash", "--norc", "-c", bash_start}, {{"PROMPT_COMMAND", bash_loop}, {"PS1", ""}, {"PS2", ""}}};
}

InterpreterStart python_interpreter() {
    return {{"python3", "-u", "-c", python_loop}, {{"MPLBACKEND", "Agg"}}};
}

Interpreter::Interpreter(sandbox::Session& session, InterpreterStart start,
                         std::map<std::string, std::string> environment, const sandbox::Limits& limits,
                         const OutputFolder* outputs)
    : session_(session),
      start_(std::move(start)),
      limits_(limits),
      printed_max_(std::max(limits.output_bytes * sandbox::output_flood_factor, sandbox::output_flood_bytes_min)),
      outputs_(outputs) {
    start_.environment.merge(environment);
}

Interpreter::~Interpreter() = default;

void Interpreter::start() {
    sandbox::Command command;
    command.argv = start_.argv;
    command.environment = start_.environment;
    command.terminal = terminal_size;
    command.is_talked_to = true;
    process_ = session_.start(command);
    words_ = {};
    folder_.clear();
    if (process_->terminal() < 0) return;  // it could not be started, and will say why
    ::tcgetattr(process_->terminal(), &terminal_);
    terminal_.c_oflag &= ~static_cast<tcflag_t>(ONLCR);  // its lines end as those of a pipe do
}

// Returns false once there is nothing more to come.
bool Interpreter::take_output(int fd) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    const std::string_view part(bytes.data(), static_cast<std::size_t>(count));
    capture_->add(part);
    whole_.add(part);
    printed_ += static_cast<std::uint64_t>(count);
    return true;
}

// Returns false when it says nothing more: it has gone, or become a program.
bool Interpreter::take_words() {
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(process_->talk(), bytes.data(), bytes.size());
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    if (auto end = words_.add({bytes.data(), static_cast<std::size_t>(count)})) {
        status_ = end->status;
        folder_ = std::move(end->folder);
    }
    return true;
}

// What was printed before the end was told is there to be read by now.
void Interpreter::drain() {
    constexpr int reads_max = 16;  // a background job may go on printing
    for (const int fd : {process_->terminal(), process_->output()}) {
        for (int i = 0; i < reads_max; ++i) {
            const short events = events_of(fd);
            if (events == 0 || !take_output(fd) || (events & POLLIN) == 0) break;
        }
    }
}

// What it is past, or whether it is no longer wanted.
std::optional<Outcome::Kind> Interpreter::excess(const std::stop_token& stop) {
    const auto now = Clock::now();
    if (stop.stop_requested()) return Outcome::Kind::cancelled;
    if (printed_ > printed_max_) return Outcome::Kind::output_exceeded;
    if (now >= begun_ + limits_.wall) return Outcome::Kind::timed_out;
    if (now < next_account_) return std::nullopt;
    next_account_ = now + account_every;
    if (session_.used(*process_).cpu - cpu_before_ >= limits_.cpu) return Outcome::Kind::cpu_exceeded;
    return std::nullopt;
}

bool Interpreter::await_end(Clock::time_point until, const std::stop_token& stop) {
    bool talks = process_->talk() >= 0, prints = true, shows = true;
    for (bool is_last = false; !status_ && !process_->ended();) {
        if (is_last || (!stopped_ && (stopped_ = excess(stop)))) return false;
        const auto left = until - Clock::now();
        is_last = left <= 0s;  // but what is there already is taken
        const auto wait = std::clamp<Clock::duration>(left, 0s, look_every);
        std::array<pollfd, 3> fds{pollfd{talks ? process_->talk() : -1, POLLIN, 0},
                                  pollfd{prints ? process_->output() : -1, POLLIN, 0},
                                  pollfd{shows ? process_->terminal() : -1, POLLIN, 0}};
        const timespec limit{0, static_cast<long>(std::chrono::nanoseconds(wait).count())};
        if (::ppoll(fds.data(), fds.size(), &limit, nullptr) <= 0) continue;
        if (fds[2].revents != 0) shows = take_output(fds[2].fd);  // what is typed is echoed before it is answered
        if (fds[1].revents != 0) prints = take_output(fds[1].fd);
        if (fds[0].revents != 0) talks = take_words();
    }
    return true;
}

void Interpreter::stop_code() {
    for (const int signal : {SIGINT, SIGQUIT}) {
        ::ioctl(process_->terminal(), TIOCSIG, signal);
        if (await_end(Clock::now() + stop_patience, {})) return;
    }
    process_->kill();
    await_end(Clock::now() + end_patience, {});
}

// If nobody asks for it until then. One that has told its end waits for the next piece, and stays.
void Interpreter::stop_in_time() {
    overtime_ = std::jthread([this, until = begun_ + limits_.wall](const std::stop_token& asked) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        wake.wait_until(lock, asked, until, [] { return false; });
        if (!asked.stop_requested() && events_of(process_->talk()) == 0) process_->kill();
    });
}

CodeReply Interpreter::reply() {
    CodeReply reply;
    reply.is_anew = std::exchange(is_lost_, false);
    drain();
    reply.result.out = capture_->take();
    reply.kept = whole_.note();
    const auto ended = process_->ended();
    if (!status_ && !ended) {
        reply.state = State::running;
        is_running_ = true;
        stop_in_time();
        return reply;
    }
    is_running_ = false;
    Outcome& outcome = reply.result.outcome;
    outcome = status_ ? Outcome{Outcome::Kind::exited, *status_, {}, {}} : *ended;
    if ((outcome.kind == Outcome::Kind::signaled && outcome.code == SIGXCPU) ||
        (outcome.kind == Outcome::Kind::exited && outcome.code == 128 + SIGXCPU))
        outcome.kind = Outcome::Kind::cpu_exceeded;
    if (!stopped_ && !status_ && outcome.kind == Outcome::Kind::signaled && Clock::now() >= begun_ + limits_.wall)
        stopped_ = Outcome::Kind::timed_out;  // while nobody asked
    if (stopped_) {
        outcome = {*stopped_, 0, {}, {}};
        end_line(reply.result.out);
    }
    reply.result.usage = session_.used(*process_);
    reply.result.usage.cpu = std::max(0us, reply.result.usage.cpu - cpu_before_);
    reply.result.usage.wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_);
    session_.add_findings(*process_, begun_on_clock_, reply.result);
    reply.folder = folder_;
    if (status_) return reply;
    reply.state = State::gone;
    process_.reset();
    return reply;
}

CodeReply Interpreter::run(const std::string& code, bool can_be_typed_to, std::chrono::milliseconds wait,
                           const std::stop_token& stop) {
    if (process_ && (process_->ended() || (events_of(process_->talk()) & POLLHUP) != 0)) {  // between two pieces
        process_.reset();
        is_lost_ = true;
    }
    if (!process_) start();
    capture_.emplace(kept_bytes);
    whole_ = LongOutput(outputs_);
    printed_ = 0;
    drain();                                                   // of what went on behind the last piece
    ::tcsetattr(process_->terminal(), TCSAFLUSH, &terminal_);  // whatever the last one made of it, or left unread
    code_ = code;
    stopped_.reset();
    status_.reset();
    begun_ = next_account_ = Clock::now();
    next_account_ += account_every;
    begun_on_clock_ = std::chrono::system_clock::now();
    process_->ended();  // by which its leader is known
    cpu_before_ = session_.used(*process_).cpu;
    is_running_ = true;
    const std::string order = fmt::format("{} {}\n", code.size(), can_be_typed_to ? "/dev/tty" : "/dev/null") + code;
    process_->write(order, wait);
    return type("", wait, stop);
}

CodeReply Interpreter::type(std::string_view text, std::chrono::milliseconds wait, const std::stop_token& stop) {
    overtime_ = {};
    if (!process_) return {};
    if (!is_running_) text = {};
    const auto until = Clock::now() + wait;
    while (!text.empty() && Clock::now() < until && !stop.stop_requested()) {
        const ssize_t count = ::write(process_->terminal(), text.data(), text.size());
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
        if (count <= 0 && await_end(std::min(until, Clock::now() + look_every), stop)) break;  // it reads slowly
    }
    if (!await_end(until, stop) && stopped_) stop_code();
    return reply();
}

CodeReply Interpreter::interrupt() {
    overtime_ = {};
    stopped_ = Outcome::Kind::cancelled;
    stop_code();
    return reply();
}

}  // namespace heddle::tools
