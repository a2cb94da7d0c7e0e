// tests/tools/apply_patch_test.cpp: A patch is applied whole or not at all, and only where it fits.
#include "tools/apply_patch.h"

#include <doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/file_house.h"

namespace fs = std::filesystem;
using heddle::test::contains;
using heddle::test::FileHouse;

namespace {

std::string numbered(int first, int last) {
    std::string text;
    for (int i = first; i <= last; ++i) text += fmt::format("line {}\n", i);
    return text;
}

constexpr const char* head = "--- a/f\n+++ b/f\n";

}  // namespace

TEST_CASE("apply_patch: several files are changed, made, deleted and renamed by one patch") {
    const FileHouse house;
    house.put("src/a.c", "int a;\nint b;\nint c;\n");
    house.put("old.txt", "one\ntwo\n");
    house.put("here.sh", "echo\n");
    house.put("moved.bin", std::string("\0\1", 2));
    fs::permissions(house.root / "here.sh", fs::perms(0755));
    const auto result = house.patch(
        "Some words before.\n\n"
        "diff --git a/src/a.c b/src/a.c\nindex 123..456 100644\n--- a/src/a.c\n+++ b/src/a.c\n"
        "@@ -1,3 +1,3 @@ int\n int a;\n-int b;\n+int d;\n int c;\n"
        "diff --git a/new/x.py b/new/x.py\nnew file mode 100755\nindex 000..111\n--- /dev/null\n+++ b/new/x.py\n"
        "@@ -0,0 +1,2 @@\n+print(1)\n+print(2)\n"
        "diff --git a/old.txt b/old.txt\ndeleted file mode 100644\n--- a/old.txt\n+++ /dev/null\n@@ -1,2 +0,0 "
        "@@\n-one\n-two\n"
        "diff --git a/here.sh b/there.sh\nsimilarity index 50%\nrename from here.sh\nrename to there.sh\n"
        "--- a/here.sh\n+++ b/there.sh\n@@ -1 +1,2 @@\n echo\n+echo more\n"
        "diff --git a/moved.bin b/m/moved.bin\nsimilarity index 100%\nrename from moved.bin\nrename to m/moved.bin\n"
        "-- \n2.39.5\n");
    CHECK(result.text ==
          "M src/a.c (+1 -1)\nA new/x.py (+2)\nD old.txt (-2)\nR here.sh -> there.sh (+1 -0)\nR moved.bin -> "
          "m/moved.bin\n"
          "[patched 5 files]");
    CHECK(house.bytes("src/a.c") == "int a;\nint d;\nint c;\n");
    CHECK(house.bytes("new/x.py") == "print(1)\nprint(2)\n");
    CHECK(((fs::status(house.root / "new/x.py").permissions() & fs::perms::owner_exec) != fs::perms::none));
    CHECK(!house.has("old.txt"));
    CHECK(!house.has("here.sh"));
    CHECK(house.bytes("there.sh") == "echo\necho more\n");
    CHECK(fs::status(house.root / "there.sh").permissions() == fs::perms(0755));
    CHECK(house.bytes("m/moved.bin") == std::string("\0\1", 2));
    CHECK(house.entries() == 4);
    CHECK(house.entries("src") == 1);
}

TEST_CASE("apply_patch: a hunk is found where its lines stand, whatever number it says, and that is said") {
    const FileHouse house;
    house.put("f", numbered(1, 100));
    const std::string hunk = " line 49\n-line 50\n+LINE 50\n line 51\n";
    for (const char* header : {"@@ -49,3 +49,3 @@", "@@ -9,3 +9,3 @@", "@@ -80 +80 @@", "@@ -1,99 +1,99 @@", "@@",
                               "@@ ... @@", "@@ def f(): @@", "@@ -900,3 +900,3 @@"}) {
        INFO(header);
        house.put("f", numbered(1, 100));
        const auto result = house.patch(std::string(head) + header + "\n" + hunk);
        CHECK(result.ok);
        CHECK(house.bytes("f") == numbered(1, 49) + "LINE 50\n" + numbered(51, 100));
        CHECK(contains(result.text, "was found at line 49") ==
              (std::string(header).find("@@ -") == 0 && header[4] != '4'));
    }
    // The drift of one hunk is expected of the next, so that the right one of two equal places is taken.
    const std::string equal_places = "x\na\n1\n2\n3\nk\n4\n5\n6\n";
    house.put("f", "new\nnew\nnew\nnew\n" + equal_places + "k\n7\n");
    CHECK(house.patch(std::string(head) + "@@ -1,2 +1,2 @@\n x\n-a\n+A\n@@ -10 +10 @@\n-k\n+K\n").ok);
    CHECK(house.bytes("f") == "new\nnew\nnew\nnew\nx\nA\n1\n2\n3\nk\n4\n5\n6\nK\n7\n");
}

