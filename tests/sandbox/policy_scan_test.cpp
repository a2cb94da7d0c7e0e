// tests/sandbox/policy_scan_test.cpp: Letters beyond ASCII stand in strings and comments, and nowhere else.
#include "sandbox/policy_scan.h"

#include <doctest.h>

#include <string>

using heddle::sandbox::find_stray_letter;

TEST_CASE("policy_scan: letters in comments and in strings of one line are fine") {
    for (const char* text :
         {"", "a = 1", "# \xc3\xa9\na = 1", "a = \"\xc3\xa9\"", "a = '\xc3\xa9' # \xc3\xa9", "\"\xc3\xa9\" = 1",
          R"(a = "\"é")", R"(a = "#" # é)", "a = '''x''' # \xc3\xa9", "a = '\\' # \xc3\xa9", "a = \"\" # \xc3\xa9"}) {
        INFO(std::string(text));
        CHECK(!find_stray_letter(text));
    }
}

TEST_CASE("policy_scan: letters elsewhere are found, at their place or that of their string") {
    CHECK(find_stray_letter("a = \xc5\x99") == 4);
    CHECK(find_stray_letter("\xc5\x99 = 1") == 0);
    CHECK(find_stray_letter("a = \"\" \xc5\x99") == 7);
    CHECK(find_stray_letter("a = '\\' \xc5\x99") == 8);
    CHECK(find_stray_letter("a = '''\n''' \xc5\x99") == 12);
    CHECK(find_stray_letter("a = \"x\n\xc5\x99") == 7);
    CHECK(find_stray_letter("a = \"\"\"\\ \xc5\x99\"\"\"") == 4);
    CHECK(find_stray_letter("# x\n\xc5\x99") == 4);
}
