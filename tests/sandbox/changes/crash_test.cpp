// tests/sandbox/changes/crash_test.cpp: A commit that fails or dies at any step leaves the folder wholly old or wholly
// new.
#include "sandbox/changes/commit.h"
#include "sandbox/changes/commit_folder.h"
#include "sandbox/changes/journal.h"
#include "sandbox/error.h"
#include "tests/sandbox/changes/overlay_house.h"
#include "tests/support/child.h"

using namespace heddle::test;
using namespace heddle::sandbox::changes;
using heddle::sandbox::Error;
namespace fs = std::filesystem;

namespace {

constexpr const char* changes_of_all_kinds =
    "rm gone; echo 2 > edited; chmod 755 mode; rm to_folder; mkdir to_folder; echo 1 > to_folder/n; rm -r tree;"
    "rm -r to_file; echo f > to_file; mkdir -p new/deep; echo x > new/deep/f; ln -s deep/f new/l; chmod 555 new/deep;"
    "chmod 700 folder";

void fill(const OverlayHouse& house) {
    for (const char* name : {"gone", "edited", "mode", "to_folder", "tree/a", "tree/sub/b", "to_file/x", "folder/x"})
        house.write(name, name);
    fs::permissions(house.host() / "tree/sub", fs::perms(0750));
}

bool leftovers(const OverlayHouse& house) {
    for (const auto& entry : fs::directory_iterator(house.host()))
        if (entry.path().filename().native().rfind(".heddle-commit-", 0) == 0) return true;
    return false;
}

struct Stop {};

}  // namespace

TEST_CASE("commit: a failure at any step leaves the folder as it was") {
    OverlayHouse house;
    if (house.missing()) return;
    fill(house);
    house.open_workspace();
    REQUIRE(house.guest(changes_of_all_kinds));
    const auto old = tree_of(house.host()), seen = tree_of(house.in_view("merged"));
    int steps = 0;
    for (int fail_at = 1;; ++fail_at) {
        int step = 0;
        house.options.before_step = [&] {
            if (++step == fail_at) throw Stop{};
        };
        INFO("fails at step ", fail_at);
        try {
            const bool done = house.commit().done;
            CHECK(done);
            break;
        } catch (const Stop&) {
        }
        steps = fail_at;
        // The last two are behind the commit's own end: it is done, and recovery cleans up.
        const auto now = tree_of(house.host());
        if (leftovers(house)) {
            CHECK(recover(house.root, house.journals).finished == 1);
            CHECK(tree_of(house.host()) == seen);
            return;
        }
        CHECK(now == old);
        CHECK(fs::is_empty(house.aside() / "journals"));
    }
    CHECK(steps > 20);
}

TEST_CASE("commit: killed at any step, recovery makes the folder wholly old or wholly new") {
    bool ended = false;
    int undone = 0, finished = 0;
    for (int die_at = 1; !ended; ++die_at) {
        OverlayHouse house;
        if (house.missing()) return;
        fill(house);
        house.open_workspace();
        REQUIRE(house.guest(changes_of_all_kinds));
        const auto old = tree_of(house.host()), seen = tree_of(house.in_view("merged"));
        Child victim([&](const Child::Report&) {
            int step = 0;
            house.options.before_step = [&] {
                if (++step == die_at) ::_exit(9);
            };
            ::_exit(house.commit().done ? 0 : 1);
        });
        const int status = victim.wait();
        INFO("dies at step ", die_at);
        REQUIRE((status == 9 || status == 0));
        ended = status == 0;
        if (leftovers(house)) CHECK_THROWS_AS(house.commit(), Error);
        const Recovery recovery = recover(house.root, house.journals);
        undone += recovery.undone;
        finished += recovery.finished;
        CHECK(recovery.left.empty());
        const auto now = tree_of(house.host());
        CHECK((now == old || now == seen));
        CHECK((now == seen) == (ended || recovery.finished > 0 || status == 0 || now != old));
        CHECK(!leftovers(house));
        CHECK(recover(house.root, house.journals).undone == 0);
        if (ended) CHECK(fs::is_empty(house.aside() / "journals"));
    }
    CHECK(undone > 15);
    CHECK(finished >= 1);
}

