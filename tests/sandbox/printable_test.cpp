// tests/sandbox/printable_test.cpp: Hostile bytes as text, and characters as they stand in bytes.
#include "sandbox/printable.h"

#include <doctest.h>

using namespace heddle::sandbox;

TEST_CASE("printable: plain names stay, and what could fool an eye or a terminal is escaped") {
    for (const char* name : {"src/main.c", "-rf", "naïve/日本語.txt", "a+b=c,d@e"}) CHECK(printable(name) == name);
    CHECK(printable("") == "\"\"");
    CHECK(printable("two words") == "\"two words\"");
    CHECK(printable("a\nM b") == "\"a\\x0aM b\"");
    CHECK(printable("\x1b[2J") == "\"\\x1b[2J\"");
    CHECK(printable("q\"\\") == "\"q\\x22\\x5c\"");
    CHECK(printable("exe\xe2\x80\xae"
                    "cod.txt") == "\"exe\\xe2\\x80\\xaecod.txt\"");  // right-to-left override
    CHECK(printable("a\xe2\x80\x8b") == "\"a\\xe2\\x80\\x8b\"");     // zero width space
    CHECK(printable("\xff\xc3(\xed\xa0\x80\xc0\xaf") == "\"\\xff\\xc3(\\xed\\xa0\\x80\\xc0\\xaf\"");
    CHECK(printable("\xc2\x9b"
                    "1m") == "\"\\xc2\\x9b1m\"");  // CSI in one character
}

TEST_CASE(
    "printable: what is no character is told by how far it might have been one, and whether more could make it one") {
    const struct {
        std::string text;
        std::size_t size, wrong;
        bool is_cut;
    } cases[] = {{"a", 1, 0, false},
                 {"\xc3\xa9x", 2, 0, false},
                 {"\xf0\x9f\xa6\x89", 4, 0, false},
                 {"\xff", 0, 1, false},
                 {"\xc0\xaf", 0, 1, false},
                 {"\xe2\x80x", 0, 2, false},
                 {"\xe2\x80", 0, 2, true},
                 {"\xf0\x9f\xa6", 0, 3, true},
                 {"\xed\xa0\x80", 0, 1, false},
                 {"\xf4\x90\x80\x80", 0, 1, false}};
    for (const auto& [text, size, wrong, is_cut] : cases) {
        INFO(text);
        const Character found = first_character(text);
        CHECK(found.size == size);
        CHECK(found.wrong == wrong);
        CHECK(found.is_cut == is_cut);
    }
}
