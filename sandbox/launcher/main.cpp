// sandbox/launcher/main.cpp: The launcher: one thread, one poll(); each message is a guest, each ended keeper a note.
//
// It is a program of its own because between fork and exec of a process with threads and gigabytes nothing can be set
// up: no memory may be allocated there, and copying its page tables alone takes tens of milliseconds.
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <list>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/launcher/guest.h"
#include "sandbox/launcher/lending.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/trial.h"
#include "sandbox/launcher/wrapping.h"

namespace heddle::sandbox {

namespace {

constexpr int socket_place = 3;
constexpr int calm_ms = 3;  // longer than most guests that are asked for one after another leave between them

void raise_file_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

// Commands would keep what is ignored across their exec. By the bare call: glibc keeps two signals to itself, and
// posix_spawn leaves those two ignored.
void hear_signals() {
    struct {
        std::uintptr_t handler;
        unsigned long rest[3];
    } action{};
    constexpr std::size_t mask_bytes = 8;
    for (int signal = 1; signal < NSIG; ++signal) {
        const bool is_known = ::syscall(SYS_rt_sigaction, signal, nullptr, &action, mask_bytes) == 0;
        if (!is_known || action.handler != reinterpret_cast<std::uintptr_t>(SIG_IGN)) continue;
        action = {};  // all zero is the default action
        ::syscall(SYS_rt_sigaction, signal, &action, nullptr, mask_bytes);
    }
}

void kill(Guest& guest) {
    guest.killed = true;
    ::syscall(SYS_pidfd_send_signal, guest.keeper.pidfd.get(), SIGKILL, nullptr, 0);
}

class Launcher {
 public:
    Launcher(Fd requests, Ground& ground)
        : requests_(std::move(requests)),
          ground_(ground),
          parent_(static_cast<int>(::syscall(SYS_pidfd_open, ::getppid(), 0))) {}

    // Until the socket closes or the parent, which may have leaked the socket to some child, has ended.
    void run() {
        for (;;) {
            std::vector<pollfd> fds{{requests_.get(), POLLIN, 0}, {parent_.get(), POLLIN, 0}};
            for (const auto& guest : guests_) {
                fds.push_back({guest.keeper.pidfd.get(), POLLIN, 0});
                fds.push_back({guest.killed ? -1 : guest.control.get(), 0, 0});
            }
            const std::size_t lent = fds.size();
            lending_.watch(fds);
            const int ready = ::poll(fds.data(), fds.size(), is_blank_due_ ? calm_ms : -1);
            if (ready < 0) {
                if (errno == EINTR) continue;
                throw Error("wait for requests", errno);
            }
            if (ready == 0) make_ahead();
            if (fds[1].revents != 0) return;
            look_after_guests(fds);
            lending_.look_after(fds.data() + lent);
            if (fds[0].revents == 0) continue;
            reserve_.reset();
            const bool goes_on = serve_request();
            reserve_ = make_reserve();
            is_blank_due_ = true;
            if (!goes_on) return;
        }
    }

    // So that their cgroups can be removed; one that hangs in the kernel is left to the next launcher.
    void end_guests() {
        constexpr int patience_ms = 5'000;
        for (Guest& guest : guests_) kill(guest);
        for (Guest& guest : guests_) {
            pollfd ended{guest.keeper.pidfd.get(), POLLIN, 0};
            if (::poll(&ended, 1, patience_ms) == 1) finish(std::move(guest), ground_);
        }
        guests_.clear();
        ground_.blanks.clear();
    }

 private:
    // Nobody waits now, nor runs a command of which nothing has come for a while: else both would be slower for it.
    void make_ahead() {
        is_blank_due_ = false;
        ground_.blanks.make_ahead(ground_);
    }

    // A descriptor that is free when a request comes, for the one by which its sender is told.
    static Fd make_reserve() { return Fd(::open("/", O_PATH | O_CLOEXEC)); }

    // False once nobody is left to ask.
    bool serve_request() {
        try {
            auto request = receive_message(requests_.get());
            if (!request || request->bytes == "end") return false;
            if (request->bytes == "probe")
                send_message(requests_.get(), try_layers(ground_));
            else if (request->bytes == kind_request)
                Lending::tell_kind(*request, ground_);
            else if (request->bytes == folder_request)
                lending_.lend(*request, ground_);
            else if (auto guest = start_guest(std::move(*request), ground_))
                guests_.push_back(std::move(*guest));
        } catch (const CutMessage& request) {
            refuse_guest(request);
        }
        return true;
    }

    void look_after_guests(const std::vector<pollfd>& fds) {
        std::size_t at = 2;
        for (auto guest = guests_.begin(); guest != guests_.end(); at += 2) {
            const auto each = guest++;
            if (fds[at].revents != 0) {
                finish(std::move(*each), ground_);
                guests_.erase(each);
            } else if (fds[at + 1].revents != 0) {
                kill(*each);
            }
        }
    }

    Fd requests_;
    Ground& ground_;
    Fd parent_;
    Fd reserve_ = make_reserve();
    bool is_blank_due_ = true;
    Lending lending_;          // goes after the guests, who may be at work in these folders
    std::list<Guest> guests_;  // their keepers die with this process
};

}  // namespace

}  // namespace heddle::sandbox

int main(int count, char** arguments) {
    using namespace heddle::sandbox;
    ::prctl(PR_SET_NAME, "heddle-launcher", 0, 0, 0);
    if (count > 1) return go_on_within({arguments + 1, arguments + count});
    ::umask(022);
    if (::chdir("/") != 0 || ::fcntl(socket_place, F_SETFD, FD_CLOEXEC) != 0) {
        fmt::print(stderr, "heddle-launcher: this program is started by Heddle and does nothing alone\n");
        return 2;
    }
    raise_file_limit();
    hear_signals();
    Fd requests(socket_place);
    try {
        Ground ground;
        send_message(requests.get(), encode(Note{}));
        ground.tier();  // while the caller goes on; a failure is told with the guest that wants it
        Launcher launcher(std::move(requests), ground);
        launcher.run();
        launcher.end_guests();
    } catch (const SetupError& error) {
        Note refusal;
        refusal.kind = Note::Kind::failed;
        refusal.text = error.what();
        send_message(requests.get(), encode(refusal));
        return 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "heddle-launcher: {}\n", error.what());
        return 1;
    }
    return 0;
}
