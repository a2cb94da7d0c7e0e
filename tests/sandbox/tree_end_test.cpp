// tests/sandbox/tree_end_test.cpp: Tests that PID 1 of a namespace goes on only once nobody else is left in it.
#include "sandbox/launcher/tree_end.h"

#include <doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/sandbox_house.h"

namespace {

// Ignores what can be ignored, and has a child of its own in another session, whose parent may end before it.
void start_stubborn_family() {
    if (::fork() != 0) return;
    for (const int signal : {SIGTERM, SIGHUP, SIGINT}) ::signal(signal, SIG_IGN);
    ::fork();
    ::setsid();
    for (;;) ::pause();
}

// What PID 1 of a new namespace exits with after `life`.
int status_of_first(int (*life)()) {
    const pid_t outside = ::fork();
    if (outside == 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) ::_exit(100);
        const pid_t first = ::fork();
        if (first == 0) ::_exit(life());
        int status = 0;
        ::waitpid(first, &status, 0);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 101);
    }
    int status = 0;
    ::waitpid(outside, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

}  // namespace

TEST_CASE("tree_end: PID 1 goes on once all others of its namespace have ended, whatever they ignore") {
    if (heddle::test::no_sandbox_here()) return;
    const int status = status_of_first([] {
        for (int i = 0; i < 100; ++i) start_stubborn_family();
        if (::kill(-1, 0) != 0) return 1;
        heddle::sandbox::end_namespace();
        return ::kill(-1, 0) == -1 && errno == ESRCH ? 0 : 2;
    });
    CHECK(status == 0);
}
