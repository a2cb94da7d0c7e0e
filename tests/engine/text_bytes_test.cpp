// tests/engine/text_bytes_test.cpp: Tests the tokenizer's smallest parts: valid UTF-8, and symbols for bytes.
#include <doctest.h>

#include <set>
#include <string>

#include "engine/tokenizer/byte_symbols.h"
#include "engine/tokenizer/utf8.h"

using namespace heddle::engine;

namespace {

std::string encoded(unsigned point) {
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3f)); };
    if (point < 0x80) return {static_cast<char>(point)};
    if (point < 0x800) return {static_cast<char>(0xc0 | point >> 6), tail(0)};
    if (point < 0x10000) return {static_cast<char>(0xe0 | point >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xf0 | point >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace

TEST_CASE("utf8: every code point is valid but for surrogates and those above U+10FFFF, and no part of one is") {
    for (unsigned point = 0; point < 0x140000; ++point) {
        const std::string bytes = encoded(point);
        const bool is_valid = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
        if (valid_utf8_length(bytes) != (is_valid ? bytes.size() : 0)) FAIL("code point ", point);
        if (bytes.size() > 1 && valid_utf8_length(std::string_view(bytes).substr(0, bytes.size() - 1)) != 0) {
            FAIL("a part of code point ", point);
        }
    }
}

TEST_CASE("utf8: overlong forms and stray bytes end what is valid, at the place where they stand") {
    for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
                            "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(", "\xf0\x9f\x98("}) {
        INFO(std::string(bad));
        CHECK(valid_utf8_length(bad) == 0);
        CHECK(valid_utf8_length(std::string("abc\xc3\xa4") + bad + "more") == 5);
    }
    CHECK(valid_utf8_length("") == 0);
    CHECK(valid_utf8_length(std::string_view("a\0b", 3)) == 3);
}

TEST_CASE("byte_symbols: each byte has a symbol of its own, and symbols read back as their bytes") {
    std::set<std::string> symbols;
    for (int byte = 0; byte < 256; ++byte) {
        const std::string symbol = symbol_of_byte(static_cast<unsigned char>(byte));
        CHECK(symbols.insert(symbol).second);
        CHECK(bytes_of_symbols(symbol) == std::string(1, static_cast<char>(byte)));
    }
    CHECK(symbol_of_byte(' ') == "\xc4\xa0");   // U+0120, as everybody knows it
    CHECK(symbol_of_byte('\n') == "\xc4\x8a");  // U+010A
    CHECK(symbol_of_byte('~') == "~");
    CHECK(bytes_of_symbols("\xc4\xa0the") == " the");
    CHECK(bytes_of_symbols("") == "");
}

TEST_CASE("byte_symbols: a text with a character that stands for no byte is refused") {
    for (const char* text : {" ", "\n", "a b", "\xe2\x82\xac", "\xc5\x84", "\xff", "\xc4"}) {
        INFO(std::string(text));
        CHECK(!bytes_of_symbols(text));
    }
}
