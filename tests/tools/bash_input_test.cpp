// tests/tools/bash_input_test.cpp: Tests how a running command is gone on with, and what is refused.
#include "tools/bash_input.h"

#include <doctest.h>

#include <filesystem>
#include <string>
#include <thread>

#include "tests/support/tool_house.h"

using namespace heddle::test;
using heddle::prompts::Json;
using heddle::tools::ToolResult;

namespace {

struct House : ToolHouse {
    House() : ToolHouse(std::vector<std::string>{"bash", "bash_input"}, {}, std::chrono::milliseconds(1500)) {}
    std::string input(const Json& arguments) { return call("bash_input", arguments).text; }
};

}  // namespace

TEST_CASE("bash_input: a command that runs on says so, gives what it prints since, and its status when it ends") {
    if (not_here()) return;
    House house;
    const ToolResult begun = house.call("bash", {{"command", "echo one; read x; echo \"two $x\"; (exit 4)"}});
    CHECK(begun.text == "one\n[still running; bash_input waits for it, types to it, or ends it]");
    CHECK(begun.details.at("end") == "running");
    CHECK(begun.details.at("exit_status").is_null());
    const ToolResult ended = house.call("bash_input", {{"text", "three"}, {"wait", 20}});
    CHECK(ended.text == "three\ntwo three\n[exit status 4]");  // as a terminal shows what is typed
    CHECK(ended.details.at("exit_status") == 4);
    CHECK(house.input(Json::object()) == "[no command is running]");
    CHECK(house.bash("echo $x") == "three");
}

TEST_CASE("bash_input: text is followed by enter unless it ends its line or a key is named") {
    if (not_here()) return;
    House house;
    const std::string keys = "stty -echo raw </dev/tty; head -c 4 | od -An -tx1; stty sane </dev/tty";
    const struct {
        Json arguments;
        std::string bytes;
    } cases[] = {
        {{{"text", "abc"}}, " 61 62 63 0d"},
        {{{"text", "abc\n"}}, " 61 62 63 0d"},
        {{{"text", "abc"}, {"key", "escape"}}, " 61 62 63 1b"},
        {{{"text", "abc"}, {"key", "tab"}}, " 61 62 63 09"},
        {{{"text", "abcd"}, {"key", "none"}}, " 61 62 63 64"},
        {{{"text", "a"}, {"key", "up"}}, " 61 1b 5b 41"},
    };
    for (const auto& one : cases) {
        CHECK(house.bash(keys).find("still running") != std::string::npos);
        Json arguments = one.arguments;
        arguments["wait"] = 20;
        CHECK(house.input(arguments) == one.bytes);
    }
    CHECK(house.bash("sleep 60").find("still running") != std::string::npos);
    CHECK(house.input({{"key", "ctrl-c"}, {"wait", 20}}).ends_with("[exit status 130]"));
}

TEST_CASE("bash_input: what it cannot do is refused in words") {
    if (not_here()) return;
    House house;
    CHECK_FALSE(house.call("bash_input", {{"key", "ctrl-x"}}).ok);
    CHECK_FALSE(house.call("bash_input", {{"wait", 61}}).ok);
    CHECK_FALSE(house.call("bash_input", {{"wait", -1}}).ok);
    CHECK(house.input({{"text", "x"}}) == "[error: nothing is running that could be typed to; start it with bash]");
    CHECK(house.input(Json::object()) == "[no command is running]");
    CHECK(house.input({{"kill", true}}) == "[no command is running]");
    CHECK(house.bash("sleep 60").find("still running") != std::string::npos);
    const ToolResult busy = house.call("bash", {{"command", "echo no"}});
    CHECK_FALSE(busy.ok);
    CHECK(busy.text ==
          "[error: not run, for the shell is still busy with: sleep 60; wait for that, type to it or end it with "
          "bash_input]");
    CHECK(house.input({{"kill", true}}) == "[cancelled]");
    CHECK(house.bash("echo on") == "on");
}

TEST_CASE("bash_input: the rest of a command that ended meanwhile comes before that of the next one") {
    if (not_here()) return;
    House house;
    CHECK(house.bash("x=1; until [ -e go ]; do sleep 0.05; done; echo over; touch gone; (exit 3)")
              .find("still running") != std::string::npos);
    house.write("go", "");
    CHECK(heddle::test::await_file(house.root() / "gone"));
    std::this_thread::sleep_for(std::chrono::seconds(1));  // and its end
    CHECK(house.bash("echo next $x") ==
          "over\n[exit status 3]\n[so the command before has ended; now this one:]\nnext 1");
}

TEST_CASE("bash_input: a command past its limit of time is ended, also when nobody asks for it") {
    if (not_here()) return;
    heddle::sandbox::Limits limits;
    limits.wall = std::chrono::milliseconds(1500);
    ToolHouse house(std::vector<std::string>{"bash", "bash_input"}, limits, std::chrono::milliseconds(500));
    CHECK(house.bash("while :; do echo . >> beats; sleep 0.02; done").find("still running") != std::string::npos);
    const auto beats = [&] { return std::filesystem::file_size(house.root() / "beats"); };
    bool has_ended = false;
    for (int i = 0; i < 40 && !has_ended; ++i) {
        const auto before = beats();
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        has_ended = beats() == before;
    }
    CHECK(has_ended);
    CHECK(house.call("bash_input", Json::object()).text.ends_with("\n[stopped after 1.5 s]"));
    CHECK(house.bash("echo on") == "on");
}

TEST_CASE("bash_input: what background jobs print is there to be read") {
    if (not_here()) return;
    House house;
    CHECK(house.bash("(until [ -e go ]; do sleep 0.05; done; echo late) &") == "[no output]");
    house.write("go", "");
    std::string text;
    for (int i = 0; i < 200 && text.find("late") == std::string::npos; ++i) {
        text = house.input(Json::object());
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    CHECK(text == "late\n[no command is running]");
}

TEST_CASE("bash_input: to wait again and again is no circle, and what is typed is held against the user's rules") {
    if (not_here()) return;
    House house;
    CHECK(house.bash("sleep 60").find("still running") != std::string::npos);
    const heddle::prompts::ToolCall poll{"", "bash_input", {{"wait", 0}}};
    for (int i = 0; i < 12; ++i) {
        CHECK(house.dispatcher().call(poll, {}).text ==
              "[still running; bash_input waits for it, types to it, or ends it]");
    }
    house.input({{"kill", true}});
    const heddle::tools::BashInput tool;
    const auto subject = tool.subject({{"text", "git push"}}, heddle::tools::ToolContext{house.bench()});
    CHECK(heddle::tools::CallRule("bash_input(git push *)").may_meet({"bash_input", subject}));
}
