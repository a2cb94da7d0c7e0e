// tests/sandbox/blank_test.cpp: Tests that a guest made ahead is one guest's alone, and good when it is asked for.
#include <doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/sandbox.h"
#include "tests/support/child.h"
#include "tests/support/host_state.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
namespace fs = std::filesystem;

namespace {

struct House {
    Workspace workspace;
    std::vector<pid_t> others = children_of(::getpid());
    Sandbox sandbox = Sandbox::start();
    pid_t launcher = new_child_since(others);

    std::string say(const std::string& script) { return sandbox.run(bash(script), workspace.policy).out.text(); }
};

// Of this process and its children, which it may then change.
bool have_own_mounts() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

std::set<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::set<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
}

}  // namespace

TEST_CASE("blank: what waits becomes the next guest, in namespaces of its own, and then no other") {
    if (no_sandbox_here()) return;
    House house;
    std::set<std::string> seen;
    std::vector<Session> sessions;  // held open, for the kernel numbers namespaces anew from those that have gone
    while (sessions.size() < 3) {
        const pid_t blank = blank_soon(house.launcher, sessions.size());
        REQUIRE(blank > 0);
        sessions.push_back(house.sandbox.open(house.workspace.policy));
        CHECK(name_of_process(blank) == "heddle-keeper");
        const Result result = sessions.back().run(bash("cd /proc/self/ns; readlink user mnt pid net ipc uts cgroup"));
        for (const std::string& name : lines_of(result.out.text())) CHECK(seen.insert(name).second);
    }
    CHECK(seen.size() == 21);
}

TEST_CASE("blank: it takes the limits of the policy that it is asked for with") {
    if (no_sandbox_here()) return;
    House house;
    for (const int processes : {20, 50}) {
        REQUIRE(blank_soon(house.launcher) > 0);
        house.workspace.policy.limits.processes = processes;
        house.workspace.policy.limits.tmp_bytes = static_cast<std::uint64_t>(processes) << 20;
        CHECK(house.say("df --output=size -BM /tmp | tail -n 1 | tr -d ' '") == std::to_string(processes) + "M\n");
        REQUIRE(blank_soon(house.launcher) > 0);
        CHECK(house.say("cat /proc/sys/kernel/pid_max; echo 999 > /proc/sys/kernel/pid_max || echo refused") ==
              std::to_string(processes + 301) + "\nrefused\n");
    }
}

TEST_CASE("blank: one that was killed while it waited is replaced") {
    if (no_sandbox_here()) return;
    House house;
    const pid_t blank = blank_soon(house.launcher);
    REQUIRE(blank > 0);
    REQUIRE(::kill(blank, SIGKILL) == 0);
    while (!children_of(house.launcher).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(house.say("echo here") == "here\n");
}

TEST_CASE("blank: what the host mounts while it waits is in the next guest") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) return;  // who cannot mount
    Child child([&](Child::Report report) {
        if (!have_own_mounts()) return;
        House house;
        report(blank_soon(house.launcher) > 0);
        if (::mount("new", "/usr/share", "tmpfs", 0, "mode=0755") != 0) return;
        std::ofstream("/usr/share/new") << "new\n";
        report(house.say("cat /usr/share/new") == "new\n");
    });
    CHECK(child.told() == std::vector<std::int64_t>{1, 1});
}

TEST_CASE("blank: where one cannot be made, who asked for it is told the step, and the next has another") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) return;
    Child child([&](Child::Report report) {
        if (!have_own_mounts()) return;
        House house;
        house.workspace.policy.network = NetworkMode::host;  // for which none waits, and each lays /dev for itself
        Command command = bash("echo here");
        command.input = "else it is /dev/null";
        const auto run = [&] { return house.sandbox.run(command, house.workspace.policy); };
        if (::mount("none", "/dev", "tmpfs", 0, nullptr) != 0) return;
        report(run().outcome.detail.find("step 'mounts': could not copy the mount of /dev/null") != std::string::npos);
        if (::umount("/dev") != 0) return;
        report(run().out.text() == "here\n");
    });
    CHECK(child.told() == std::vector<std::int64_t>{1, 1});
}

TEST_CASE("blank: it has ended, and its cgroup gone, when its launcher has") {
    if (no_sandbox_here()) return;
    pid_t launcher = -1, blank = -1;
    {
        House house;
        launcher = house.launcher;
        blank = blank_soon(launcher);
        REQUIRE(blank > 0);
    }
    CHECK(::kill(blank, 0) != 0);
    CHECK_FALSE(has_cgroup_of(launcher));
}
