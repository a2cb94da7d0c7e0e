// sandbox/process.cpp: Pipes or a terminal, read and written without ever waiting for ever.
#include "sandbox/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/guest_link.h"
#include "sandbox/last_word.h"

namespace heddle::sandbox {

namespace {

constexpr int terminal_time_max_ms = 10'000;
constexpr std::size_t read_bytes_max = 64 * 1024;

bool is_ready(int fd, short events, int milliseconds) {
    pollfd ready{fd, events, 0};
    return ::poll(&ready, 1, milliseconds) > 0;
}

void never_block(const Fd& fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// Keeps from this thread the signal that ends who writes to what nobody reads.
class WithoutPipeSignal {
 public:
    WithoutPipeSignal() {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    WithoutPipeSignal(const WithoutPipeSignal&) = delete;
    ~WithoutPipeSignal() {
        const timespec now{};
        if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &now);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

 private:
    sigset_t pipe_{}, before_{};
    bool was_pending_ = false;
};

std::pair<Fd, Fd> ends_of(Pipe pipe) {
    return {std::move(pipe.write), std::move(pipe.read)};
}

}  // namespace

Process start_process(const GuestLink& guest, const Command& command) {
    Process process;
    process.has_talk_ = command.is_talked_to;
    if (command.terminal && !command.is_talked_to) {
        process.notes_ = send_order(guest, {command, false}, {});
    } else {
        auto [in, in_of_guest] = command.is_talked_to ? make_stream_pair() : ends_of(make_pipe());
        Pipe out = make_pipe();
        if (::fchmod(out.write.get(), 0666) != 0) throw Error("open a pipe to the guest", errno);
        const std::array fds = {in_of_guest.get(), out.write.get(), out.write.get()};
        process.notes_ = send_order(guest, {command, false}, fds);
        process.input_ = std::move(in);
        process.output_ = std::move(out.read);
    }
    if (command.terminal) {
        if (!is_ready(process.notes_.get(), POLLIN, terminal_time_max_ms))
            throw Error("start a command in the sandbox: its guest does not answer");
        process.take_note();
    }
    for (const Fd* fd : {&process.input_, &process.output_, &process.terminal_})
        if (*fd) never_block(*fd);
    return process;
}

void Process::take_note() {
    auto message = receive_message(notes_.get(), false);
    if (!message) {
        notes_.reset();
        if (!outcome_) outcome_ = {Outcome::Kind::signaled, SIGKILL, "its sandbox ended"};
        return;
    }
    if (message->bytes.empty()) return;
    const Note note = decode_note(message->bytes);
    if (note.kind == Note::Kind::terminal && !message->fds.empty()) {
        (has_talk_ ? terminal_ : output_) = std::move(message->fds[0]);
        return;
    }
    if (note.kind == Note::Kind::begun) leader_ = note.process;
    if (note.kind == Note::Kind::blocked) violations_.push_back(note.text);
    const bool is_last = note.kind == Note::Kind::finished || note.kind == Note::Kind::failed;
    if (!is_last || outcome_) return;
    outcome_ = outcome_of(note);
    cpu_ = note.cpu;
}

std::string Process::read(std::chrono::milliseconds wait) {
    std::string bytes;
    std::array<pollfd, 2> fds{pollfd{output_.get(), POLLIN, 0}, pollfd{outcome_ ? -1 : notes_.get(), POLLIN, 0}};
    if (!output_ && outcome_) return bytes;
    if (::poll(fds.data(), fds.size(), static_cast<int>(wait.count())) <= 0) return bytes;
    if (fds[1].revents != 0) take_note();
    if (!output_) return bytes;
    bytes.resize(read_bytes_max);
    const ssize_t count = ::read(output_.get(), bytes.data(), bytes.size());
    const int error = errno;
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    // A terminal that nobody inside holds any more answers EIO; a pipe ends.
    if (count == 0 || (count < 0 && error != EAGAIN && error != EINTR)) output_.reset();
    return bytes;
}

std::size_t Process::write(std::string_view bytes, std::chrono::milliseconds wait) {
    const Fd& to = input_ ? input_ : output_;
    const auto until = std::chrono::steady_clock::now() + wait;
    const WithoutPipeSignal without_signal;
    std::size_t done = 0;
    while (to && done < bytes.size()) {
        const ssize_t count = ::write(to.get(), bytes.data() + done, bytes.size() - done);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
            continue;
        }
        if (count < 0 && errno != EAGAIN && errno != EINTR) break;  // it reads no more
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !is_ready(to.get(), POLLOUT, static_cast<int>(left.count()))) break;
    }
    return done;
}

void Process::close_input() {
    input_.reset();
}

void Process::resize(TerminalSize size) {
    const winsize window{size.rows, size.columns, 0, 0};
    if (output_) ::ioctl(output_.get(), TIOCSWINSZ, &window);
}

void Process::kill() {
    if (notes_ && !outcome_) send_message(notes_.get(), "kill");
}

std::optional<Outcome> Process::ended() {
    while (!outcome_ && notes_ && is_ready(notes_.get(), POLLIN, 0)) take_note();
    return outcome_;
}

std::vector<std::string> Process::take_violations() {
    ended();
    return std::exchange(violations_, {});
}

}  // namespace heddle::sandbox
