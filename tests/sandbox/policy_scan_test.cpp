// tests/sandbox/policy_scan_test.cpp: Letters beyond ASCII stand in comments, and nowhere else.
#include "sandbox/policy_scan.h"

#include <doctest.h>

#include <string>

using heddle::sandbox::find_stray_letter;

TEST_CASE("policy_scan: letters in comments are fine, whatever strings stand before them") {
    for (const char* text : {"", "a = 1", "# \xc3\xa9\na = 1", "a = 'e' # \xc3\xa9", R"(a = "\"#" # é)",
                             "a = '''x''' # \xc3\xa9", "a = '\\' # \xc3\xa9", "a = \"\" # \xc3\xa9"}) {
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
    CHECK(find_stray_letter("a = \"\xc3\xa9\"") == 4);
    CHECK(find_stray_letter("\"\xc3\xa9\" = 1") == 0);
    CHECK(find_stray_letter("a = 0e777!77[\"LA\xd0\xb8\"]") ==
          13);  // where the parser stumbles over what is a string here
}
