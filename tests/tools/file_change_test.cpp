// tests/tools/file_change_test.cpp: At any moment the old file or the new one, whole, and no other name beside it.
#include "tools/file_change.h"

#include <doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <random>
#include <thread>

#include "sandbox/fd.h"
#include "tests/support/child.h"
#include "tests/support/file_house.h"
#include "tools/error.h"
#include "tools/workspace.h"

using heddle::test::FileHouse;
using heddle::tools::Error;
using heddle::tools::FileChange;
using heddle::tools::Workspace;

namespace {

void write(const Workspace& workspace, const std::string& name, const std::string& bytes, bool undoable = false) {
    FileChange change = FileChange::write(workspace.to_write(name), bytes, name);
    change.apply(undoable);
    change.finish();
}

}  // namespace

TEST_CASE("file change: a kill at any moment leaves the old file or the new one, and the next change cleans up") {
    const FileHouse house(heddle::test::fast_folder());
    const std::string a(200'000, 'a'), b(150'000, 'b');
    house.put("f", a);
    const Workspace workspace = house.workspace();
    std::mt19937 random(7);
    int of_a = 0, left = 0;
    for (int round = 0; round < 400; ++round) {
        heddle::test::Child child([&](const auto&) {
            for (int i = round;; ++i) write(workspace, "f", i % 2 == 0 ? b : a, i % 3 == 0);
        });
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 3'000));
        child.kill();
        const std::string found = house.bytes("f");
        REQUIRE((found == a || found == b));
        of_a += found == a;
        left += house.entries() > 1;
    }
    CHECK(of_a > 20);
    CHECK(of_a < 380);
    MESSAGE("kills that left a second name: ", left);
    write(workspace, "f", a);
    write(workspace, "f", b, true);
    CHECK(house.entries() == 1);
}

TEST_CASE("file change: a name that a crash left is taken away, one that is in use is not") {
    const FileHouse house;
    house.put("f", "old");
    house.put(".heddle-new-0", "left behind");
    house.put(".heddle-new-1", "in use");
    const heddle::sandbox::Fd in_use(::open((house.root / ".heddle-new-1").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(::flock(in_use.get(), LOCK_EX) == 0);
    std::filesystem::create_symlink("f", house.root / ".heddle-new-2");
    const Workspace workspace = house.workspace();
    write(workspace, "f", "new", true);
    CHECK(house.bytes("f") == "new");
    CHECK(!house.has(".heddle-new-0"));
    CHECK(house.bytes(".heddle-new-1") == "in use");
    CHECK(house.entries() == 3);
}

TEST_CASE("file change: what was prepared and not applied leaves nothing") {
    const FileHouse house;
    house.put("f", "old");
    const Workspace workspace = house.workspace();
    {
        const FileChange one = FileChange::write(workspace.to_write("f"), "new", "f");
        const FileChange other = FileChange::write(workspace.to_write("d/e/g"), "new", "g");
    }
    CHECK(house.bytes("f") == "old");
    CHECK(house.entries() == 1);
}

TEST_CASE("file change: what was applied can be taken back") {
    const FileHouse house;
    house.put("f", "old");
    house.put("gone", "gone");
    house.put("from", "moved");
    const Workspace workspace = house.workspace();
    std::vector<FileChange> changes;
    changes.push_back(FileChange::write(workspace.to_write("f"), "new", "f"));
    changes.push_back(FileChange::write(workspace.to_write("d/e/g"), "new", "g"));
    changes.push_back(FileChange::remove(workspace.to_remove("gone"), "gone"));
    changes.push_back(FileChange::move(workspace.to_remove("from"), workspace.to_write("h/to"), "from"));
    for (auto& change : changes) change.apply(true);
    CHECK(house.bytes("f") == "new");
    CHECK(house.bytes("d/e/g") == "new");
    CHECK(!house.has("gone"));
    CHECK(house.bytes("h/to") == "moved");
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) change->undo();
    changes.clear();
    CHECK(house.bytes("f") == "old");
    CHECK(house.bytes("gone") == "gone");
    CHECK(house.bytes("from") == "moved");
    CHECK(house.entries() == 3);
}

TEST_CASE("file change: a file that somebody else changed meanwhile is not written over") {
    const FileHouse house;
    house.put("f", "old");
    const Workspace workspace = house.workspace();
    FileChange change = FileChange::write(workspace.to_write("f"), "new", "f");
    FileChange creation = FileChange::write(workspace.to_write("g"), "new", "g");
    FileChange removal = FileChange::remove(workspace.to_remove("f"), "f");
    house.put("f", "theirs");
    house.put("g", "theirs");
    CHECK_THROWS_WITH_AS(change.apply(), "f was changed by somebody else meanwhile; read it again", Error);
    CHECK_THROWS_AS(creation.apply(), Error);
    CHECK_THROWS_AS(removal.apply(), Error);
    CHECK(house.bytes("f") == "theirs");
    CHECK(house.bytes("g") == "theirs");
}
