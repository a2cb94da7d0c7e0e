// tests/sandbox/changes/stage_test.cpp: Whose the files are that a commit of an ordinary user writes.
#include "sandbox/changes/stage.h"

#include <doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sandbox/changes/commit.h"
#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;

namespace {

constexpr gid_t own_group = 12'345, other_group = 54'321;

Fd open_folder(const fs::path& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Commits one changed file; returns its group afterwards, or 0.
gid_t group_after_commit(const fs::path& house) {
    changes::Baseline baseline = changes::Baseline::take();
    const Fd upper = open_folder(house / "upper"), root = open_folder(house / "root");
    const auto report =
        changes::commit(changes::diff(upper, root, {}), upper, root, open_folder(house / "journals"), baseline, {});
    struct stat found {};
    if (!report.done || report.committed.size() != 1 || ::stat((house / "root/file").c_str(), &found) != 0) return 0;
    return found.st_gid;
}

}  // namespace

TEST_CASE("stage: what an ordinary user commits keeps the group that the host's file had, if he is in it") {
    if (::getuid() != 0) {
        MESSAGE("not run: only root can become a user with a second group");
        return;
    }
    for (const gid_t group : {other_group, gid_t{7}}) {
        const heddle::test::TempFolder house;
        for (const char* name : {"upper", "root", "journals"}) fs::create_directory(house.path() / name);
        std::ofstream(house.path() / "root/file") << "old\n";
        std::ofstream(house.path() / "upper/file") << "new\n";
        for (const char* name : {"", "upper", "root", "journals", "upper/file", "root/file"})
            REQUIRE(::chown((house.path() / name).c_str(), own_group, own_group) == 0);
        REQUIRE(::chown((house.path() / "root/file").c_str(), own_group, group) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const gid_t groups[] = {other_group};
            if (::setgroups(1, groups) != 0 || ::setresgid(own_group, own_group, own_group) != 0 ||
                ::setresuid(own_group, own_group, own_group) != 0)
                ::_exit(2);
            ::_exit(group_after_commit(house.path()) == (group == other_group ? other_group : own_group) ? 0 : 1);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
}
