// tests/sandbox/workspace_test.cpp: Which folders may be a workspace.
#include "sandbox/workspace.h"

#include <doctest.h>

#include "sandbox/error.h"
#include "tests/support/temp_folder.h"

using namespace heddle::sandbox;
namespace fs = std::filesystem;

TEST_CASE("workspace: folders that are or hold a part of the system are refused") {
    for (const char* path : {"/", "/usr", "/etc", "/proc", "/proc/1", "/sys/fs", "/dev", "/dev/pts", "/dev/shm", "/tmp",
                             "/run", "/home", "/home/guest", "/var", "/bin/x", "/lib64", "/boot/grub"}) {
        INFO(std::string(path));
        CHECK(refusal(path) != "");
    }
    for (const char* path :
         {"/tmp/a", "/root/project", "/home/me/project", "/usr/src/x", "/dev/shm/x", "/srv", "/usrlocal"}) {
        INFO(std::string(path));
        CHECK(refusal(path) == "");
    }
}

TEST_CASE("workspace: a link to a refused folder is refused, dots and slashes make no difference") {
    const heddle::test::TempFolder folder;
    fs::create_directory_symlink("/", folder.path() / "link");
    Policy policy;
    for (const fs::path& path : {folder.path() / "link", folder.path() / "none", fs::path("relative"), fs::path(""),
                                 fs::path("/tmp/."), fs::path("//"), fs::path("/tmp/x/../../usr/")}) {
        INFO(path.native());
        policy.workspace = path;
        CHECK_THROWS_AS(open_workspace(policy), Error);
    }
    policy.workspace = folder.path() / "." / "";
    CHECK(open_workspace(policy).get() >= 0);
    CHECK(policy.workspace == folder.path());
}

TEST_CASE("workspace: the refusal is one line, whatever the name holds") {
    Policy policy;
    policy.workspace = "/nowhere\n\x1b[31m/x";
    try {
        open_workspace(policy);
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) ==
              "use \"/nowhere\\x0a\\x1b[31m/x\" as the workspace: No such file or directory");
    }
}

TEST_CASE("workspace: limits without a meaning are refused") {
    CHECK_NOTHROW(check(Limits{}));
    Limits limits;
    limits.memory_bytes = 0;
    CHECK_THROWS_AS(check(limits), Error);
    limits = {};
    limits.processes = 0;
    CHECK_THROWS_AS(check(limits), Error);
    limits = {};
    limits.wall = std::chrono::milliseconds(-1);
    CHECK_THROWS_AS(check(limits), Error);
}
