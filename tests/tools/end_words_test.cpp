// tests/tools/end_words_test.cpp: The end of a piece of code, told by an interpreter or by whoever took its place.
#include "tools/end_words.h"

#include <doctest.h>

#include <string>

using heddle::tools::EndWords;
using namespace std::string_literals;

TEST_CASE("end words: a status and a folder are told once their NUL has come, in parts of any length") {
    EndWords words;
    for (const char c : "3 /a folder"s) CHECK(!words.add({&c, 1}));
    const auto end = words.add("\0"s);
    REQUIRE(end);
    CHECK(end->status == 3);
    CHECK(end->folder == "/a folder");
    const auto next = words.add("0 \0 7 /left out"s);
    REQUIRE(next);
    CHECK(next->status == 0);
    CHECK(next->folder.empty());
    CHECK(words.add("259 /b\0"s)->status == 3);
}

TEST_CASE("end words: what is no such thing is no end, and costs the next one nothing") {
    EndWords words;
    for (const auto& wrong : {"\0"s, "x /a\0"s, "12\0"s, " /a\0"s, "1x /a\0"s, "99999999999999999999 /a\0"s}) {
        CHECK(!words.add(wrong));
        CHECK(words.add("1 /a\0"s)->folder == "/a");
    }
}

TEST_CASE("end words: who talks without end is not listened to beyond a bound") {
    EndWords words;
    for (int i = 0; i < 10'000; ++i) CHECK(!words.add(std::string(100, 'x')));
    words.add("\0"s);
    CHECK(words.add("1 /a\0"s)->status == 1);
}