TEST_CASE("apply_patch: wrong context is refused with what stands there, and nothing is changed") {
    const FileHouse house;
    house.put("f", numbered(1, 20));
    house.put("g", "g\n");
    const auto result =
        house.patch(std::string("--- a/g\n+++ b/g\n@@ -1 +1 @@\n-g\n+G\n") + head +
                    "@@ -1,2 +1,2 @@\n line 1\n-line 2\n+LINE 2\n@@ -10,3 +10,3 @@\n line 10\n-line eleven\n"
                    "+line 11!\n line 12\n");
    CHECK(!result.ok);
    CHECK(result.text.starts_with(
        "[error: apply_patch: hunk 2 (line 12 of the patch) does not fit f, nothing was changed; it expects\n"
        "line 10\nline eleven\nline 12\nwhere it says stands\n10\tline 10\n11\tline 11\n12\tline 12\nthe nearest lines "
        "are\n"));
    CHECK(house.bytes("f") == numbered(1, 20));
    CHECK(house.bytes("g") == "g\n");
    house.put("f", "a\nb\na\nb\n");
    CHECK(contains(house.patch(std::string(head) + "@@\n a\n-b\n+c\n").text,
                   "hunk 1 (line 3 of the patch) fits 2 places"));
    CHECK(contains(house.patch(std::string(head) + "@@ -1,0 +2 @@\n+c\n").text, "gives no old lines"));
    house.put("f", "a\nb\nc\nd\n");
    CHECK(contains(house.patch(std::string(head) + "@@ -3 +3 @@\n-c\n+C\n@@ -1 +1 @@\n-a\n+A\n").text,
                   "put hunks in the order of the file"));
    CHECK(house.entries() == 2);
}

