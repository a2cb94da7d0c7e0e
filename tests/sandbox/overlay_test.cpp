// tests/sandbox/overlay_test.cpp: Tests a workspace that is copied on write, from inside and from the host.
#include <doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "sandbox/session.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using namespace heddle::test;

TEST_CASE("overlay: what a guest writes, removes and renames is its own, and the host's folder stays as it was") {
    if (no_sandbox_here()) return;
    const CowWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    const Result first =
        session.run(bash("set -e; echo new >file; echo more >added; rm folder/below; mkdir folder/inner; mv folder "
                         "moved; cat file added; ls"));
    CHECK(exited(first));
    CHECK(first.out.text() == "new\nmore\nadded\nfile\nmoved\n");
    CHECK(session.run(bash("cat file")).out.text() == "new\n");  // the next command of the session sees it
    CHECK(workspace.read("file") == "old\n");
    CHECK(workspace.read("folder/below") == "below\n");
    CHECK_FALSE(fs::exists(workspace.path() / "added"));
    CHECK(bool(session.changes()));
    struct stat seen {};
    CHECK(::fstatat(session.changes().get(), "added", &seen, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(::fstatat(session.changes().get(), "folder", &seen, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(S_ISCHR(seen.st_mode));  // a whiteout
    session.close();
    Session other = shared_sandbox().open(workspace.policy);
    CHECK(other.run(bash("cat file; ls")).out.text() == "old\nfile\nfolder\n");
}

TEST_CASE("overlay: git commits inside") {
    if (no_sandbox_here()) return;
    const CowWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    const Result result = session.run(bash(
        "set -e; git init -q .; git config user.email a@b.c; git config user.name n; git add -A; git commit -qm first; "
        "echo x >>file; git commit -qam second; git log --format=%s; git status --porcelain"));
    CHECK(exited(result));
    CHECK(result.out.text() == "second\nfirst\n");
    CHECK_FALSE(fs::exists(workspace.path() / ".git"));
}

TEST_CASE("overlay: what is written is bounded, in bytes and in files") {
    if (no_sandbox_here()) return;
    CowWorkspace workspace;
    workspace.policy.limits.disk_bytes = 8u << 20;
    workspace.policy.limits.disk_files = 2000;
    Session session = shared_sandbox().open(workspace.policy);
    const Result full =
        session.run(bash("dd if=/dev/zero of=f bs=1M count=64 2>&1; ls -s --block-size=1 f | cut -d' ' -f1"));
    CHECK(full.out.text().find("No space left") != std::string::npos);
    const Result many = session.run(bash("rm -f f; for i in $(seq 4000); do : >n$i || exit 5; done"));
    CHECK(exited(many, 5));
    CHECK(exited(session.run(bash("rm -f n*; echo ok >again"))));
}

TEST_CASE("overlay: the layers cannot be reached from inside") {
    if (no_sandbox_here()) return;
    const CowWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    CHECK(session.run(bash("ls -d /layers /layers/upper 2>/dev/null; ls /")).out.text().find("layers") ==
          std::string::npos);
}
