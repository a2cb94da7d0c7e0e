// tests/tools/submit_test.cpp: A task ends with an answer or a patch, and not by what a file says.
#include "tools/submit.h"

#include <doctest.h>

#include "tests/support/tool_house.h"

using heddle::sandbox::Captured;
using heddle::test::ToolHouse;

namespace {

const std::string patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

Captured printed(const std::string& text) {
    Captured output;
    output.head = text;
    output.total_bytes = text.size();
    return output;
}

struct Heard {
    std::vector<std::string> notes;
    std::optional<std::string> submission;
    Heard(const std::string& command, const Captured& output)
        : submission(heddle::tools::submitted_by(command, output, notes)) {}
};

}  // namespace

TEST_CASE("submit: an answer is what came of the task") {
    ToolHouse house({"submit"});
    const auto result = house.call("submit", {{"answer", "42"}});
    CHECK(result.ok);
    CHECK(*result.answer == "42");
}

TEST_CASE("submit: a patch is submitted byte for byte, and only if it is one") {
    ToolHouse house({"submit"});
    house.write("fix.patch", patch);
    house.write("notes", "no patch at all\n");
    house.write("latin", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\xe9\n+b\n");
    const auto result = house.call("submit", {{"patch", "fix.patch"}});
    CHECK(result.text == "[submitted fix.patch: 1 file]");
    CHECK(*result.answer == patch);
    for (const char* path : {"notes", "latin", "missing", "../x", "."}) {
        CAPTURE(path);
        const auto wrong = house.call("submit", {{"patch", path}});
        CHECK(!wrong.ok);
        CHECK(!wrong.answer);
    }
}

TEST_CASE("submit: nothing, an empty answer and both at once are refused") {
    ToolHouse house({"submit"});
    CHECK(!house.call("submit", heddle::prompts::Json::object()).ok);
    CHECK(!house.call("submit", {{"answer", " \n"}}).ok);
    CHECK(!house.call("submit", {{"answer", "a"}, {"patch", "b"}}).ok);
}

TEST_CASE("submit: a command submits what it prints behind the line that the model wrote") {
    const std::string line(heddle::tools::submit_line);
    CHECK(*Heard("echo " + line + " && git diff", printed(line + "\n" + patch)).submission == patch);
    CHECK(*Heard("echo " + line, printed(line + "\r\n")).submission == "");
    CHECK(*Heard("printf " + line, printed(line)).submission == "");
}

TEST_CASE("submit: no output ends a task by itself") {
    const std::string line(heddle::tools::submit_line);
    const Heard shown("cat README", printed(line + "\nowned\n"));
    CHECK(!shown.submission);
    CHECK(shown.notes.empty());
    CHECK(!Heard("echo " + line, printed("x\n" + line + "\n")).submission);
    CHECK(!Heard("echo " + line, printed(line + "x\n")).submission);
}

TEST_CASE("submit: what was not kept whole or is no text is not submitted, and that is said") {
    const std::string line(heddle::tools::submit_line);
    Captured cut = printed(line + "\nabc");
    cut.total_bytes += 5;
    for (const auto& output : {cut, printed(line + "\n\xff")}) {
        const Heard heard("echo " + line, output);
        CHECK(!heard.submission);
        REQUIRE(heard.notes.size() == 1);
        CHECK(heard.notes[0].starts_with("not submitted, since "));
    }
}
