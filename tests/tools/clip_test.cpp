// tests/tools/clip_test.cpp: Whatever bytes come in, bounded valid text comes out.
#include "tools/clip.h"

#include <doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

using heddle::tools::Clip;
using heddle::tools::clipped;
using heddle::tools::one_line;
using heddle::tools::prefix_of;
using heddle::tools::readable;
using heddle::tools::text_bytes_max;

namespace {

// The JSON library's own strict decoder is the oracle for valid UTF-8.
bool is_utf8(const std::string& text) {
    try {
        (void)nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

bool has_controls(const std::string& text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) return true;
    }
    return text.find("\xc2\x9b") != std::string::npos || text.find("\xe2\x80\xae") != std::string::npos;
}

std::string random_bytes(std::mt19937& random, std::size_t length) {
    // Half of it from the bytes that make and break UTF-8, the rest anything.
    static const std::string awkward =
        "\xff\xc3\xe2\x80\xae\xf0\x9f\x98\x80\xed\xa0\x80\xc2\x9b\x1b[0m\n\t\r\0 a\xe0\xf4\x90";
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) {
        bytes += random() % 2 ? awkward[random() % awkward.size()] : static_cast<char>(random());
    }
    return bytes;
}

}  // namespace

TEST_CASE("clip: text that is fine stays as it is") {
    for (const std::string text : {"", "a", "line\n\ttab\n", "Grüße, 世界 😀", "</think> <｜User｜> \\x1b"}) {
        CHECK(readable(text) == text);
        CHECK(clipped(text) == text);
    }
}

TEST_CASE("clip: control characters are shown, not acted upon") {
    const struct {
        std::string bytes, shown;
    } cases[] = {
        {"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
        {"\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"},
        {"50%\r100%\n", "50%\\x0d100%\n"},
        {std::string("a\0b", 3), "a\\x00b"},
        {"\x7f\x08", "\\x7f\\x08"},
        {"\xc2\x9b"
         "31m",
         "\\u009b31m"},
        {"abc\xe2\x80\xae"
         "cba",
         "abc\\u202ecba"},
        {"\xe2\x81\xa6", "\\u2066"},
    };
    for (const auto& one : cases) CHECK(readable(one.bytes) == one.shown);
}

TEST_CASE("clip: each maximal part that is no UTF-8 becomes one replacement character") {
    const std::string r = "\xef\xbf\xbd";
    const struct {
        std::string bytes, shown;
    } cases[] = {
        {"\xff", r},
        {"a\xc3", "a" + r},
        {"a\xc3(", "a" + r + "("},
        {"\xe2\x82", r},
        {"\xf0\x9f\x98z", r + "z"},
        {"\xc0\x80", r + r},                  // overlong
        {"\xe0\x80\x80", r + r + r},          // overlong
        {"\xed\xa0\x80", r + r + r},          // a surrogate
        {"\xf4\x90\x80\x80", r + r + r + r},  // beyond the last character
        {"\x80\x80", r + r},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},  // the last character
    };
    for (const auto& one : cases) CHECK(readable(one.bytes) == one.shown);
}

TEST_CASE("clip: any bytes become valid text without controls, and stay so") {
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        const std::string text = readable(random_bytes(random, random() % 200));
        REQUIRE(is_utf8(text));
        REQUIRE(!has_controls(text));
        REQUIRE(readable(text) == text);
    }
}

TEST_CASE("clip: a text of the largest size is whole, one byte more leaves out the middle and says how much") {
    const std::string whole(text_bytes_max, 'x');
    CHECK(clipped(whole) == whole);
    CHECK(clipped(whole + "y") ==
          std::string(8000, 'x') + "\n[... 1 bytes left out ...]\n" + std::string(7999, 'x') + "y");
    CHECK(clipped(std::string(8000, 'a') + std::string(5000, 'b') + std::string(8000, 'c')) ==
          std::string(8000, 'a') + "\n[... 5000 bytes left out ...]\n" + std::string(8000, 'c'));
}

TEST_CASE("clip: the cut never divides a character, and the count holds") {
    for (int shift = 0; shift < 4; ++shift) {
        std::string text(static_cast<std::size_t>(shift), 'a');
        for (int i = 0; i < 6000; ++i) text += "😀";
        text += std::string(static_cast<std::size_t>(shift), 'z');  // so that the last half begins in a character too
        const std::string out = clipped(text);
        REQUIRE(is_utf8(out));
        std::size_t left_out = 0;
        const std::size_t note = out.find("\n[... ");
        REQUIRE(note != std::string::npos);
        REQUIRE(std::sscanf(out.c_str() + note, "\n[... %zu bytes", &left_out) == 1);
        const std::string shown = fmt::format("\n[... {} bytes left out ...]\n", left_out);
        CHECK(out.size() - shown.size() + left_out == text.size());
    }
}

TEST_CASE("clip: text in parts of any length gives what it gives as a whole") {
    std::mt19937 random(3);
    for (int round = 0; round < 40; ++round) {
        std::string text;
        const std::size_t length = random() % 60'000;
        while (text.size() < length) text += fmt::format("line {} ü\n", text.size());
        Clip clip;
        for (std::size_t at = 0; at < text.size();) {
            const auto part = prefix_of(std::string_view(text).substr(at), 4 + random() % (round % 2 ? 100 : 30'000));
            clip.append(part);
            at += part.size();
        }
        REQUIRE(clip.text() == clipped(text));
    }
}

TEST_CASE("clip: a gap in the stream is counted as left out, however little was kept beside it") {
    Clip small;
    small.append("begin\n");
    small.skip(1000);
    small.append("end\n");
    CHECK(small.text() == "begin\n[... 1000 bytes left out ...]\nend\n");

    Clip large;
    large.append(std::string(20'000, 'a'));
    large.skip(7);
    large.append(std::string(20'000, 'b'));
    CHECK(large.text() == std::string(8000, 'a') + "\n[... 24007 bytes left out ...]\n" + std::string(8000, 'b'));

    Clip none;
    none.append("a");
    none.skip(0);
    none.append("b");
    CHECK(none.text() == "ab");
}

TEST_CASE("clip: a name that somebody made up stands on one line and has an end") {
    CHECK(one_line("a\nb\tc\x1b", 100) == "a\\nb\\tc\\x1b");
    CHECK(one_line(std::string(500, 'n'), 10) == "nnnnnnnnnn...");
    CHECK(one_line("üü", 3) == "ü...");
}
