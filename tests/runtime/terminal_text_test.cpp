// tests/runtime/terminal_text_test.cpp: Nothing hostile reaches a terminal raw.
#include "runtime/terminal_text.h"

#include <doctest.h>

#include <random>

using heddle::printable_line;
using heddle::printable_text;
using heddle::TerminalText;

TEST_CASE("terminal text: escape sequences, control characters and reordering marks come out as words") {
    CHECK(printable_text("\x1b]0;title\x07") == "\\x1b]0;title\\x07");
    CHECK(printable_text("a\rb\bc\x7f") == "a\\x0db\\x08c\\x7f");
    CHECK(printable_text("\xc2\x9b"
                         "31m") == "\\u009b31m");  // the one-character form of ESC [
    CHECK(printable_text("abc\xe2\x80\xae"
                         "def") == "abc\\u202edef");
    CHECK(printable_text(std::string_view("\0x", 2)) == "\\x00x");
}

TEST_CASE("terminal text: text in any script, newlines and tabs stay as they are") {
    const std::string text = "h\xc3\xa9llo\n\t\xe6\x9d\xad\xe5\xb7\x9e \xf0\x9f\xa6\x89";
    CHECK(printable_text(text) == text);
    CHECK(printable_line("a\nb\tc") == "a\\nb\\tc");
}

TEST_CASE("terminal text: bytes that are not UTF-8 are escaped one by one") {
    CHECK(printable_text("\xff\xc0\x80") == "\\xff\\xc0\\x80");
    CHECK(printable_text("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(printable_text("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
    CHECK(printable_text("\xe6\x9d") == "\\xe6\\x9d");                    // cut at the end
}

TEST_CASE("terminal text: any split of a stream shows the same") {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        std::string text;
        for (int i = 0; i < 40; ++i) {
            const char* parts[] = {"\xe6\x9d\xad", "a",    "\xf0\x9f\xa6\x89", "\xff", "\x1b",
                                   "\xe2\x80\xae", "\xc3", "\xe6\x9d"};
            text += parts[random() % 8];
        }
        TerminalText terminal;
        std::string shown;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t size = 1 + random() % 3;
            shown += terminal.feed(text.substr(at, size));
            at += size;
        }
        CHECK(shown + terminal.finish() == printable_text(text));
    }
}
