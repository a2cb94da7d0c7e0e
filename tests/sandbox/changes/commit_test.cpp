// tests/sandbox/changes/commit_test.cpp: What commit takes to the host, what it keeps away, and what a conflict is.
#include "sandbox/changes/commit.h"

#include <sys/file.h>
#include <sys/socket.h>

#include "sandbox/changes/describe.h"
#include "sandbox/error.h"
#include "tests/sandbox/changes/overlay_house.h"

using namespace heddle::test;
using namespace heddle::sandbox::changes;
using heddle::sandbox::Error;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> paths(const std::vector<Change>& changes) {
    std::vector<std::string> all;
    for (const auto& change : changes) all.push_back(change.path);
    return all;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("commit: the host's folder becomes what the guest saw") {
    for (const Marks marks : {Marks::user, Marks::trusted}) {
        OverlayHouse house(marks);
        if (house.missing()) return;
        for (const char* name : {"gone", "edited", "mode", "to_folder", "tree/a", "tree/sub/deep/b", "again/old",
                                 "again/sub/x", "to_file/x", "to_file/sub/y", "moved", "untouched"})
            house.write(name, name);
        house.open_workspace();
        CHECK(
            house.guest("rm gone; echo 2 > edited; chmod 755 mode; rm to_folder; mkdir to_folder; echo 1 > to_folder/n;"
                        "rm -r tree; rm -r again; mkdir -p again/sub; echo n > again/sub/new; rm -r to_file;"
                        "echo f > to_file; mv moved there; mkdir -p new/deep; echo x > new/deep/f; ln -s deep/f new/l;"
                        "chmod 555 new/deep; chmod 700 new; printf 'odd' > \"$(printf 'a\\nb\\377')\"; echo > ./-rf"));
        const auto seen = tree_of(house.in_view("merged"));
        const CommitReport report = house.commit();
        CHECK(report.done);
        CHECK(report.refused.empty());
        CHECK(tree_of(house.host()) == seen);
        CHECK(house.read("a\nb\xff") == "odd");
        CHECK(house.diff().empty());
        CHECK(fs::is_empty(house.aside() / "journals"));
    }
}

TEST_CASE("commit: rwx bits, times and holes are kept, set-id bits are not") {
    OverlayHouse house;
    if (house.missing()) return;
    house.open_workspace();
    CHECK(house.guest(
        "touch -d 2001-02-03 old; touch -d 2002-02-03 d-file; mkdir d; mv d-file d; touch -d 2003-01-01 d;"
        "cp /bin/true id; chmod 6755 id; chmod 3777 d; truncate -s 64M sparse;"
        "printf x | dd of=sparse bs=1 seek=40000000 conv=notrunc 2>/dev/null; ln -s old l; touch -hd 2004-01-01 l"));
    CHECK(house.commit().done);
    struct stat found {};
    const auto look = [&](const char* name) { return ::lstat((house.host() / name).c_str(), &found); };
    CHECK(look("old") == 0);
    CHECK(found.st_mtim.tv_sec == 981158400);
    CHECK(look("d") == 0);
    CHECK((found.st_mode & 07777) == 0777);
    CHECK(found.st_mtim.tv_sec == 1041379200);
    CHECK(look("l") == 0);
    CHECK(found.st_mtim.tv_sec == 1072915200);
    CHECK(look("id") == 0);
    CHECK((found.st_mode & 07777) == 0755);
    CHECK(look("sparse") == 0);
    CHECK(found.st_size == 64 << 20);
    CHECK(found.st_blocks < 1000);
    CHECK(house.read("sparse")[40000000] == 'x');
}

TEST_CASE("commit: what is refused stays away, what is around it comes, and a person can lift what is protected") {
    OverlayHouse house;
    if (house.missing()) return;
    house.write(".git/hooks/old", "1");
    house.write(".vscode/tasks.json", "1");
    house.write(".vscode/other.json", "1");
    house.open_workspace();
    CHECK(
        house.guest("echo evil > .git/hooks/pre-commit; rm .git/hooks/old; rm -r .vscode; ln -s /etc out; mkfifo f;"
                    "mkdir .heddle-commit-x; echo > .heddle-commit-x/y; mkdir sub; echo gitdir: x > sub/.git;"
                    "mkdir .idea; echo > .idea/x.xml; echo > AGENTS.md; echo ok > main.c"));
    const auto changes = house.diff();
    const CommitReport report = house.commit(changes);
    CHECK(report.done);
    CHECK(paths(report.committed) == Paths{".idea", ".vscode/other.json", "main.c", "sub"});
    CHECK(report.refused.size() == changes.size() - 4);
    CHECK(house.read(".git/hooks/old") == "1");
    CHECK(house.read(".vscode/tasks.json") == "1");
    for (const char* name : {".git/hooks/pre-commit", "out", "f", ".heddle-commit-x", "sub/.git", "AGENTS.md"}) {
        INFO(std::string(name));
        CHECK(!fs::exists(fs::symlink_status(house.host() / name)));
    }
    house.options.allowed = {"AGENTS.md", "out", ".vscode/tasks.json", "f", ".heddle-commit-x"};
    CHECK(paths(house.commit().committed) == Paths{".vscode", ".vscode/tasks.json", "AGENTS.md", "out"});
    CHECK(!fs::exists(house.host() / ".vscode"));
}

TEST_CASE("commit: what the caller says about a change grants nothing") {
    OverlayHouse house;
    if (house.missing()) return;
    house.open_workspace();
    CHECK(house.guest("mkdir -p .git/hooks; echo evil > .git/hooks/x"));
    auto changes = house.diff();
    for (auto& change : changes) change.refusal.clear();
    const CommitReport report = house.commit(changes);
    CHECK(!report.done);
    CHECK(report.conflicts[0].refusal == "it is not what was shown; look at the changes again");
    CHECK(fs::is_empty(house.host()));
}

TEST_CASE("commit: what the guest did after the changes were shown is a conflict") {
    OverlayHouse house;
    if (house.missing()) return;
    house.open_workspace();
    CHECK(house.guest("echo good > a"));
    const auto shown = house.diff();
    CHECK(house.guest("echo evil > a"));
    CHECK(!house.commit(shown).done);
    CHECK(fs::is_empty(house.host()));
    CHECK(house.commit().done);
    CHECK(house.read("a") == "evil\n");
}

TEST_CASE("commit: a part can be chosen, and folders come and go only whole") {
    OverlayHouse house;
    if (house.missing()) return;
    house.write("tree/a", "1");
    house.write("tree/b", "1");
    house.open_workspace();
    CHECK(house.guest("rm -r tree; mkdir new; echo > new/x; echo 1 > one; echo 2 > two"));
    std::vector<Change> chosen;
    for (const auto& change : house.diff())
        if (change.path != "tree/b" && change.path != "new" && change.path != "two") chosen.push_back(change);
    const CommitReport report = house.commit(chosen);
    CHECK(report.done);
    CHECK(paths(report.committed) == Paths{"one", "tree/a"});
    CHECK(describe(report.refused) == "! new/x (its folder is not taken: new)\n! tree/ (holds what stays: tree/b)\n");
    CHECK(house.read("tree/b") == "1");
    // What is left goes later, though commit itself has changed the host's folder since the opening.
    CHECK(house.commit().done);
    CHECK(tree_of(house.host()) == tree_of(house.in_view("merged")));
}

TEST_CASE("commit: what the host did since the opening is a conflict, and the host's stays") {
    OverlayHouse house;
    if (house.missing()) return;
    for (const char* name : {"edited", "deleted", "gone", "tree/a", "touched_in_place", "quiet"})
        house.write(name, "old");
    house.open_workspace();
    CHECK(
        house.guest("echo g > edited; rm deleted; echo g > gone; rm -r tree; echo g > appeared; echo g > quiet;"
                    "chmod 600 touched_in_place; echo g > fresh"));
    house.write("edited", "host");
    house.write("deleted", "host");
    fs::remove(house.host() / "gone");
    house.write("tree/new", "host");
    house.write("appeared", "host");
    house.write("touched_in_place", "old");
    house.write("elsewhere", "host");
    const auto before = tree_of(house.host());
    const CommitReport report = house.commit();
    CHECK(!report.done);
    CHECK(paths(report.conflicts) == Paths{"appeared", "deleted", "edited", "gone", "touched_in_place", "tree/new"});
    CHECK(tree_of(house.host()) == before);

    std::vector<Change> rest;
    for (const auto& change : house.diff())
        if (change.path == "quiet" || change.path == "fresh") rest.push_back(change);
    CHECK(house.commit(rest).done);
    CHECK(house.read("quiet") == "g\n");
    CHECK(house.read("elsewhere") == "host");
}

TEST_CASE("commit: an edit of the host in the middle of the commit is a conflict, and is not lost") {
    OverlayHouse house;
    if (house.missing()) return;
    house.write("a", "old");
    house.write("b", "old");
    house.open_workspace();
    CHECK(house.guest("echo g > a; rm b"));
    // Before staging, between staging and the renames, and at the first rename.
    for (const int at : {1, 4, 5})
        for (const char* name : {"a", "b"}) {
            house.write(name, "old");
            house.open_workspace();
            int step = 0;
            house.options.before_step = [&] {
                if (++step == at) house.write(name, "host edit");
            };
            const CommitReport report = house.commit();
            CHECK(!report.done);
            CHECK(house.read(name) == "host edit");
            CHECK(tree_of(house.host()).size() == 2);
            house.options.before_step = nullptr;
        }
}

TEST_CASE("commit: new files are their folder's owner's, old ones keep theirs, and a translation decides else") {
    if (::geteuid() != 0) {
        MESSAGE("not run, only root can give files away");
        return;
    }
    OverlayHouse house;
    house.write("d/old", "1");
    CHECK(::chown((house.host() / "d").c_str(), 1234, 1235) == 0);
    CHECK(::chown((house.host() / "d/old").c_str(), 1236, 1237) == 0);
    house.open_workspace();
    if (house.missing()) return;
    const auto owner = [&](const char* name) {
        struct stat found {};
        CHECK(::lstat((house.host() / name).c_str(), &found) == 0);
        return std::pair(found.st_uid, found.st_gid);
    };
    CHECK(house.guest(
        "echo 2 > d/old; chown 7:7 d/old; mkdir d/sub; echo > d/sub/new; chown 7:8 d/sub/new; ln -s x d/l"));
    CHECK(house.commit().done);
    CHECK(owner("d/old") == std::pair(1236u, 1237u));
    CHECK(owner("d/sub/new") == std::pair(1234u, 1235u));
    CHECK(owner("d/l") == std::pair(1234u, 1235u));
    house.options.owner = [](uid_t uid, gid_t gid) { return std::pair(uid + 100, gid + 100); };
    CHECK(house.guest("echo > d/sub/other; chown 7:8 d/sub/other"));
    CHECK(house.commit().done);
    CHECK(owner("d/sub/other") == std::pair(107u, 108u));
}

TEST_CASE("commit: a workspace that another process commits to is left alone") {
    OverlayHouse house;
    if (house.missing()) return;
    house.open_workspace();
    CHECK(house.guest("echo > a"));
    const heddle::sandbox::Fd other = OverlayHouse::open(house.host());
    CHECK(::flock(other.get(), LOCK_EX) == 0);
    CHECK_THROWS_AS(house.commit(), Error);
    CHECK(::flock(other.get(), LOCK_UN) == 0);
    CHECK(house.commit().done);
}

TEST_CASE("commit: git commit in a workspace arrives, a hook and a configuration beside it do not") {
    OverlayHouse house;
    if (house.missing()) return;
    const auto git = [&](const std::string& arguments) {
        return "git -c safe.directory='*' -c user.name=n -c user.email=e@x " + arguments + " >/dev/null 2>&1;";
    };
    if (!house.guest("command -v git >/dev/null")) {
        MESSAGE("not run, git is not installed");
        return;
    }
    house.options.allowed = {".git/config", ".git/hooks", ".git/info/attributes"};
    house.open_workspace();
    CHECK(house.guest(git("init -b main .") + "echo 1 > a;" + git("add .") + git("commit -m one")));
    CHECK(house.commit().done);
    REQUIRE(house.remount());
    house.open_workspace();
    house.options.allowed.clear();
    CHECK(house.guest("echo 2 > a; echo 3 > b;" + git("add .") + git("commit -m two") +
                      git("config alias.st '!touch m'") +
                      "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch m' > .git/hooks/pre-commit;" + git("gc")));
    const CommitReport report = house.commit();
    CHECK(report.done);
    for (const auto& change : report.refused)
        CHECK((change.path.rfind(".git/hooks", 0) == 0 || change.path == ".git/config"));
    CHECK(report.refused.size() > 1);
    CHECK(
        house.guest("cd ../../host; test \"$(git -c safe.directory='*' log --format=%s | tr '\\n' ' ')\" = 'two one ';"
                    "test -z \"$(git -c safe.directory='*' status --porcelain)\";"
                    "git -c safe.directory='*' fsck >/dev/null 2>&1; ! git -c safe.directory='*' config alias.st"));
}
