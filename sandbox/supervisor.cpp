// sandbox/supervisor.cpp: One poll() over a command's output, its notes, its guest's, and the wish to stop.
#include "sandbox/supervisor.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <vector>

#include "sandbox/capture.h"
#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/last_word.h"
#include "sandbox/usage_watch.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kill_time_max = 10s;  // a killed guest is gone in milliseconds, unless the kernel waits for a device
constexpr auto drain_time_max = 2s;  // a guest may have handed its pipe to a process outside, by a socket in a file
constexpr int reads_in_a_row = 16;   // of 64 KiB: then look at the deadline again, however fast a guest writes

struct Stream {
    Sandbox::Stream name;
    Fd fd;
    Capture capture;
};

class Supervisor {
 public:
    Supervisor(GuestLink& guest, GuestLife life, CommandEnds ends, const Limits& limits, std::stop_token stop,
               const Sandbox::Sink& sink)
        : guest_(guest),
          is_alone_(life == GuestLife::ends_with_command),
          limits_(limits),
          notes_(std::move(ends.notes)),
          streams_{Stream{Sandbox::Stream::out, std::move(ends.out), Capture(limits.output_bytes)},
                   Stream{Sandbox::Stream::err, std::move(ends.err), Capture(limits.output_bytes)}},
          usage_(guest, limits),
          stop_(std::move(stop)),
          wake_(make_event()),
          sink_(sink),
          buffer_(64 * 1024) {
        for (const auto& stream : streams_)
            if (stream.fd) ::fcntl(stream.fd.get(), F_SETFL, O_NONBLOCK);
    }

    Result run() {
        const std::stop_callback on_stop(stop_, [this] { ::eventfd_write(wake_.get(), 1); });
        while (!is_over()) {
            look();
            wait(until_next_look());
        }
        drain();
        return finish();
    }

 private:
    bool is_over() const { return is_lost_ || (is_alone_ ? guest_.ended.has_value() : last_word_ || !notes_); }

    // Ends the command if it is past a limit.
    void look() {
        const auto now = Clock::now();
        if (killed_) {
            if (now - killed_at_ < kill_time_max) return;
            if (!guest_.pidfd)
                throw Error("run a command in the sandbox: its launcher does not answer; start Heddle again");
            is_lost_ = true;
            detail_ = "some of its processes still hang in the kernel";
        } else if (stop_.stop_requested()) {
            kill(Outcome::Kind::cancelled, "");
        } else if (now - start_ >= limits_.wall) {
            kill(Outcome::Kind::timed_out, fmt::format("{} ms", limits_.wall.count()));
        } else if (auto excess = usage_.look()) {
            kill(excess->kind, std::move(excess->detail));
        }
    }

    Clock::duration until_next_look() const {
        const auto now = Clock::now();
        if (is_over()) return 0s;
        if (killed_) return killed_at_ + kill_time_max - now;
        return std::min(start_ + limits_.wall, usage_.next_look()) - now;
    }

