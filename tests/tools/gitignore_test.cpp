// tests/tools/gitignore_test.cpp: Patterns mean what git says that they mean.
#include "tools/gitignore.h"

#include <doctest.h>

#include <chrono>
#include <string>

using heddle::tools::Gitignore;
using heddle::tools::name_matches;
using heddle::tools::PathPattern;

TEST_CASE("gitignore: a pattern matches as gitignore(5) has it") {
    const struct {
        const char *pattern, *path;
        bool is_folder, matches;
    } cases[] = {
        {"foo", "foo", false, true},        {"foo", "a/b/foo", false, true},     {"foo", "foobar", false, false},
        {"/foo", "foo", false, true},       {"/foo", "a/foo", false, false},     {"a/foo", "a/foo", false, true},
        {"a/foo", "b/a/foo", false, false}, {"foo/", "foo", true, true},         {"foo/", "foo", false, false},
        {"foo/", "a/foo", true, true},      {"*.o", "a/b.o", false, true},       {"*.o", "b.o.c", false, false},
        {"**/foo", "foo", false, true},     {"**/foo", "a/b/foo", false, true},  {"**/a/foo", "x/a/foo", false, true},
        {"a/**", "a/b/c", false, true},     {"a/**", "a", true, false},          {"a/**/b", "a/b", false, true},
        {"a/**/b", "a/x/y/b", false, true}, {"a/**/b", "a/x/y/c", false, false}, {"a/*", "a/b/c", false, false},
        {"a*c", "abc", false, true},        {"a*c", "ab/c", false, false},       {"a?c", "abc", false, true},
        {"a?c", "a/c", false, false},       {"[a-c]x", "bx", false, true},       {"[!a-c]x", "bx", false, false},
        {"[^a-c]x", "dx", false, true},     {"[]]x", "]x", false, true},         {"[a", "[a", false, true},
        {"[[:digit:]]", "7", false, true},  {"[[:digit:]]", "x", false, false},  {"\\*", "*", false, true},
        {"\\*", "a", false, false},         {"\\#a", "#a", false, true},         {"**", "a/b", false, true},
        {"foo/**/", "foo/a", true, true},   {"a**b", "axxb", false, true},       {"a/b/", "a/b", true, true},
    };
    for (const auto& one : cases) {
        INFO(one.pattern, " ", one.path);
        CHECK(PathPattern(one.pattern).matches(one.path, one.is_folder) == one.matches);
    }
}

TEST_CASE("gitignore: the last line that matches counts, and comments and blanks say nothing") {
    const Gitignore rules("# comment\n\n*.log\n!keep.log\nbuild/ \nname\\ \n\\!odd\r\n!\n");
    CHECK(rules.says("a.log", false) == true);
    CHECK(rules.says("d/keep.log", false) == false);
    CHECK(rules.says("build", true) == true);
    CHECK(!rules.says("build", false).has_value());
    CHECK(rules.says("name ", false) == true);
    CHECK(rules.says("!odd", false) == true);
    CHECK(!rules.says("# comment", false).has_value());
}

TEST_CASE("gitignore: a pattern that is made to be slow is matched soon") {
    std::string glob, folders;
    for (int i = 0; i < 100; ++i) glob += "*a";
    for (int i = 0; i < 30; ++i) folders += "**/a/";
    const std::string name(250, 'a');
    std::string path;
    for (int i = 0; i < 500; ++i) path += "a/";
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
        CHECK(!name_matches(glob + "b", name));
        CHECK(!PathPattern(folders + "b").matches(path + "c", false));
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}
