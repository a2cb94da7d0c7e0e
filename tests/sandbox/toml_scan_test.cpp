// tests/sandbox/toml_scan_test.cpp: Letters beyond ASCII stand in comments, and nowhere else.
#include "sandbox/toml_scan.h"

#include <doctest.h>

#include <string>

using heddle::sandbox::find_stray_letter;

namespace {

std::size_t offset_of(std::string_view text) {
    return find_stray_letter(text).value().offset;
}

}  // namespace

TEST_CASE("toml_scan: letters in comments are fine, whatever strings stand before them") {
    for (const char* text : {"", "a = 1", "# \xc3\xa9\na = 1", "a = 'e' # \xc3\xa9", R"(a = "\"#" # é)",
                             "a = '''x''' # \xc3\xa9", "a = '\\' # \xc3\xa9", "a = \"\" # \xc3\xa9"}) {
        INFO(std::string(text));
        CHECK(!find_stray_letter(text));
    }
}

TEST_CASE("toml_scan: letters elsewhere are found, at their place or that of their string") {
    CHECK(offset_of("a = \xc5\x99") == 4);
    CHECK(offset_of("\xc5\x99 = 1") == 0);
    CHECK(offset_of("a = \"\" \xc5\x99") == 7);
    CHECK(offset_of("a = '\\' \xc5\x99") == 8);
    CHECK(offset_of("a = '''\n''' \xc5\x99") == 12);
    CHECK(offset_of("a = \"x\n\xc5\x99") == 7);
    CHECK(offset_of("a = \"\"\"\\ \xc5\x99\"\"\"") == 4);
    CHECK(offset_of("# x\n\xc5\x99") == 4);
    CHECK(offset_of("a = \"\xc3\xa9\"") == 4);
    CHECK(offset_of("\"\xc3\xa9\" = 1") == 0);
    CHECK(offset_of("a = 0e777!77[\"LA\xd0\xb8\"]") == 13);  // where the parser stumbles over what is a string here
}

TEST_CASE("toml_scan: a place is told in lines and columns, too") {
    const auto place = find_stray_letter("# \xc3\xa9\nab = \xc5\x99");
    REQUIRE(place);
    CHECK(place->line == 2);
    CHECK(place->column == 6);
    CHECK(find_stray_letter("\xc5\x99")->column == 1);
}