    void wait(Clock::duration time) {
        const bool is_watched = is_alone_ && !guest_.ended;
        std::array<pollfd, 5> fds{pollfd{streams_[0].fd.get(), POLLIN, 0}, pollfd{streams_[1].fd.get(), POLLIN, 0},
                                  pollfd{notes_.get(), POLLIN, 0},
                                  pollfd{is_watched ? guest_.control.get() : -1, POLLIN, 0},
                                  pollfd{killed_ || is_over() ? -1 : wake_.get(), POLLIN, 0}};
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::max<Clock::duration>(time, 0s));
        if (::poll(fds.data(), fds.size(), static_cast<int>(milliseconds.count())) < 0 && errno != EINTR)
            throw Error("watch a command in the sandbox", errno);
        if (fds[0].revents != 0) read(streams_[0]);
        if (fds[1].revents != 0) read(streams_[1]);
        if (fds[2].revents != 0) take_note();
        if (fds[3].revents != 0) {
            guest_.take_note();
            if (killed_ && guest_.pidfd && !guest_.ended) guest_.kill();  // it was past a limit before it was known
        }
    }

    // What others of the guest still hold open is not waited for; nor, for long, what a process outside does, which the
    // guest may have handed its pipe by a socket in a file.
    void drain() {
        while (notes_ && !last_word_ && take_note()) {  // said just before the guest ended
        }
        const auto until = Clock::now() + (is_alone_ ? drain_time_max : 0s);
        while ((streams_[0].fd || streams_[1].fd) && Clock::now() < until) wait(until - Clock::now());
        if (is_alone_) return;
        for (Stream& stream : streams_)
            if (stream.fd) read(stream);
    }

    void read(Stream& stream) {
        for (int i = 0; i < reads_in_a_row; ++i) {
            const ssize_t count = ::read(stream.fd.get(), buffer_.data(), buffer_.size());
            if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
            if (count <= 0) return stream.fd.reset();
            const auto head = stream.capture.add({buffer_.data(), static_cast<std::size_t>(count)});
            if (sink_ && !head.empty()) sink_(stream.name, head);
            if (stream.capture.total_bytes() <= flood_bytes_ || killed_ || is_over()) continue;
            kill(Outcome::Kind::output_exceeded, fmt::format("{} MiB on one stream", flood_bytes_ >> 20));
        }
    }

    // False where there was none.
    bool take_note() {
        auto message = receive_message(notes_.get(), false);
        if (!message) notes_.reset();  // its keeper has gone
        if (!message || message->bytes.empty()) return false;
        Note note = decode_note(message->bytes);
        if (note.kind == Note::Kind::begun)
            usage_.watch_session(note.process);
        else if (note.kind == Note::Kind::blocked)
            violations_.push_back(std::move(note.text));
        else if (!last_word_)
            last_word_ = std::move(note);  // a failed setup is also a finished process
        return true;
    }

    void kill(Outcome::Kind why, std::string detail) {
        killed_ = why;
        killed_at_ = Clock::now();
        detail_ = std::move(detail);
        // What is killed is not waited for, and drops out of the kernel's account.
        if (is_alone_) cpu_at_kill_ = usage_.cpu();
        if (is_alone_ || why == Outcome::Kind::out_of_memory) return guest_.kill();
        if (notes_) send_message(notes_.get(), "kill");
    }

    Result finish() {
        Result result;
        result.outcome = outcome();
        if (result.outcome.kind != Outcome::Kind::setup_failed) result.enforcement = guest_.enforcement;
        result.violations = std::move(violations_);
        result.usage.wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
        result.usage.memory_peak_bytes = usage_.peak_bytes();
        if (is_alone_ && guest_.ended) {
            result.usage.cpu = std::max(cpu_at_kill_, guest_.ended->cpu);
            result.usage.memory_peak_bytes = std::max(usage_.peak_bytes(), guest_.ended->peak_bytes);
        } else if (last_word_) {
            result.usage.cpu = last_word_->cpu;
        }
        for (auto& stream : streams_) {
            Captured& kept = stream.name == Sandbox::Stream::out ? result.out : result.err;
            kept = stream.capture.take();
            if (!sink_ || kept.total_bytes == kept.head.size()) continue;
            sink_(stream.name, std::string_view(kept.text()).substr(kept.head.size()));
        }
        return result;
    }

    Outcome outcome() {
        using Kind = Outcome::Kind;
        if (guest_.failed) return {Kind::setup_failed, 0, guest_.failed->text};
        Outcome own = last_word_ ? outcome_of(*last_word_) : Outcome{Kind::signaled, SIGKILL, ""};
        if (own.kind == Kind::setup_failed) return own;
        if (guest_.ended && guest_.ended->out_of_memory) return {Kind::out_of_memory, 0, usage_.memory()};
        if (!last_word_) {
            if (killed_) return {*killed_, 0, detail_};
            return own;  // somebody outside killed its PID 1
        }
        if (own.kind == Kind::signaled) {  // else it ended by itself, if only just before a limit
            if (killed_ && own.code == SIGKILL) return {*killed_, 0, detail_};
            if (!is_alone_ && own.code == SIGKILL && usage_.memory_exceeded()) {  // the kernel was first
                guest_.kill();
                return {Kind::out_of_memory, 0, usage_.memory()};
            }
            // A command that catches SIGXCPU meets SIGKILL one second later. The limit counts in ticks, the account
            // does not.
            const bool by_cpu = own.code == SIGXCPU || (own.code == SIGKILL && last_word_->cpu >= limits_.cpu * 3 / 4);
            if (by_cpu) return {Kind::cpu_exceeded, 0, fmt::format("{} ms", limits_.cpu.count())};
        }
        if (!own.succeeded() && own.met == Limit::none && usage_.was_full_of_tasks()) {
            own.met = Limit::tasks;
            own.detail = std::to_string(limits_.processes);
        }
        return own;
    }

    GuestLink& guest_;
    const bool is_alone_;
    const Limits limits_;
    const std::uint64_t flood_bytes_ = std::max(limits_.output_bytes * output_flood_factor, output_flood_bytes_min);
    const Clock::time_point start_ = Clock::now();
    Fd notes_;
    std::array<Stream, 2> streams_;
    UsageWatch usage_;
    std::stop_token stop_;
    Fd wake_;
    const Sandbox::Sink& sink_;
    std::vector<char> buffer_;
    std::optional<Outcome::Kind> killed_;
    Clock::time_point killed_at_;
    std::string detail_;
    std::chrono::microseconds cpu_at_kill_{0};
    bool is_lost_ = false;  // it cannot be ended
    std::optional<Note> last_word_;
    std::vector<std::string> violations_;
};

}  // namespace

Result supervise(GuestLink& guest, GuestLife life, CommandEnds ends, const Limits& limits, std::stop_token stop,
                 const Sandbox::Sink& sink) {
    return Supervisor(guest, life, std::move(ends), limits, std::move(stop), sink).run();
}

}  // namespace heddle::sandbox