TEST_CASE("recover: what the host has put in a place meanwhile stays, and the original is kept aside and named") {
    OverlayHouse house;
    if (house.missing()) return;
    house.write("a", "old a");
    house.write("z", "old z");
    house.open_workspace();
    REQUIRE(house.guest("rm a; echo > b; rm z"));
    Child victim([&](const Child::Report&) {
        house.options.before_step = [&] {
            if (!fs::exists(house.host() / "a") && !fs::exists(house.host() / "z")) ::_exit(9);
        };
        ::_exit(house.commit().done ? 0 : 1);
    });
    REQUIRE(victim.wait() == 9);
    house.write("a", "host's new a");
    const Recovery recovery = recover(house.root, house.journals);
    REQUIRE(recovery.left.size() == 1);
    CHECK(recovery.left[0] == "a: the original cannot be put back");
    CHECK(house.read("a") == "host's new a");
    CHECK(house.read("z") == "old z");
    CHECK(leftovers(house));
    fs::remove(house.host() / "a");
    CHECK(recover(house.root, house.journals).undone == 1);
    CHECK(house.read("a") == "old a");
    CHECK(!leftovers(house));
}

TEST_CASE("recover: a folder that only looks like commit's, with a journal in it, is left alone") {
    const TempFolder folder;
    for (const char* name : {"root", "journals"}) fs::create_directory(folder.path() / name);
    const std::string token(32, 'a');
    const fs::path forged = folder.path() / "root" / folder_name(token);
    fs::create_directory(forged);
    Step step;
    step.kind = Step::Kind::take;
    step.path = "planted";
    std::ofstream(forged / "0") << "evil";
    for (const char* name : {"journal", "1"}) std::ofstream(forged / name) << encode({step});
    const auto root = OverlayHouse::open(folder.path() / "root"),
               journals = OverlayHouse::open(folder.path() / "journals");
    CHECK(recover(root, journals).undone == 0);
    CHECK(!fs::exists(folder.path() / "root/planted"));
    // The twin: the same with a journal in heddle's own folder is believed.
    Journal::create(journals.get(), token).write({step});
    CHECK(recover(root, journals).undone == 1);
    CHECK(text_of(folder.path() / "root/planted") == "evil");
    CHECK(!fs::exists(forged));
}

TEST_CASE("recover: the journal of another workspace is none of this one's, and stays") {
    OverlayHouse house;
    if (house.missing()) return;
    const std::string token = Journal::new_token();
    Journal::create(house.journals.get(), token).write({});
    CHECK(recover(house.root, house.journals).undone == 0);
    house.open_workspace();
    REQUIRE(house.guest("echo > a"));
    CHECK(house.commit().done);
    CHECK(fs::exists(house.aside() / "journals" / token));
}

TEST_CASE("recover: a last line that was cut short does not make a commit done") {
    const TempFolder folder;
    for (const char* name : {"root", "journals"}) fs::create_directory(folder.path() / name);
    const auto root = OverlayHouse::open(folder.path() / "root"),
               journals = OverlayHouse::open(folder.path() / "journals");
    for (const char* last : {"", "committe", "committed\n"}) {
        const std::string token = Journal::new_token();
        fs::create_directory(folder.path() / "root" / folder_name(token));
        std::ofstream(folder.path() / "root" / folder_name(token) / "0") << "old";
        std::ofstream(folder.path() / "journals" / token) << encode({Step{Step::Kind::take, "a"}}) << last;
        const bool done = std::string(last) == "committed\n";
        const Recovery recovery = recover(root, journals);
        CHECK(recovery.finished == (done ? 1 : 0));
        CHECK(fs::exists(folder.path() / "root/a") == !done);
        fs::remove(folder.path() / "root/a");
    }
}
