// tests/tools/edit_file_test.cpp: One exact text gives way to another, and all else keeps its bytes.
#include "tools/edit_file.h"

#include <doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "tests/support/file_house.h"

namespace fs = std::filesystem;
using heddle::test::contains;
using heddle::test::FileHouse;

TEST_CASE("edit_file: the text is replaced, and the diff is shown") {
    const FileHouse house;
    house.put("a.py", "import os\n\ndef f():\n    return 1\n\nprint(f())\n");
    CHECK(house.edit("a.py", "    return 1\n", "    return 2\n").text ==
          "@@ -1,6 +1,6 @@\n import os\n \n def f():\n-    return 1\n+    return 2\n \n print(f())\n[edited a.py: 1 "
          "place]");
    CHECK(house.bytes("a.py") == "import os\n\ndef f():\n    return 2\n\nprint(f())\n");
    CHECK(house.edit("a.py", "import os\n\n", "").ok);
    CHECK(house.bytes("a.py") == "def f():\n    return 2\n\nprint(f())\n");
    CHECK(house.entries() == 1);
}

TEST_CASE("edit_file: line ends, byte order mark, other encodings and the final newline stay") {
    const FileHouse house;
    const struct {
        const char* name;
        std::string before, from, to, after;
    } cases[] = {
        {"crlf", "a\r\nb\r\nc\r\n", "b", "x\ny", "a\r\nx\r\ny\r\nc\r\n"},
        {"crlf over lines", "a\r\nb\r\nc\r\n", "a\nb", "x\ny", "x\r\ny\r\nc\r\n"},
        {"crlf given", "a\r\nb\r\n", "a\r\nb", "x\r\ny", "x\r\ny\r\n"},
        {"crlf given to lf", "a\nb\n", "a\r\nb", "x\r\ny", "x\ny\n"},
        {"mixed, at crlf", "a\nb\r\nc\n", "b", "x\ny", "a\nx\r\ny\r\nc\n"},
        {"mixed, at lf", "a\nb\r\nc\n", "c", "x\ny", "a\nb\r\nx\ny\n"},
        {"from line end", "a\r\nb\r\n", "\nb", "\nx", "a\r\nx\r\n"},
        {"to line end", "a\r\nb\r\n", "a\n", "x\n", "x\r\nb\r\n"},
        {"mark",
         "\xef\xbb\xbf"
         "a\nb\n",
         "a", "x", "\xef\xbb\xbfx\nb\n"},
        {"no final newline", "a\nb", "b", "x", "a\nx"},
        {"final newline", "a\nb\n", "b", "x", "a\nx\n"},
        {"crlf, last line open", "a\r\nb", "b", "x\ny", "a\r\nx\r\ny"},
        {"latin1",
         "Gr\xfc\xdf"
         "e\nb\n",
         "b", "x",
         "Gr\xfc\xdf"
         "e\nx\n"},
        {"utf8", "Grüße\nb\n", "Grüße", "Größe", "Größe\nb\n"},
        {"bare cr", "a\rb\nc\n", "c", "x", "a\rb\nx\n"},
        {"only line", "a", "a", "", ""},
    };
    for (const auto& one : cases) {
        INFO(one.name);
        house.put("f", one.before);
        CHECK(house.edit("f", one.from, one.to).ok);
        CHECK(house.bytes("f") == one.after);
    }
}

TEST_CASE("edit_file: mode and link stay") {
    const FileHouse house;
    house.put("real", "a\n");
    fs::permissions(house.root / "real", fs::perms(0750));
    fs::create_symlink("real", house.root / "link");
    CHECK(house.edit("link", "a", "b").ok);
    CHECK(fs::is_symlink(house.root / "link"));
    CHECK(house.bytes("real") == "b\n");
    CHECK(fs::status(house.root / "real").permissions() == fs::perms(0750));
}

