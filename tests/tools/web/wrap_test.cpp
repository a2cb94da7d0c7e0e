// tests/tools/web/wrap_test.cpp: Where lines end.
#include "tools/web/wrap.h"

#include <doctest.h>

#include <string>
#include <vector>

using heddle::tools::web::Line;
using heddle::tools::web::wrap_text;

namespace {

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

std::vector<std::string> wrapped(const std::string& text) {
    std::vector<std::string> lines;
    for (const auto& line : wrap_text(text)) lines.push_back(line.text);
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("wrap: newlines end paragraphs, empty ones stay, and only lines within a paragraph go on") {
    CHECK(wrap_text("") == std::vector<Line>{{"", false}});
    CHECK(wrap_text("a\n\nb\n") == std::vector<Line>{{"a"}, {""}, {"b"}, {""}});
    const std::string word(50, 'w');
    CHECK(wrap_text(word + " " + word + "\nend") ==
          std::vector<Line>{{word + " ", true}, {word, false}, {"end", false}});
}

TEST_CASE("wrap: spaces stay at the side where they fit") {
    const std::string a(79, 'a'), b(80, 'b');
    CHECK(wrapped(a + " c") == Lines{a + " ", "c"});
    CHECK(wrapped(b + " c") == Lines{b, " c"});
    CHECK(wrapped("x" + std::string(100, ' ') + "y") == Lines{"x" + std::string(79, ' '), std::string(21, ' ') + "y"});
    CHECK(wrapped("a\tb") == Lines{"a       b"});
}

TEST_CASE("wrap: a line may end after a hyphen between letters, and around a dash, not elsewhere") {
    const std::string fill(74, 'x');
    CHECK(wrapped(fill + " long-tail") == Lines{fill + " long-", "tail"});
    CHECK(wrapped(fill + " 2024-11") == Lines{fill + " ", "2024-11"});
    CHECK(wrapped(fill + " x-ray-like") == Lines{fill + " ", "x-ray-like"});
    CHECK(wrapped(fill + " --option") == Lines{fill + " ", "--option"});
    CHECK(wrapped(fill + " one--two") == Lines{fill + " one--", "two"});
    CHECK(wrapped(fill + " über-größe") == Lines{fill + " über-", "größe"});
}

TEST_CASE("wrap: what is longer than a line fills it, characters counted, up to a hyphen if there is one") {
    const std::string han = repeated("试", 100);
    CHECK(wrapped("ab " + han) == Lines{"ab " + repeated("试", 77), repeated("试", 23)});
    CHECK(wrapped(std::string(200, 'z')) == Lines{std::string(80, 'z'), std::string(80, 'z'), std::string(40, 'z')});
    CHECK(wrapped("0123-" + std::string(100, '9')) == Lines{"0123-", std::string(80, '9'), std::string(20, '9')});
    CHECK(wrapped(std::string(100, '-')) == Lines{std::string(80, '-'), std::string(20, '-')});
}

TEST_CASE("wrap: lines put together are the text again, in time that grows with it") {
    std::string text;
    for (const char* const piece : {"-", "--a", "b-", "ab-cd", " ", "试-试", ".--x"}) text += repeated(piece, 20'000);
    std::string again;
    for (const auto& line : wrap_text(text)) again += line.text;
    CHECK(again == text);
}
