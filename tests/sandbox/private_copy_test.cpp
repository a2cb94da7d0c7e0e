// tests/sandbox/private_copy_test.cpp: A workspace whose owners cannot be the guest's is worked on all the same.
#include "sandbox/private_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/changes/commit.h"
#include "sandbox/changes/diff.h"
#include "sandbox/error.h"
#include "sandbox/session.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using namespace heddle::test;

namespace {

Fd open_folder(const fs::path& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// In a folder of the test's own.
struct Lent {
    LentFolder lend() const { return {folder.path(), open_folder(folder.path()), {}}; }
    bool is_gone() const { return !fs::exists(folder.path()); }
    TempFolder folder;
};

std::vector<std::string> paths_of(const std::vector<changes::Change>& found) {
    std::vector<std::string> paths;
    for (const auto& change : found) paths.push_back(change.path);
    return paths;
}

}  // namespace

TEST_CASE("private_copy: holds the same files, modes, times, links and holes, and goes with its owner") {
    const Workspace workspace;
    fs::create_directories(workspace.path() / "a/b");
    workspace.write("a/b/file", "text\n");
    fs::permissions(workspace.path() / "a/b/file", fs::perms(0750));
    fs::create_symlink("/etc/passwd", workspace.path() / "link");
    REQUIRE(::mkfifo((workspace.path() / "fifo").c_str(), 0600) == 0);
    workspace.write("holes", "x");
    fs::resize_file(workspace.path() / "holes", std::uintmax_t{1} << 32);
    const Lent lent;
    fs::path where;
    {
        const PrivateCopy copy(workspace.path(), open_folder(workspace.path()), Limits{}, lent.lend());
        where = copy.path();
        struct stat one {
        }, other{};
        REQUIRE(::stat((workspace.path() / "a/b/file").c_str(), &one) == 0);
        REQUIRE(::stat((where / "a/b/file").c_str(), &other) == 0);
        CHECK(one.st_mode == other.st_mode);
        CHECK(one.st_mtim.tv_nsec == other.st_mtim.tv_nsec);
        CHECK(fs::read_symlink(where / "link") == "/etc/passwd");
        CHECK_FALSE(fs::exists(where / "fifo"));
        REQUIRE(::stat((where / "holes").c_str(), &other) == 0);
        CHECK(other.st_blocks < 4096);
        CHECK(copy.left_out() == 0);
    }
    CHECK_FALSE(fs::exists(where));
    CHECK(lent.is_gone());
}

TEST_CASE("private_copy: more than the disk limit is refused with what to do") {
    const Workspace workspace;
    workspace.write("big", std::string(1 << 20, 'x'));
    const Lent one, other;
    Limits limits;
    limits.disk_bytes = 512 << 10;
    CHECK_THROWS_WITH_AS(PrivateCopy(workspace.path(), open_folder(workspace.path()), limits, one.lend()),
                         doctest::Contains("allow more (--disk, limits.disk_mb)"), Error);
    limits = {};
    limits.disk_files = 16;
    for (int i = 0; i < 20; ++i) workspace.write(std::to_string(i), "");
    CHECK_THROWS_WITH_AS(PrivateCopy(workspace.path(), open_folder(workspace.path()), limits, other.lend()),
                         doctest::Contains("more than 16 files"), Error);
}

TEST_CASE("private_copy: mode copy changes nothing on the host, and its changes are seen and committed as with cow") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    const TempFolder journals;
    workspace.write("file", "old\n");
    workspace.write("gone", "x\n");
    workspace.write("same", "same\n");
    workspace.policy.mode = WorkspaceMode::copy;
    changes::Baseline baseline = changes::Baseline::take();
    Session session = shared_sandbox().open(workspace.policy);
    baseline.settle();
    workspace.write("later", "of the host\n");
    const Result result = session.run(bash("cat file; echo new >file; rm gone; mkdir d; echo x >d/f; touch same; ls"));
    CHECK(exited(result));
    CHECK(result.out.text() == "old\nd\nfile\nsame\n");
    CHECK(workspace.read("file") == "old\n");
    session.close();
    const Fd root = open_folder(workspace.path());
    const auto found = changes::diff(session.changes(), root, {});
    CHECK(paths_of(found) == std::vector<std::string>{"d", "d/f", "file", "gone"});
    const auto report = changes::commit(found, session.changes(), root, open_folder(journals.path()), baseline, {});
    CHECK(report.done);
    CHECK(workspace.read("file") == "new\n");
    CHECK_FALSE(fs::exists(workspace.path() / "gone"));
    CHECK(workspace.read("later") == "of the host\n");
}

TEST_CASE("private_copy: with cow an owner that cannot be the guest's is found, said, and worked around") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) {
        MESSAGE("not run: only root can give a file to somebody else");
        return;
    }
    Workspace workspace;
    fs::create_directory(workspace.path() / "d");
    workspace.write("d/foreign", "old\n");
    workspace.policy.mode = WorkspaceMode::cow;
    CHECK_FALSE(find_foreign_owner(open_folder(workspace.path()), OwnerLook::at_opening));
    REQUIRE(::chown((workspace.path() / "d/foreign").c_str(), 200'000, 200'000) == 0);
    CHECK(find_foreign_owner(open_folder(workspace.path()), OwnerLook::at_opening) == "d/foreign");
    Session session = shared_sandbox().open(workspace.policy);
    CHECK(session.remarks() ==
          std::vector<std::string>{"the owner of d/foreign cannot be the guest's, so it works on a private copy"});
    CHECK(exited(session.run(bash("echo new >>d/foreign; cat d/foreign"))));
    session.close();
    const Fd root = open_folder(workspace.path());
    CHECK(paths_of(changes::diff(session.changes(), root, {})) == std::vector<std::string>{"d/foreign"});
    CHECK(workspace.read("d/foreign") == "old\n");
    workspace.policy.limits.disk_bytes = 64 << 10;
    workspace.write("big", std::string(1 << 20, 'x'));
    CHECK_THROWS_WITH_AS((void)shared_sandbox().open(workspace.policy),
                         doctest::Contains("give all its files one owner"), Error);
    const Result alone = [&] {
        fs::remove(workspace.path() / "big");
        return workspace.bash("echo x >>d/foreign");
    }();
    CHECK(exited(alone));
    CHECK(alone.violations.empty());
    CHECK(alone.remarks ==
          std::vector<std::string>{"the owner of d/foreign cannot be the guest's, so it works on a private copy"});
}

TEST_CASE("private_copy: an owner that was not looked at in a large workspace is explained when it gets in the way") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) {
        MESSAGE("not run: only root can give a file to somebody else");
        return;
    }
    Workspace workspace;
    for (int i = 0; i < 2100; ++i) workspace.write(std::to_string(i), "");
    fs::create_directory(workspace.path() / "d");
    workspace.write("d/foreign", "old\n");
    REQUIRE(::chown((workspace.path() / "d/foreign").c_str(), 200'000, 200'000) == 0);
    workspace.policy.mode = WorkspaceMode::cow;
    const Result result = workspace.bash("echo new >>d/foreign");
    CHECK(exited(result, 1));
    CHECK(result.violations ==
          std::vector<std::string>{
              "the owner of d/foreign cannot be the guest's, so it could not be changed: use mode copy"});
}
