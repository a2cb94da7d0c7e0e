// tests/sandbox/changes/snapshot_test.cpp: A workspace that is emptied, copied and put back, as root and as anybody.
#include "sandbox/changes/snapshot.h"

#include "sandbox/changes/describe.h"
#include "sandbox/error.h"
#include "tests/sandbox/changes/overlay_house.h"
#include "tests/support/child.h"

using namespace heddle::test;
using namespace heddle::sandbox::changes;
namespace fs = std::filesystem;

namespace {

constexpr const char* hostile =
    "rm gone; rm -r tree; mkdir tree; echo n > tree/n; echo 2 > edited; ln edited hard; ln -s x l; mkfifo f;"
    "truncate -s 32M sparse; mkdir -p locked/in; echo s > locked/in/s; chmod 000 edited locked/in locked";

// Runs a test body as an ordinary user with a user namespace; "" or what failed.
template <typename Body>
std::string as_ordinary_user(Body body) {
    const TempFolder report;
    fs::permissions(report.path(), fs::perms::all);
    Child child([&](const Child::Report&) {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(1);
        ::prctl(PR_SET_DUMPABLE, 1);  // its own files of /proc are root's else
        std::string text;
        try {
            text = body();
        } catch (const std::exception& error) {
            text = error.what();
        }
        std::ofstream(report.path() / "report") << text;
    });
    return child.wait() == 0 ? text_of(report.path() / "report") : "the child failed";
}

}  // namespace

TEST_CASE("snapshot: rollback takes all back, and restore brings back what the guest saw") {
    for (const Marks marks : {Marks::user, Marks::trusted}) {
        OverlayHouse house(marks);
        if (house.missing()) return;
        for (const char* name : {"gone", "tree/a", "edited"}) house.write(name, name);
        const auto pristine = tree_of(house.in_view("merged"));
        REQUIRE(house.guest(hostile));
        const auto seen = tree_of(house.in_view("merged"));
        const auto changes = describe(house.diff());
        const auto copy = OverlayHouse::open(house.in_view("snapshot"));
        snapshot(house.upper, copy);
        CHECK_THROWS_AS(snapshot(house.upper, copy), heddle::sandbox::Error);

        rollback(house.upper, house.root);
        REQUIRE(house.remount());
        CHECK(tree_of(house.in_view("merged")) == pristine);
        CHECK(house.diff().empty());
        REQUIRE(house.guest("echo later > later; rm -r tree"));

        restore(copy, house.upper);
        REQUIRE(house.remount());
        CHECK(tree_of(house.in_view("merged")) == seen);
        CHECK(describe(house.diff()) == changes);
        CHECK(house.guest("test $(stat -c %h hard) = 2; test $(stat -c %b sparse) = 0; test $(ls tree) = n"));
    }
}

TEST_CASE("snapshot: an ordinary user takes back, copies and puts back what a guest has locked") {
    const std::string failed = as_ordinary_user([]() -> std::string {
        OverlayHouse house(Marks::user, true);
        if (!house.why_missing().empty()) return "missing: " + house.why_missing();
        for (const char* name : {"gone", "tree/a", "edited"}) house.write(name, name);
        if (!house.guest(hostile)) return "the guest failed";
        const auto copy = OverlayHouse::open(house.in_view("snapshot"));
        snapshot(house.upper, copy);
        rollback(house.upper, house.root);
        if (!house.remount() || !house.diff().empty()) return "not rolled back";
        restore(copy, house.upper);
        if (!house.remount()) return "not mounted again";
        if (!house.guest("test ! -e gone; test $(ls tree) = n; test $(stat -c %a locked) = 0;"
                         "chmod -R u+rwX locked edited; test $(cat locked/in/s) = s; test $(cat hard) = 2"))
            return "not restored";
        rollback(house.upper, house.root);
        return "";
    });
    if (failed.rfind("missing: ", 0) == 0) {
        MESSAGE("not run, no overlay can be mounted here by an ordinary user: ", failed);
        return;
    }
    CHECK(failed == "");
}

TEST_CASE("commit: an ordinary user commits from a user namespace; what he cannot read is refused, the rest comes") {
    const std::string failed = as_ordinary_user([]() -> std::string {
        OverlayHouse house(Marks::user, true);
        if (!house.why_missing().empty()) return "missing: " + house.why_missing();
        for (const char* name : {"gone", "tree/a", "tree/b", "edited", "closed/x"}) house.write(name, name);
        fs::permissions(house.host() / "closed", fs::perms(0555));
        house.open_workspace();
        if (!house.guest(
                "rm gone; rm -r tree; mkdir tree; echo n > tree/n; echo 2 > edited; echo > f; chmod 000 f;"
                "mkdir d; chmod 000 d; chmod 755 closed; echo > closed/y; chmod 555 closed; mkdir r; echo > r/x;"
                "chmod 555 r"))
            return "the guest failed";
        std::string text = describe(house.diff());
        if (text !=
            "! d/ (folder that cannot be read)\n! f (file that cannot be read)\nA closed/y\nM edited\nD gone\n"
            "A r/\nA r/x\nD tree/a\nD tree/b\nA tree/n\n")
            return text;
        // The host's folder is closed to its owner, and the guest's is at the end again: that is for the user to open.
        try {
            house.commit();
            return "committed to a closed folder";
        } catch (const heddle::sandbox::Error&) {
        }
        if (house.read("gone") != "gone" || !fs::exists(house.host() / "tree/b")) return "not taken back";
        fs::permissions(house.host() / "closed", fs::perms(0755));
        const CommitReport report = house.commit();
        if (!report.done || report.refused.size() != 2) return "not committed: " + describe(report.conflicts);
        if (house.read("edited") != "2\n" || house.read("tree/n") != "n\n" || fs::exists(house.host() / "gone"))
            return "not what the guest wrote";
        fs::permissions(house.host() / "r", fs::perms(0755));
        return "";
    });
    if (failed.rfind("missing: ", 0) == 0) {
        MESSAGE("not run, no overlay can be mounted here by an ordinary user: ", failed);
        return;
    }
    CHECK(failed == "");
}