TEST_CASE("apply_patch: the end of the last line is as the patch says, or else as it was") {
    const FileHouse house;
    const std::string none = "\\ No newline at end of file\n";
    const struct {
        const char* name;
        std::string before, hunk, after;
    } cases[] = {
        {"kept open", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "a\nc"},
        {"kept closed", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "a\nc\n"},
        {"stays open by the patch", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n" + none + "+c\n" + none, "a\nc"},
        {"is closed", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n" + none + "+b\n", "a\nb\n"},
        {"is opened", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n" + none, "a\nb"},
        {"grows, open", "a\nb", "@@ -1,2 +1,3 @@\n a\n b\n+c\n", "a\nb\nc"},
        {"grows, closed", "a\nb\n", "@@ -1,2 +1,3 @@\n a\n b\n+c\n", "a\nb\nc\n"},
        {"last line goes", "a\nb", "@@ -1,2 +1 @@\n a\n-b\n", "a\n"},
        {"all goes", "a\nb", "@@ -1,2 +0,0 @@\n-a\n-b\n", ""},
        {"empty file", "", "@@ -0,0 +1 @@\n+a\n", "a\n"},
        {"crlf", "a\r\nb\r\n", "@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d\n", "a\r\nc\r\nd\r\n"},
        {"crlf in both", "a\r\nb\r\n", "@@ -1,2 +1,3 @@\r\n a\r\n-b\r\n+c\r\n+d\r\n", "a\r\nc\r\nd\r\n"},
        {"blank context", "a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", "a\n\nc\n"},
        {"a line that looks like a header", "-- x\n++ y\nz\n", "@@ -1,3 +1,3 @@\n--- x\n+-- X\n ++ y\n z\n",
         "-- X\n++ y\nz\n"},
        {"counts too small", "a\nb\nc\n", "@@ -1,1 +1,1 @@\n a\n-b\n+B\n c\n", "a\nB\nc\n"},
    };
    for (const auto& one : cases) {
        INFO(one.name);
        house.put("f", one.before);
        const auto result = house.patch(head + one.hunk);
        INFO(result.text);
        CHECK(result.ok);
        CHECK(house.bytes("f") == one.after);
    }
    house.put("f", "a\nb\n");
    CHECK(
        contains(house.patch(std::string(head) + "@@ -1,2 +1,2 @@\n a\n-b\n" + none + "+c\n").text, "is not so there"));
    CHECK(house.bytes("f") == "a\nb\n");
}

TEST_CASE("apply_patch: hostile and odd names lead nowhere else") {
    FileHouse house;
    std::ofstream(house.temp.path() / "outside") << "x\n";
    house.put(".git/config", "x\n");
    house.put("n\xc3\xa4 \"q\"\t.txt", "x\n");
    house.put("a/b/f", "x\n");
    house.policy.protect = {"default"};
    const std::string body = "@@ -1 +1 @@\n-x\n+y\n";
    for (const std::string name : {"../outside", "/etc/passwd", "a/../../outside", ".git/config"}) {
        INFO(name);
        CHECK(!house.patch("--- a/" + name + "\n+++ b/" + name + "\n" + body).ok);
        CHECK(!house.patch("--- " + name + "\n+++ " + name + "\n" + body).ok);
        CHECK(!house.patch("--- /dev/null\n+++ b/" + name + "/../../../x\n@@ -0,0 +1 @@\n+bad\n").ok);
    }
    CHECK(!house.patch("diff --git a/a/b/f b/.git/hooks/f\nrename from a/b/f\nrename to .git/hooks/f\n").ok);
    CHECK(!house.patch("diff --git a/a/b/f b/../f\nrename from a/b/f\nrename to ../f\n").ok);
    CHECK(contains(house.patch("--- a/\n+++ b/\n" + body).text, "no name of a file"));
    CHECK(contains(house.patch("--- \"a/x\n+++ b/x\n" + body).text, "a quoted name that is none"));
    CHECK(house.patch("--- \"a/n\\303\\244 \\\"q\\\"\\t.txt\"\n+++ \"b/n\\303\\244 \\\"q\\\"\\t.txt\"\n" + body).ok);
    CHECK(house.bytes("n\xc3\xa4 \"q\"\t.txt") == "y\n");
    CHECK(house.patch("--- a/b/f\t2026-01-01 00:00:00\n+++ a/b/f\t2026-01-02\n" + body).ok);  // no prefixes
    CHECK(house.bytes("a/b/f") == "y\n");
    CHECK(house.bytes(".git/config") == "x\n");
    CHECK(house.bytes("../outside") == "x\n");
}

TEST_CASE("apply_patch: what is no patch, or not one that can be taken, is refused with its line") {
    const FileHouse house;
    house.put("f", "a\n");
    house.put("g", "a\n");
    const std::string body = "@@ -1 +1 @@\n-a\n+b\n";
    const struct {
        std::string patch, words;
    } cases[] = {
        {"", "there is no unified diff in it"},
        {"hello\n", "there is no unified diff in it"},
        {"*** Begin Patch\n*** Update File: f\n", "only unified diffs are taken"},
        {body, "line 1 of the patch is refused, nothing was changed: a hunk without the name"},
        {"--- a/f\n+++ b/f\n", "no @@ line follows"},
        {"--- a/f\n+++ b/g\n" + body, "two names; to move a file"},
        {head + body + head + body, "a file is named twice"},
        {std::string(head) + "@@ -1 +1 @@\n a\n", "this hunk changes nothing"},
        {std::string(head) + "@@ -1,3 +1,3 @@\n a\nb\n", "line 5 of the patch is refused"},
        {"--- a/f\n+++ b/f\n" + body + "\n-stray\n", "it belongs to no hunk"},
        {"diff --git a/f b/h\ncopy from f\ncopy to h\n", "copies are not taken"},
        {"diff --git a/f b/f\nGIT binary patch\n", "binary files are not taken"},
        {"diff --git a/l b/l\nnew file mode 120000\n", "only modes 100644 and 100755"},
        {"--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n", "f is there already"},
        {"--- a/none\n+++ b/none\n" + body, "no such file: none"},
        {"--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n", "does not fit f"},
        {"--- a/f\n+++ b/f\n" + body + "--- a/./f\n+++ b/./f\n" + body, "two parts of the patch mean the same file"},
        {"diff --git a/f b/g\nrename from f\nrename to g\n", "g is there already"},
    };
    for (const auto& one : cases) {
        INFO(one.patch);
        const auto result = house.patch(one.patch);
        CHECK(!result.ok);
        CHECK_MESSAGE(contains(result.text, one.words), result.text);
        CHECK(house.bytes("f") == "a\n");
        CHECK(house.bytes("g") == "a\n");
        CHECK(house.entries() == 2);
    }
    house.put("f", "a\nb\n");
    CHECK(
        contains(house.patch("--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n").text, "has lines that the patch does not"));
    CHECK(house.bytes("f") == "a\nb\n");
}

TEST_CASE("apply_patch: a file that cannot take its place takes all others back") {
    const FileHouse house;
    house.put("a", "a\n");
    house.put("b", "b\n");
    house.put("gone", "gone\n");
    // The last part makes a file in a folder that bears the name which an earlier part gives to a file.
    const auto result = house.patch(
        "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+A\n"
        "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"
        "--- /dev/null\n+++ b/n/e/w\n@@ -0,0 +1 @@\n+x\n"
        "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n"
        "--- /dev/null\n+++ b/x/y\n@@ -0,0 +1 @@\n+y\n");
    CHECK(!result.ok);
    CHECK(contains(result.text, "what the patch had changed before was taken back"));
    CHECK(house.bytes("a") == "a\n");
    CHECK(house.bytes("gone") == "gone\n");
    CHECK(house.entries() == 3);
}
