// tests/tools/grep_test.cpp: ripgrep and our own walk find the same, and neither can be made to hang.
#include "tools/grep.h"

#include <doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "tests/support/file_house.h"
#include "tools/error.h"
#include "tools/grep_report.h"
#include "tools/grep_search.h"

namespace fs = std::filesystem;
using namespace heddle::tools;
using heddle::test::contains;
using heddle::test::FileHouse;

namespace {

struct Search : FileHouse {
    // By our own walk; and where there is ripgrep in the sandbox, that finds the same.
    std::string grep(const heddle::prompts::Json& arguments) const {
        const ToolResult by_tool = call("grep", arguments);
        const Workspace files = workspace();
        GrepQuery query;
        query.pattern = arguments.value("pattern", std::string());
        query.ignore_case = arguments.value("ignore_case", false);
        query.wants = [&](const std::string& place) { return !files.hides(place); };
        if (query.pattern.empty() || arguments.contains("glob")) return by_tool.text;
        GrepReport report;
        search_by_walk(files, files.find(arguments.value("path", std::string("."))), query, report, {});
        CHECK(by_tool.text == report.result().text);
        return report.result().text;
    }
};

}  // namespace

TEST_CASE("grep: lines come as path, number and text in the order of the tree") {
    const Search house;
    house.put("b.c", "int x;\nint main() {\n  return x;\n}\n");
    house.put("a/z.c", "x = 1\r\n");
    house.put("a.c", "none\n");
    house.put(".hidden", "x\n");
    CHECK(house.grep({{"pattern", "\\bx\\b"}}) ==
          ".hidden:1:x\na/z.c:1:x = 1\nb.c:1:int x;\nb.c:3:  return x;\n[4 lines in 3 files]");
    CHECK(house.grep({{"pattern", "INT"}, {"ignore_case", true}}) ==
          "b.c:1:int x;\nb.c:2:int main() {\n[2 lines in 1 file]");
    CHECK(house.grep({{"pattern", "x"}, {"path", "a"}}) == "a/z.c:1:x = 1\n[1 line in 1 file]");
    CHECK(house.grep({{"pattern", "main"}, {"path", "b.c"}}) == "b.c:2:int main() {\n[1 line in 1 file]");
    CHECK(house.grep({{"pattern", "nowhere"}}) == "[nothing found; what .gitignore names is not searched]");
    CHECK(house.grep({{"pattern", "^$"}}) == "[nothing found; what .gitignore names is not searched]");
    CHECK(house.grep({{"pattern", "-x"}, {"path", "a"}}) == "[nothing found; what .gitignore names is not searched]");
    CHECK(house.grep({{"pattern", "1$"}}) == "a/z.c:1:x = 1\n[1 line in 1 file]");
}

TEST_CASE("grep: .gitignore is respected wherever it stands, and .git is passed by") {
    const Search house;
    for (const char* name : {"keep.txt", "no.log", "sub/no.log", "sub/yes.log", "build/out.txt", "sub/deep/x.tmp",
                             "sub/deep/y.txt", ".git/config", "other/build/out.txt"})
        house.put(name, "word\n");
    house.put(".gitignore", "*.log\n/build/\n");
    house.put("sub/.gitignore", "!yes.log\ndeep/*.tmp\n");
    const std::string of_sub = "sub/deep/y.txt:1:word\nsub/yes.log:1:word\n";
    CHECK(house.grep({{"pattern", "word"}}) ==
          "keep.txt:1:word\nother/build/out.txt:1:word\n" + of_sub + "[4 lines in 4 files]");
    CHECK(house.grep({{"pattern", "word"}, {"path", "sub"}}) == of_sub + "[2 lines in 2 files]");
    CHECK(house.grep({{"pattern", "word"}, {"path", "sub/deep"}}) == "sub/deep/y.txt:1:word\n[1 line in 1 file]");
    CHECK(house.grep({{"pattern", "word"}, {"path", "no.log"}}) == "no.log:1:word\n[1 line in 1 file]");
}

TEST_CASE("grep: glob picks files by name, and alone it lists them") {
    const Search house;
    for (const char* name : {"a.py", "src/b.py", "src/c.cpp", "src/deep/d.py"}) house.put(name, "word\n");
    CHECK(house.grep({{"glob", "*.py"}}) == "a.py\nsrc/b.py\nsrc/deep/d.py\n[3 files]");
    CHECK(house.grep({{"glob", "src/*.py"}}) == "src/b.py\n[1 file]");
    CHECK(house.grep({{"glob", "deep/*.py"}, {"path", "src"}}) == "src/deep/d.py\n[1 file]");
    CHECK(house.grep({{"pattern", "word"}, {"glob", "*.cpp"}}) == "src/c.cpp:1:word\n[1 line in 1 file]");
    CHECK(house.grep({{"glob", "*.rs"}}) == "[nothing found; what .gitignore names is not searched]");
    CHECK(house.grep({{"path", "src"}}) == "[error: grep: give a pattern to search for, or a glob that names files]");
}

