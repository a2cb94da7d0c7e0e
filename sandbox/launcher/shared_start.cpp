// sandbox/launcher/shared_start.cpp: clone() with a stack beside ours, and a look now and then.
#include "sandbox/launcher/shared_start.h"

#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "sandbox/launcher/setup_error.h"
#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool may_share = false;
#elif defined(__has_feature)
constexpr bool may_share = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool may_share = true;
#endif

constexpr std::size_t stack_bytes = 256 * 1024, guard_bytes = 64 * 1024;

}  // namespace

SharedStart::SharedStart(const Fd& proc)
    : shares_(may_share && number_after(read_text_at(proc.get(), "sys/fs/suid_dumpable"), "") != 1),
      stack_(::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (stack_ == MAP_FAILED || ::mprotect(stack_, guard_bytes, PROT_NONE) != 0)
        throw SetupError(Step::command, "make a stack for commands that begin", errno);
}

SharedStart::~SharedStart() {
    ::munmap(stack_, stack_bytes);
}

pid_t SharedStart::start(int (*life)(void*), void* given) const {
    char* const top = static_cast<char*>(stack_) + stack_bytes;
    return check(::clone(life, top, SIGCHLD | (shares_ ? CLONE_VM : 0), given), Step::command, "fork the command");
}

// Nothing here touches the heap, nor reads errno while the child may write it.
void await_program(pid_t child, const Fd& door, const Fd& notes) {
    constexpr int look_ms = 20;
    std::array<pollfd, 2> fds{pollfd{door.get(), 0, 0}, pollfd{notes.get(), POLLIN, 0}};
    for (;;) {
        if (::poll(fds.data(), fds.size(), look_ms) < 0) continue;
        if ((fds[0].revents & POLLHUP) != 0) return;
        siginfo_t stopped{};
        const bool is_unwanted = fds[1].revents != 0;
        ::waitid(P_PID, static_cast<id_t>(child), &stopped, WSTOPPED | WNOHANG);
        if (is_unwanted || stopped.si_pid != 0) ::kill(child, SIGKILL);
        if (is_unwanted) fds[1].fd = -1;
    }
}

}  // namespace heddle::sandbox
