// tests/sandbox/shared_start_test.cpp: Tests that a child in our memory leaves it by exec, and never holds us up.
#include "sandbox/launcher/shared_start.h"

#include <doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tuple>

using namespace heddle::sandbox;

namespace {

// Its door is beyond the others, and closes as it executes.
struct Begun {
    Fd door, door_of_child, notes, notes_of_supervisor;
    Fd proc{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    SharedStart starts{proc};

    Begun() {
        std::tie(door, door_of_child) = make_socket_pair();
        std::tie(notes, notes_of_supervisor) = make_socket_pair();
    }
    // The status of a child with this life, once await_program() has come back and the child has ended.
    int status_of(int (*life)(void*), void* given = nullptr) {
        const pid_t child = starts.start(life, given);
        door_of_child.reset();
        await_program(child, door, notes);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return status;
    }
};

int execute_true(void*) {
    char name[] = "true";
    char* const argv[] = {name, nullptr};
    char* const environment[] = {nullptr};
    ::execve("/usr/bin/true", argv, environment);
    ::_exit(1);
}

}  // namespace

TEST_CASE("shared_start: what the child gave up it alone gave up, and it executes a program") {
    const uid_t user = ::getuid();
    Begun begun;
    const int status = begun.status_of(
        [](void*) -> int {
            if (::getuid() == 0 && ::setresuid(1, 1, 1) != 0) ::_exit(1);
            return execute_true(nullptr);
        },
        nullptr);
    CHECK(status == 0);
    CHECK(::getuid() == user);
}

TEST_CASE("shared_start: one that is stopped before it has executed is killed, and holds nobody up") {
    Begun begun;
    const int status = begun.status_of([](void*) -> int {
        ::kill(::getpid(), SIGSTOP);
        ::_exit(0);
    });
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

TEST_CASE("shared_start: one that nobody wants any more is killed before it has executed") {
    Begun begun;
    begun.notes_of_supervisor.reset();
    const int status = begun.status_of([](void*) -> int {
        for (;;) ::pause();
    });
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}