TEST_CASE("grep: binary files, links, hidden files and other folders are left out; odd bytes are made readable") {
    Search house;
    house.put("bin", std::string("word\n\0word\n", 11));
    house.put("late", "word\n" + std::string(300'000, 'x') + std::string("\0\n", 2));
    house.put("esc", "word \x1b[2J\n");
    house.put("bad\n\x1bname", "word\n");
    house.put("latin", "word \xfc\n");
    house.put("name\xff", "word\n");
    house.put(".env", "word\n");
    house.put("long", std::string(400, 'x') + "word\n");
    fs::create_symlink("esc", house.root / "link");
    fs::create_symlink("..", house.root / "up");
    std::ofstream(house.temp.path() / "outside") << "word\n";
    house.policy.hide = {"**/.env"};
    CHECK(house.grep({{"pattern", "word"}}) ==
          "bad\\n\\x1bname:1:word\nesc:1:word \\x1b[2J\nlatin:1:word \xef\xbf\xbd\nlong:1:" + std::string(250, 'x') +
              " [... 154 bytes]\nname\xef\xbf\xbd:1:word\n[5 lines in 5 files]");
    CHECK(house.grep({{"glob", "*env"}}) == "[nothing found; what .gitignore names is not searched]");
    CHECK(house.call("grep", {{"pattern", "word"}, {"path", ".."}}).text == "[error: grep: outside the folder: ..]");
    CHECK(contains(house.call("grep", {{"pattern", "word"}, {"path", ".env"}}).text, "hidden by policy"));
}

TEST_CASE("file tools: where changes are kept apart they show what commands see there") {
    if (heddle::test::not_here()) return;
    for (const auto mode : {heddle::sandbox::WorkspaceMode::cow, heddle::sandbox::WorkspaceMode::copy}) {
        heddle::test::ToolHouse house({"bash", "list", "grep", "write_file"}, {}, mode);
        CHECK(house.bash("mkdir d; echo word > d/b") == "[no output]");
        CHECK(house.call("list", {{"depth", 2}}).text == "d/\nd/b  5\n[2 entries in .]");
        CHECK(house.call("grep", {{"pattern", "word"}}).text == "d/b:1:word\n[1 line in 1 file]");
        CHECK(!house.call("write_file", {{"path", "c"}, {"content", "x"}}).ok);
    }
}

TEST_CASE("grep: what is found is bounded, and says that there is more") {
    const Search house;
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += "word\n";
    house.put("a", many);
    house.put("b", "word\n");
    const std::string text = house.grep({{"pattern", "word"}});
    CHECK(text.starts_with("a:1:word\n"));
    CHECK(text.ends_with("a:200:word\n[the first 200 lines in 1 file; there is more]"));
    house.put("a", many.substr(0, 5 * 200));
    fs::remove(house.root / "b");
    CHECK(house.grep({{"pattern", "word"}}).ends_with("a:200:word\n[200 lines in 1 file]"));
}

TEST_CASE("grep: a pattern that is none, or takes too long, is refused and hangs nothing") {
    const Search house;
    house.put("a", std::string(5'000, 'a') + "\n");
    CHECK(contains(house.call("grep", {{"pattern", "(unclosed"}}).text, "[error: grep: "));
    CHECK(!house.call("grep", {{"pattern", "(unclosed"}}).ok);
    CHECK(!house.call("grep", {{"pattern", "a\nb"}}).ok);
    const Workspace workspace = house.workspace();
    const auto walk = [&](const std::string& pattern) {
        GrepQuery query;
        query.pattern = pattern;
        query.wants = [](const std::string&) { return true; };
        GrepReport report;
        search_by_walk(workspace, workspace.find("."), query, report, {});
        return report.result().text;
    };
    const auto begin = std::chrono::steady_clock::now();
    for (const char* pattern : {"(a+)+b", "(a|aa)+$x", "(?:(?:a*)*)*b", "^(a?){60}a{60}b", "(.*)*\\1x"}) {
        INFO(pattern);
        std::string text;
        try {
            text = walk(pattern);
        } catch (const Error& error) {
            text = error.what();
        }
        CHECK((contains(text, "takes too long") || contains(text, "nothing found")));
    }
    CHECK_THROWS_AS(walk("(unclosed"), Error);
    CHECK_THROWS_AS(walk(std::string(20'000, 'a')), Error);
    CHECK_THROWS_AS(walk("((((a{1000}){1000}){1000}){1000})"), Error);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}
