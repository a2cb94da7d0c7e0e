// tests/tools/write_file_test.cpp: Whole files: made, replaced, and refused with the file left as it was.
#include "tools/write_file.h"

#include <doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/file_house.h"

namespace fs = std::filesystem;
using heddle::sandbox::WorkspaceMode;
using heddle::test::contains;
using heddle::test::FileHouse;

namespace {

heddle::tools::ToolResult write(const FileHouse& house, const std::string& path, const std::string& content) {
    return house.call("write_file", {{"path", path}, {"content", content}});
}

struct stat look(const fs::path& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}

}  // namespace

TEST_CASE("write_file: a file is made with its folders, and holds the bytes as they came") {
    const FileHouse house;
    CHECK(write(house, "a.txt", "one\ntwo\n").text == "[wrote a.txt: 2 lines, 8 bytes, new]");
    CHECK(write(house, "x/y/z.txt", "one").text == "[wrote x/y/z.txt: 1 line, 3 bytes, new]");
    CHECK(write(house, "x/y/w.txt", "").text == "[wrote x/y/w.txt: 0 lines, 0 bytes, new]");
    CHECK(write(house, "crlf", "a\r\nb\r\n").ok);
    CHECK(house.bytes("a.txt") == "one\ntwo\n");
    CHECK(house.bytes("x/y/z.txt") == "one");
    CHECK(house.bytes("crlf") == "a\r\nb\r\n");
    CHECK(write(house, "a.txt", "new\n").text == "[wrote a.txt: 1 line, 4 bytes; it had 8 bytes]");
    CHECK(house.bytes("a.txt") == "new\n");
    CHECK(write(house, house.root.string() + "/b/c", "abs").ok);
    CHECK(house.bytes("b/c") == "abs");
    CHECK(house.entries() == 4);  // nothing else was left
    CHECK(house.entries("x/y") == 2);
}

TEST_CASE("write_file: a replaced file keeps owner and mode, and a new one gets its folder's owner") {
    const FileHouse house;
    house.put("tool", "#!/bin/sh\n");
    fs::permissions(house.root / "tool", fs::perms(0751));
    const bool is_root = ::geteuid() == 0;
    if (is_root) REQUIRE(::chown((house.root / "tool").c_str(), 1234, 5678) == 0);
    if (is_root) REQUIRE(::chown(house.root.c_str(), 4321, 8765) == 0);
    CHECK(write(house, "tool", "#!/bin/bash\n").ok);
    CHECK(write(house, "d/e/new", "x").ok);
    CHECK((look(house.root / "tool").st_mode & 07777) == 0751);
    if (!is_root) return;
    CHECK(look(house.root / "tool").st_uid == 1234);
    CHECK(look(house.root / "tool").st_gid == 5678);
    for (const char* made : {"d", "d/e", "d/e/new"}) {
        CHECK(look(house.root / made).st_uid == 4321);
        CHECK(look(house.root / made).st_gid == 8765);
    }
}

TEST_CASE("write_file: a link that stays inside is written through, and one that leads out is not") {
    const FileHouse house;
    house.put("real/file", "old");
    std::ofstream(house.temp.path() / "outside") << "outside";
    fs::create_symlink("real", house.root / "way");
    fs::create_symlink("real/file", house.root / "link");
    fs::create_symlink("../outside", house.root / "out");
    fs::create_symlink("..", house.root / "up");
    fs::create_symlink("nowhere", house.root / "dangling");
    fs::create_symlink("../made", house.root / "dangling_out");
    CHECK(write(house, "link", "1").ok);
    CHECK(fs::is_symlink(house.root / "link"));
    CHECK(house.bytes("real/file") == "1");
    CHECK(write(house, "way/other", "2").ok);
    CHECK(house.bytes("real/other") == "2");
    const std::string absolute = house.temp.path() / "new";
    for (const std::string& path :
         {std::string("out"), std::string("../outside"), std::string("up/outside"), std::string("up/new"),
          std::string("../new"), absolute, std::string("dangling_out")}) {
        INFO(path);
        const auto result = write(house, path, "bad");
        CHECK(!result.ok);
        CHECK(contains(result.text, "[error: write_file: "));
        CHECK((contains(result.text, "outside the folder") || contains(result.text, "through a link")));
    }
    CHECK(write(house, "dangling", "x").text ==
          "[error: write_file: dangling leads through a link to something that is not there]");
    std::ifstream in(house.temp.path() / "outside");
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "outside");
    CHECK(!fs::exists(house.temp.path() / "new"));
    CHECK(!fs::exists(house.temp.path() / "made"));
}

