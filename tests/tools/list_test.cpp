// tests/tools/list_test.cpp: What a folder holds, as lines.
#include "tools/list.h"

#include <doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/file_house.h"

namespace fs = std::filesystem;
using heddle::test::contains;
using heddle::test::FileHouse;

TEST_CASE("list: entries come sorted with kind and size, and deeper ones when asked for") {
    const FileHouse house;
    house.put("b.txt", "12345");
    house.put("a/x/deep", "1");
    house.put("a.txt", "");
    house.put(".git/HEAD", "ref");
    house.put("esc\x1b[2J\n", "");
    fs::create_symlink("a.txt", house.root / "link");
    REQUIRE(::mkfifo((house.root / "pipe").c_str(), 0600) == 0);
    const std::string esc = "esc\\x1b[2J\\n  0\n";
    CHECK(house.text("list", heddle::prompts::Json::object()) ==
          ".git/\na/\na.txt  0\nb.txt  5\n" + esc + "link -> a.txt\npipe  not a file\n[7 entries in .]");
    CHECK(house.text("list", {{"path", "a"}}) == "x/\n[1 entry in a]");
    CHECK(house.text("list", {{"path", "a"}, {"depth", 2}}) == "x/\nx/deep  1\n[2 entries in a]");
    CHECK(house.text("list", {{"depth", 3}}) == ".git/\na/\na/x/\na/x/deep  1\na.txt  0\nb.txt  5\n" + esc +
                                                    "link -> a.txt\npipe  not a file\n[9 entries in .]");
    CHECK(house.text("list", {{"path", house.root.string() + "/a/x"}}) ==
          "deep  1\n[1 entry in " + house.root.string() + "/a/x]");
}

TEST_CASE("list: what is hidden is not shown, and what is no folder of the workspace is refused") {
    FileHouse house;
    house.put("open", "");
    house.put("secret/key", "");
    house.put(".env", "");
    house.policy.hide = {"**/.env", "secret/"};
    CHECK(house.text("list", {{"depth", 2}}) == "open  0\n[1 entry in .]");
    CHECK(house.text("list", {{"path", "secret"}}) == "[error: list: hidden by policy, not missing: secret]");
    CHECK(house.text("list", {{"path", "open"}}) == "[error: list: not a folder: open]");
    CHECK(house.text("list", {{"path", "none"}}) == "[error: list: no such file: none]");
    CHECK(house.text("list", {{"path", ".."}}) == "[error: list: outside the folder: ..]");
    CHECK(house.text("list", {{"path", "/"}}) == "[error: list: outside the folder: /]");
    CHECK(contains(house.text("list", {{"depth", 99}}), "depth"));
}

TEST_CASE("list: a large folder shows its first entries and says how many there are") {
    const FileHouse house;
    for (int i = 0; i < 700; ++i) house.put(fmt::format("f{:03}", i), "");
    const std::string text = house.text("list", heddle::prompts::Json::object());
    CHECK(text.starts_with("f000  0\nf001  0\n"));
    CHECK(text.ends_with("f499  0\n[the first 500 of 700 entries; list a folder below, or with less depth]"));
}
