// tests/sandbox/process_tree_test.cpp: Descendants are found however odd their names, and nobody else is.
#include "sandbox/process_tree.h"

#include <doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "tests/support/child.h"

using namespace heddle::sandbox;
using heddle::test::Child;

namespace {

bool holds(const std::vector<ProcessEntry>& all, pid_t pid) {
    return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.pid == pid; });
}

}  // namespace

TEST_CASE("process tree: children and theirs are found, but not what is spared or stands beside") {
    const Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Child family([](const Child::Report& report) {
        const pid_t grandchild = ::fork();
        if (grandchild == 0) {
            ::prctl(PR_SET_NAME, ") Z 1 (", 0, 0, 0);
            for (;;) ::pause();
        }
        report(::getpid());
        report(grandchild);
        for (;;) ::pause();
    });
    Child beside([](const Child::Report& report) {
        report(::getpid());
        for (;;) ::pause();
    });
    const auto parent = static_cast<pid_t>(family.next()), grandchild = static_cast<pid_t>(family.next());
    const auto other = static_cast<pid_t>(beside.next());
    const auto all = descendants(proc, ::getpid()), below = descendants(proc, parent);
    CHECK(holds(all, parent));
    CHECK(holds(all, grandchild));
    CHECK(holds(all, other));
    CHECK(below.size() == 1);
    CHECK(holds(below, grandchild));
    CHECK_FALSE(below.at(0).has_ended);
    const auto spared = descendants(proc, ::getpid(), {parent});
    CHECK_FALSE(holds(spared, parent));
    CHECK_FALSE(holds(spared, grandchild));
    CHECK(holds(spared, other));
    CHECK(look_at_process(proc, grandchild)->parent == parent);
    CHECK(look_at_process(proc, grandchild)->session == ::getsid(0));
    CHECK_FALSE(look_at_process(proc, grandchild)->is_stopped);
    ::kill(grandchild, SIGSTOP);
    const auto is_stopped = [&] { return look_at_process(proc, grandchild)->is_stopped; };
    for (int i = 0; i < 1000 && !is_stopped(); ++i) ::usleep(1000);
    CHECK(is_stopped());
    ::kill(grandchild, SIGKILL);
}

TEST_CASE("process tree: a process's time grows with its work, and its children's is added when they are reaped") {
    const Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto spin = [] {
        const std::clock_t until = std::clock() + CLOCKS_PER_SEC / 10;
        while (std::clock() < until) {
        }
    };
    const std::uint64_t before = look_at_process(proc, ::getpid())->ticks;
    Child child([&](const Child::Report&) { spin(); });
    child.wait();
    const std::uint64_t with_child = look_at_process(proc, ::getpid())->ticks;
    CHECK(with_child >= before + 5);  // of a hundredth of a second each
    spin();
    CHECK(look_at_process(proc, ::getpid())->ticks >= with_child + 5);
}