TEST_CASE("write_file: what is no file, or no name of one, is refused in words") {
    const FileHouse house;
    house.put("d/f", "x");
    REQUIRE(::mkfifo((house.root / "pipe").c_str(), 0600) == 0);
    CHECK(write(house, "d", "x").text == "[error: write_file: d is a folder]");
    CHECK(write(house, ".", "x").text == "[error: write_file: . is a folder]");
    CHECK(write(house, "", "x").text == "[error: write_file: no such file: ]");
    CHECK(write(house, "new/", "x").text == "[error: write_file: no such file: new/]");
    CHECK(write(house, "no/../x", "x").text == "[error: write_file: no such file: no/../x]");
    CHECK(write(house, "d/f/g", "x").text == "[error: write_file: no such file: d/f/g]");
    CHECK(write(house, "pipe", "x").text == "[error: write_file: not a file: pipe]");
    CHECK(write(house, std::string(300, 'n'), "x").text.starts_with("[error: write_file: cannot "));
    CHECK(write(house, std::string("a\0b", 3), "x").text == "[error: write_file: no such file: a\\x00b]");
    CHECK(house.entries() == 2);
}

TEST_CASE("write_file: what the policy hides or protects is not written, by whatever name, and the words say why") {
    FileHouse house;
    house.put(".env", "secret");
    house.put(".git/config", "[core]\n");
    house.put(".git/hooks/x", "x");
    house.put("docs/keep/a", "kept");
    fs::create_symlink(".git", house.root / "g");
    house.policy.hide = {"**/.env"};
    house.policy.protect = {"default", "docs/keep/**"};
    CHECK(write(house, ".env", "x").text == "[error: write_file: hidden by policy, not missing: .env]");
    CHECK(write(house, "sub/.env", "x").text == "[error: write_file: hidden by policy, not missing: sub/.env]");
    for (const char* path : {".git/config", ".git/hooks/pre-commit", "g/hooks/pre-commit", ".bashrc",
                             ".vscode/tasks.json", "docs/keep/a", "docs/keep/new", ".GIT/hooks/x", "sub/.envrc"}) {
        INFO(path);
        const auto result = write(house, path, "bad");
        CHECK(!result.ok);
        CHECK(contains(result.text, "protected by policy ("));
    }
    CHECK(write(house, ".git/hooks/x", "bad").text ==
          "[error: write_file: protected by policy (git hook), it cannot be changed: .git/hooks/x]");
    CHECK(house.bytes(".git/config") == "[core]\n");
    CHECK(!house.has(".git/hooks/pre-commit"));
    CHECK(!house.has("sub"));
    CHECK(write(house, "docs/free", "x").ok);
}

TEST_CASE("write_file: what it writes is never set-id, whatever was there") {
    const FileHouse house;
    house.put("tool", "#!/bin/sh\n");
    REQUIRE(::chmod((house.root / "tool").c_str(), 06755) == 0);
    CHECK(write(house, "tool", "other\n").ok);
    CHECK((look(house.root / "tool").st_mode & 07777) == 0755);
}

TEST_CASE("write_file: a mode that takes no writing refuses it in words") {
    FileHouse house;
    house.put("a", "old");
    house.policy.mode = WorkspaceMode::ro;
    CHECK(write(house, "a", "new").text ==
          "[error: write_file: the folder is read only by policy: nothing is written]");
    if (heddle::test::not_here()) return;
    for (const auto mode : {WorkspaceMode::cow, WorkspaceMode::copy}) {
        house.policy.mode = mode;
        CHECK(contains(write(house, "a", "new").text, "changes are kept apart"));
    }
    CHECK(house.bytes("a") == "old");
}