TEST_CASE("edit_file: a text that is not there is refused with the nearest places") {
    const FileHouse house;
    std::string code;
    for (int i = 1; i <= 300; ++i) code += fmt::format("value_{} = compute({})\n", i, i * 7);
    code += "def handle(request):\n    answer = request.body.decode()\n    return answer\n";
    house.put("a.py", code);
    const auto result = house.edit("a.py", "def handle(request):\n    answer = request.body.decode('utf8')\n", "x");
    CHECK(!result.ok);
    CHECK(result.text ==
          "[error: edit_file: old_string is not in a.py, nothing was changed; the nearest lines are\n"
          "301\tdef handle(request):\n302\t    answer = request.body.decode()\n]");
    CHECK(contains(house.edit("a.py", "\tanswer = request.body.decode()", "x").text, "302\t    answer = request"));
    CHECK(
        house.edit("a.py", "301\tdef handle(request):\n", "x").text ==
        "[error: edit_file: old_string is not in a.py, nothing was changed; leave out the line numbers that read_file "
        "shows]");
    CHECK(contains(house.edit("a.py", "}}}}####", "x").text, "nothing was changed; read the file again"));
    CHECK(house.bytes("a.py") == code);
}

TEST_CASE("edit_file: a text that is there more than once is refused with its places, unless all are meant") {
    const FileHouse house;
    house.put("f", "x = 1\ny = 2\nx = 1\n");
    CHECK(house.edit("f", "x = 1", "x = 3").text ==
          "[error: edit_file: old_string is in f 2 times, nothing was changed; add lines around it until it is there "
          "once, or set replace_all; it begins in\n1\tx = 1\n3\tx = 1\n]");
    CHECK(house.bytes("f") == "x = 1\ny = 2\nx = 1\n");
    const auto all = house.call(
        "edit_file", {{"path", "f"}, {"old_string", "x = 1"}, {"new_string", "z = 3"}, {"replace_all", true}});
    CHECK(all.text == "@@ -1,3 +1,3 @@\n-x = 1\n+z = 3\n y = 2\n-x = 1\n+z = 3\n[edited f: 2 places]");
    CHECK(house.bytes("f") == "z = 3\ny = 2\nz = 3\n");
    house.put("f", "aaa\n");
    CHECK(contains(house.edit("f", "aa", "b").text, "2 times"));  // which of them cannot be told
}

TEST_CASE("edit_file: what cannot be kept as it is, is refused and says why") {
    const FileHouse house;
    house.put("utf16", std::string("\xff\xfe"
                                   "a\0b\0",
                                   6));
    house.put("binary", std::string("a\0b", 3));
    house.put("latin1",
              "Gr\xfc\xdf"
              "e\n");
    house.put("f", "a\n");
    CHECK(house.edit("utf16", "a", "b").text ==
          "[error: edit_file: utf16 is in UTF-16, which cannot be changed in place; convert it with iconv]");
    CHECK(house.edit("binary", "a", "b").text == "[error: edit_file: not a text file: binary (3 bytes)]");
    CHECK(house.edit("latin1", "Gr", "Grü").text ==
          "[error: edit_file: latin1 is not in UTF-8, so only ASCII text can be put into it; use a command]");
    CHECK(contains(house.edit("latin1", "Gr\xef\xbf\xbd", "x").text, "U+FFFD stands for bytes that are no UTF-8"));
    CHECK(contains(house.edit("f", "", "b").text, "old_string is empty"));
    CHECK(contains(house.edit("f", "a", "a").text, "nothing would change"));
    CHECK(house.edit("missing", "a", "b").text == "[error: edit_file: no such file: missing]");
    std::ofstream(house.root / "huge") << std::string(9 << 20, 'x');
    CHECK(contains(house.edit("huge", "a", "b").text, "huge is too large: 9437184 bytes"));
    CHECK(house.bytes("latin1") ==
          "Gr\xfc\xdf"
          "e\n");
    CHECK(house.bytes("f") == "a\n");
}

TEST_CASE("edit_file: a search that is made to be slow ends soon") {
    const FileHouse house;
    house.put("f", std::string(8'000'000, 'a'));
    house.put("lines", [] {
        std::string text;
        for (int i = 0; i < 400'000; ++i) text += "a b c d\n";
        return text;
    }());
    const auto begin = std::chrono::steady_clock::now();
    CHECK(!house.edit("f", std::string(4'000'000, 'a') + "b", "c").ok);
    CHECK(!house.edit("f", std::string(4'000'000, 'a'), "c").ok);
    CHECK(!house.edit("lines", "a b c e\n", "c").ok);
    CHECK(house.edit("f", std::string(7'999'999, 'a'), "c").text.size() < 2'000);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}
