// tests/sandbox/tree_walk_test.cpp: A walk sees each path once, follows no link, and ends where it is told.
#include "sandbox/tree_walk.h"

#include <doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "sandbox/error.h"
#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;

namespace {

struct Tree {
    Tree() {
        fs::create_directories(folder.path() / "a/b");
        std::ofstream(folder.path() / "a/b/file") << "x";
        fs::create_symlink("/", folder.path() / "out");
        fs::create_symlink("..", folder.path() / "a/up");
    }
    Fd open() const { return Fd(::open(folder.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)); }
    heddle::test::TempFolder folder;
};

}  // namespace

TEST_CASE("tree_walk: every path is seen once, no link is followed, and what is passed by is not entered") {
    const Tree tree;
    std::multiset<std::string> seen;
    const auto note = [&](const TreeEntry& entry) {
        seen.insert(entry.path);
        return Onward::into;
    };
    CHECK(walk_tree(tree.open(), 100, Closed::refused, note) == WalkEnd::all);
    CHECK(seen == std::multiset<std::string>{"a", "a/b", "a/b/file", "a/up", "out"});
    seen.clear();
    CHECK(walk_tree(tree.open(), 100, Closed::refused, [&](const TreeEntry& entry) {
              seen.insert(entry.path);
              return entry.path == "a/b" ? Onward::past : Onward::into;
          }) == WalkEnd::all);
    CHECK(seen == std::multiset<std::string>{"a", "a/b", "a/up", "out"});
}

TEST_CASE("tree_walk: it ends at its bound, and where it is stopped") {
    const Tree tree;
    const auto into = [](const TreeEntry&) { return Onward::into; };
    CHECK(walk_tree(tree.open(), 5, Closed::refused, into) == WalkEnd::all);
    CHECK(walk_tree(tree.open(), 4, Closed::refused, into) == WalkEnd::too_many);
    CHECK(walk_tree(tree.open(), 5, Closed::refused, [](const TreeEntry&) { return Onward::stop; }) ==
          WalkEnd::stopped);
}

TEST_CASE("tree_walk: a folder that its owner has closed is refused or passed by, as is wanted") {
    if (::getuid() == 0) {
        MESSAGE("not run: no folder is closed to root");
        return;
    }
    const Tree tree;
    fs::permissions(tree.folder.path() / "a/b", fs::perms::none);
    const auto into = [](const TreeEntry&) { return Onward::into; };
    CHECK_THROWS_AS(walk_tree(tree.open(), 100, Closed::refused, into), Error);
    CHECK(walk_tree(tree.open(), 100, Closed::passed_by, into) == WalkEnd::all);
    fs::permissions(tree.folder.path() / "a/b", fs::perms::owner_all);
}
