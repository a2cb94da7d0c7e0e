// tests/sandbox/cgroup_test.cpp: Tests what is read of cgroups, of version 2 too, which holds no memory on many a
// machine that runs tests: there over a folder with files as the kernel writes them.
#include "sandbox/launcher/cgroup.h"

#include <doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "sandbox/usage_watch.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using heddle::test::Child;
using heddle::test::TempFolder;
using namespace std::chrono_literals;

namespace {

constexpr const char* quiet_events = "low 0\nhigh 3\nmax 12\noom 2\noom_kill 0\noom_group_kill 0\n";
constexpr const char* fatal_events = "low 0\nhigh 3\nmax 12\noom 2\noom_kill 1\noom_group_kill 1\n";

struct Folder {
    void write(const char* name, const std::string& text) const {
        // In place, as the kernel's files change beneath who has them open.
        std::ofstream(folder.path() / name, std::ios::in | std::ios::out | std::ios::trunc) << text;
    }
    void make(const char* name, const std::string& text) const { std::ofstream(folder.path() / name) << text; }
    Fd open() const { return Fd(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }
    TempFolder folder;
};

GuestLink guest_of(const Folder& folder, MemoryKeeper version) {
    GuestLink guest;
    guest.memory = version;
    guest.cgroup = folder.open();
    return guest;
}

// Where the second version is mounted, or "".
std::string version_2() {
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        if (line.find(" - cgroup2 ") == line.npos) continue;
        std::istringstream words(line);
        return std::vector<std::string>{std::istream_iterator<std::string>(words), {}}.at(4);
    }
    return "";
}

}  // namespace

TEST_CASE("cgroup: counters tell a kill and the peak, anew at each look, in the words of each version") {
    struct Words {
        MemoryKeeper version;
        const char *kills, *before, *after, *peak;
    };
    for (const Words& words :
         {Words{MemoryKeeper::cgroup2, "memory.events", quiet_events, fatal_events, "memory.peak"},
          Words{MemoryKeeper::cgroup1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", "memory.max_usage_in_bytes"}}) {
        const Folder folder;
        folder.make(words.kills, words.before);
        folder.make(words.peak, "1048576\n");
        const CgroupCounters counters = CgroupCounters::open(folder.open(), words.version);
        CHECK_FALSE(counters.killed());
        CHECK(counters.peak_bytes() == 1048576);
        folder.write(words.kills, words.after);
        folder.write(words.peak, "67108864\n");
        CHECK(counters.killed());
        CHECK(counters.peak_bytes() == 67108864);
    }
}

TEST_CASE("cgroup: where a kernel has no such counter, nothing is known of it") {
    const Folder folder;
    const CgroupCounters counters = CgroupCounters::open(folder.open(), MemoryKeeper::cgroup2);
    CHECK_FALSE(counters.killed());
    CHECK(counters.peak_bytes() == 0);
}

TEST_CASE("cgroup: a watch ends a guest in whose cgroup the kernel has killed, and says who held its memory") {
    Limits limits;
    limits.memory_bytes = 64u << 20;
    const Folder second;
    second.make("memory.events", quiet_events);
    const GuestLink guest = guest_of(second, MemoryKeeper::cgroup2);
    UsageWatch watch(guest, limits);
    CHECK_FALSE(watch.memory_exceeded());
    second.write("memory.events", fatal_events);
    CHECK(watch.memory_exceeded());
    CHECK(watch.memory() == "64 MiB, held by a cgroup (v2)");

    const Folder first;
    first.make("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    const GuestLink older = guest_of(first, MemoryKeeper::cgroup1);
    CHECK(UsageWatch(older, limits).memory_exceeded());
    CHECK(UsageWatch(older, limits).memory() == "64 MiB, held by a cgroup (v1)");
}

TEST_CASE("cgroup: of version 2 a guest's processor time is its cgroup's, and past the limit the guest ends") {
    Limits limits;
    limits.cpu = 2s;
    const Folder folder;
    folder.make("memory.events", quiet_events);
    folder.make("cpu.stat", "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 0\n");
    const GuestLink guest = guest_of(folder, MemoryKeeper::cgroup2);
    UsageWatch watch(guest, limits);
    CHECK(watch.cpu() == 1500ms);
    folder.write("cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 0\n");
    CHECK(watch.cpu() == 2500ms);
    for (int i = 0; i < 500 && std::chrono::steady_clock::now() < watch.next_look(); ++i) ::usleep(10'000);
    std::optional<UsageWatch::Excess> excess;
    for (int i = 0; i < 500 && !excess; ++i) {
        ::usleep(10'000);
        excess = watch.look();
    }
    REQUIRE(excess);
    CHECK(excess->kind == Outcome::Kind::cpu_exceeded);
    // One command's of a session is not: the cgroup is all of the guest's.
    watch.watch_session(7);
    CHECK(watch.cpu() == 0us);
}

TEST_CASE("cgroup: the kernel's own counter of version 2 has the time of children that nobody waited for") {
    const fs::path folder = version_2().empty() ? "" : version_2() + "/heddle-test-" + std::to_string(::getpid());
    if (folder.empty() || ::mkdir(folder.c_str(), 0755) != 0) {
        MESSAGE("not run: no cgroup of version 2 can be made here");
        return;
    }
    Child worker([&](const Child::Report& report) {
        std::ofstream(folder / "cgroup.procs") << ::getpid() << std::flush;
        ::signal(SIGCHLD, SIG_IGN);  // whose children are in no sum once they are gone
        if (::fork() == 0) {
            const auto until = std::chrono::steady_clock::now() + 300ms;
            while (std::chrono::steady_clock::now() < until) {
            }
            ::_exit(0);
        }
        ::usleep(600'000);
        report(1);
        ::pause();
    });
    CHECK(worker.next() == 1);
    GuestLink guest;
    guest.memory = MemoryKeeper::cgroup2;
    guest.cgroup = Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto used = UsageWatch(guest, Limits{}).cpu();
    CHECK(used > 30ms);  // beside others it may get little of its time
    CHECK(used < 2s);
    std::ofstream(folder / "cgroup.kill") << 1 << std::flush;
    worker.wait();
    bool is_removed = false;
    for (int i = 0; i < 200 && !is_removed; ++i) {
        is_removed = ::rmdir(folder.c_str()) == 0;
        if (!is_removed) ::usleep(10'000);
    }
    CHECK(is_removed);
}
