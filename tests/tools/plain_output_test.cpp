// tests/tools/plain_output_test.cpp: What is left of what a program drew.
#include "tools/plain_output.h"

#include <doctest.h>

#include <random>
#include <string>

using heddle::tools::plain_output;

TEST_CASE("plain_output: text without sequences stays byte for byte") {
    for (const std::string text : {"", "a", "a\n", "\n\n", "a\tb\xff\x01 é\n", "no newline"})
        CHECK(plain_output(text) == text);
}

TEST_CASE("plain_output: colours, titles, character sets and bells go, what they dress stays") {
    CHECK(plain_output("\x1b[1;31merror\x1b[0m: x\x07\n") == "error: x\n");
    CHECK(plain_output("\x1b]0;title\x07"
                       "a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\") == "alink");
    CHECK(plain_output("\x1b(B\x1b[m\x1b=\x1b>a\x1b"
                       "7b\x1bPq#0\x1b\\c") == "abc");
    CHECK(plain_output("\x1b[?25l\x1b[?1049hx\x1b[38:2:1:2:3my") == "xy");
}

TEST_CASE("plain_output: of a line drawn over and over the last state stays") {
    CHECK(plain_output("10%\r50%\r100%\ndone\n") == "100%\ndone\n");
    CHECK(plain_output("a\r\nb\r\n") == "a\nb\n");
    CHECK(plain_output("long line\r\x1b[Kx\n") == "x\n");
    CHECK(plain_output("wait\r\x1b[2K") == "");
    CHECK(plain_output("abc\b\bé\bx") == "ax");
    CHECK(plain_output("50%\r") == "50%");
}

TEST_CASE("plain_output: a screen that is drawn place by place becomes lines") {
    CHECK(plain_output("\x1b[H\x1b[2J~\x1b[2;1H~\x1b[24;1Hfile\x1b[3;7fx") == "~\n~\nfile\nx");
}

TEST_CASE("plain_output: sequences that do not end swallow no line behind them") {
    CHECK(plain_output("a\x1b]0;never\nb") == "a\nb");
    CHECK(plain_output("a\x1b[12\nb") == "a\nb");
    CHECK(plain_output("a\x1b") == "a");
    CHECK(plain_output("a\x1b[") == "a");
    CHECK(plain_output("\x1b\x1b[31mx") == "x");
}

TEST_CASE("plain_output: of any bytes no escape is left, and there are not more than there were") {
    std::mt19937 random(1);
    const std::string alphabet = "\x1b\x1b\x1b[]()PHJKm0;1\r\n\b\x07\\ab\xc3\xa9";
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (int k = 0; k < 30; ++k) text += alphabet[random() % alphabet.size()];
        const std::string plain = plain_output(text);
        CHECK(plain.find_first_of("\x1b\r\b\x07") == std::string::npos);
        CHECK(plain.size() <= text.size());
        CHECK(heddle::tools::is_drawn(text) == (plain != text));
    }
}
