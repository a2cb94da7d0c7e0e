// tests/sandbox/residue_test.cpp: Tests that thousands of guests, and deaths at any moment, leave nothing behind.
#include <doctest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <random>
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

// Where this process and its children put temporary files while it lives; other tests use the usual place meanwhile.
class TempPlace {
 public:
    TempPlace() { ::setenv("TMPDIR", folder_.path().c_str(), 1); }
    ~TempPlace() { ::unsetenv("TMPDIR"); }
    TempPlace(const TempPlace&) = delete;
    TempPlace& operator=(const TempPlace&) = delete;
    bool is_empty() const { return fs::is_empty(folder_.path()); }

 private:
    TempFolder folder_;
};

// A launcher of the test's own, that nobody else's guests are in.
struct House {
    Workspace workspace;
    TempPlace temp;
    std::vector<pid_t> others = children_of(::getpid());
    Sandbox sandbox = Sandbox::start();
    pid_t launcher = new_child_since(others);

    // Once it rests: it closes what it holds of a guest after it has told of its end.
    std::ptrdiff_t launcher_descriptors() const {
        CHECK(blank_soon(launcher) > 0);
        std::ptrdiff_t before = -1;
        for (int i = 0; i < 100; ++i) {
            const fs::directory_iterator all("/proc/" + std::to_string(launcher) + "/fd");
            const auto now = std::distance(all, fs::directory_iterator{});
            if (now == before) return now;
            before = now;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return before;
    }
};

struct State {
    std::string mounts = mounts_of_host();
    int descriptors = open_descriptors();
    std::ptrdiff_t of_launcher;

    explicit State(const House& house) : of_launcher(house.launcher_descriptors()) {}
    void check_against(const House& house) const {
        CHECK(mounts_of_host() == mounts);
        CHECK(open_descriptors() == descriptors);
        CHECK(house.launcher_descriptors() == of_launcher);
        CHECK(house.temp.is_empty());
        CHECK(cgroups_named("heddle-" + std::to_string(house.launcher) + "-").size() <= 1);  // the blank's
    }
};

}  // namespace

TEST_CASE("residue: ten thousand guests in a row leave nothing behind") {
    if (no_sandbox_here()) return;
    House house;
    Policy copied = house.workspace.policy;
    copied.mode = WorkspaceMode::cow;
    const Command command{{"true"}, "", {}, false};
    Sandbox& sandbox = house.sandbox;
    REQUIRE(sandbox.run(command, house.workspace.policy).outcome.exit_status() == 0);
    const State before(house);
    int failed = 0;
    for (int i = 0; i < 10'000; ++i)
        failed += sandbox.run(command, i % 4 == 0 ? copied : house.workspace.policy).outcome.exit_status() != 0;
    CHECK(failed == 0);
    before.check_against(house);
}

TEST_CASE("residue: two hundred sessions leave nothing behind, whatever still ran in them") {
    if (no_sandbox_here()) return;
    House house;
    Sandbox& sandbox = house.sandbox;
    REQUIRE(sandbox.run(bash("true"), house.workspace.policy).outcome.exit_status() == 0);
    const State before(house);
    int failed = 0;
    for (int i = 0; i < 200; ++i) {
        Session session = sandbox.open(house.workspace.policy);
        failed += session.run(bash("sleep 99 & mkfifo /tmp/p; cat /tmp/p & true")).outcome.exit_status() != 0;
        if (i % 2 == 0) session.close();
    }
    CHECK(failed == 0);
    before.check_against(house);
}

TEST_CASE("residue: killed at a hundred random moments, a program leaves nothing behind") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    const std::string mounts = mounts_of_host();
    const TempPlace temp;
    std::mt19937 random(11);
    for (int i = 0; i < 100; ++i) {
        Child child([&](Child::Report report) {
            Sandbox sandbox = Sandbox::start();
            report(children_of(::getpid()).back());
            for (;;) {
                Session session = sandbox.open(workspace.policy);
                sandbox.run(bash("sleep 0.002"), workspace.policy);
                session.run(bash("sleep 99 &"));
            }
        });
        const auto launcher = static_cast<pid_t>(child.next());
        REQUIRE(launcher > 0);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
        const auto guests = children_of(launcher);
        child.kill();
        REQUIRE(gone_soon(launcher));
        for (const pid_t guest : guests) REQUIRE(gone_soon(guest));
        REQUIRE_FALSE(has_cgroup_of(launcher));
    }
    CHECK(mounts_of_host() == mounts);
    CHECK(temp.is_empty());
}
