// tests/tools/code_tool_test.cpp: Tests that bash and python keep their state, and that its loss is said.
#include "tools/code_tool.h"

#include <doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/tool_house.h"

using namespace heddle;
using namespace heddle::test;
using sandbox::WorkspaceMode;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A house whose commands a gate with these rules is asked about; nobody can be asked.
struct GatedHouse {
    explicit GatedHouse(const std::string& rules, const std::string& mode = "direct") {
        const auto compile = [this](const sandbox::PolicyFile& file) {
            tools::CommandGate::Means means;
            means.policy = policy;
            means.policy.limits.wall = std::chrono::seconds(*file.permissions.limits.wall_s);
            return means;
        };
        tools::ToolContext context{bench};
        context.gate = std::make_shared<tools::CommandGate>(
            sandbox::parse_policy("version = 1\n[fs]\nworkspace = \"" + mode + "\"\n" + rules,
                                  {sandbox::PolicyOrigin::user_config, "/policy.toml", "", "/home/me"}),
            compile, tools::Ask());
        dispatcher = std::make_unique<tools::Dispatcher>(context);
        tools::add_tools(*dispatcher, tools::standard_tools());
    }
    tools::ToolResult bash(const std::string& command) const {
        prompts::ToolCall call;
        call.name = "bash";
        call.arguments = {{"command", command}};
        return dispatcher->call(call, {});
    }

    TempFolder folder;
    sandbox::Policy policy = [this] {
        sandbox::Policy made;
        made.workspace = folder.path();
        return made;
    }();
    tools::Workbench bench{shared_sandbox(), policy};
    std::unique_ptr<tools::Dispatcher> dispatcher;
};

}  // namespace

TEST_CASE("code_tool: bash and Python keep what was set, whatever becomes of the workspace's changes") {
    if (not_here()) return;
    for (const auto mode : {WorkspaceMode::direct, WorkspaceMode::ro, WorkspaceMode::cow, WorkspaceMode::copy}) {
        INFO(sandbox::name_of(mode));
        ToolHouse house({}, mode);
        std::filesystem::create_directory(house.root() / "sub");
        if (mode == WorkspaceMode::cow || mode == WorkspaceMode::copy) house.bash("mkdir -p sub");
        CHECK(house.bash("cd sub; x=5; export Y=6; f() { echo \"f $x\"; }") == "[no output]");
        CHECK(house.bash("f; bash -c 'echo $Y'; pwd") == "f 5\n6\n" + (house.root() / "sub").string());
        CHECK(house.python("import json\nx = 7") == "[no output]");
        CHECK(house.python("json.dumps([x])") == "'[7]'");
        CHECK(house.bash("echo $x") == "5");
        const auto result = house.call("bash", {{"command", "true"}});
        CHECK(result.details.at("sandbox_tier") == "A");
        CHECK(result.details.at("exit_status") == 0);
    }
}

TEST_CASE("code_tool: Python goes on behind sys.exit and errors, and begins anew behind exit() and a crash") {
    if (not_here()) return;
    ToolHouse house;
    const std::string ended = "[Python has ended; the next call starts a new one, without what was set]";
    CHECK(house.python("x = 1") == "[no output]");
    CHECK(house.python("import sys; sys.exit(3)") == "[exit status 3]");
    CHECK(has(house.python("1 / 0"), "ZeroDivisionError"));
    CHECK(house.python("x") == "1");
    CHECK(house.python("print('over')\nexit()") == "over\n" + ended);
    CHECK(has(house.python("x"), "NameError"));
    CHECK(house.python("quit(4)") == ended + "\n[exit status 4]");
    CHECK(house.python("import os; os.kill(os.getpid(), 9)") == ended + "\n[killed by signal 9]");
    CHECK(house.python("x = 2") == "[no output]");
    CHECK(house.bash("kill -9 -1; sleep 0.5; echo left") == "left");  // Python is gone, and nobody has been told
    CHECK(house.python("1") == "1\n[Python is a new one: the one before had ended, and what was set in it is lost]");
    CHECK(house.python("1") == "1");
}

TEST_CASE("code_tool: where there is no python3, one line says so") {
    if (not_here()) return;
    ToolHouse house;
    tools::ToolContext context{house.bench()};
    context.environment = {{"PATH", "/nowhere"}};
    tools::Dispatcher dispatcher(context);
    tools::add_tools(dispatcher, {"python"});
    prompts::ToolCall call;
    call.name = "python";
    call.arguments = {{"code", "1"}};
    const auto result = dispatcher.call(call, {});
    CHECK(result.text == "[error: python: there is no python3 in the sandbox; use bash]");
    CHECK_FALSE(result.ok);
}

TEST_CASE("code_tool: past its memory a session is lost, which each of its interpreters says once") {
    if (not_here()) return;
    sandbox::Limits limits;
    limits.memory_bytes = 96u << 20;
    ToolHouse house(limits);
    CHECK(house.bash("x=1; echo kept > file") == "[no output]");
    CHECK(house.python("x = bytearray(400 << 20)") ==
          "[Python has ended; the next call starts a new one, without what was set]\n[stopped: out of memory]");
    CHECK(house.bash("cat file; echo \"<$x>\"") ==
          "kept\n<>\n[the shell is a new one: the one before had ended, and what was set in it is lost]");
    CHECK(house.bash("echo on") == "on");
}

TEST_CASE("code_tool: what the sandbox kept a command from is told with it, and not again") {
    if (not_here()) return;
    ToolHouse house;
    const std::string text = house.bash("mount -t tmpfs x /tmp; true");
    CHECK(has(text, "\n[sandbox: blocked mount"));
    CHECK_FALSE(has(house.bash("echo on"), "sandbox"));
}

TEST_CASE("code_tool: a protected path that came is told with the command that made it, and not again") {
    if (not_here()) return;
    const TempFolder folder;
    sandbox::Policy policy;
    policy.workspace = folder.path();
    policy.protect = {"kept"};
    tools::Workbench bench(shared_sandbox(), policy);
    tools::Dispatcher dispatcher({bench});
    tools::add_tools(dispatcher, {"bash"});
    prompts::ToolCall call;
    call.name = "bash";
    call.arguments = {{"command", "echo x > kept"}};
    CHECK(has(dispatcher.call(call, {}).text, "[sandbox: kept is new, and protected"));
    call.arguments = {{"command", "cat kept"}};
    CHECK(dispatcher.call(call, {}).text == "x");
}

TEST_CASE("code_tool: the user's variables win over those that quiet programs") {
    if (not_here()) return;
    ToolHouse house;
    tools::ToolContext context{house.bench()};
    context.environment = {{"PAGER", "more"}, {"GIT_EDITOR", "ed"}, {"PROMPT_COMMAND", "exit 9"}};
    tools::Dispatcher dispatcher(context);
    tools::add_tools(dispatcher, {"bash"});
    prompts::ToolCall call;
    call.name = "bash";
    call.arguments = {{"command", "echo $PAGER $GIT_EDITOR $MANPAGER $GIT_TERMINAL_PROMPT $TERM $NO_COLOR"}};
    CHECK(dispatcher.call(call, {}).text == "more ed cat 0 dumb 1");
}

TEST_CASE("code_tool: a command under a tighter rule runs by itself, and that its folder is another is said") {
    if (not_here()) return;
    const GatedHouse house("[[rule]]\nmatch = [\"sleep\"]\nlimits.wall_s = 1\n");
    const std::string apart = "[ran by itself in " + house.folder.path().string() +
                              ", as a rule wants, and not in the shell: what it set is not kept]";
    CHECK(house.bash("x=1").text == "[no output]");
    CHECK(house.bash("sleep 60").text == "[stopped after 1 s]");
    CHECK(house.bash("x=2; sleep 0; pwd").text == house.folder.path().string() + "\n" + apart);
    CHECK(house.bash("echo $x; cd /tmp").text == "1");
    CHECK(house.bash("sleep 0").text == apart);
}

TEST_CASE("code_tool: a rule that changes nothing leaves a command in the shell, and one that asks refuses it") {
    if (not_here()) return;
    const GatedHouse house(
        "[[rule]]\nmatch = [\"make\"]\nlimits.wall_s = 900\n[[rule]]\nmatch = [\"git\", \"push\"]\nask = true\n");
    CHECK(house.bash("x=1").text == "[no output]");
    const std::string text = house.bash("make --version >/dev/null; echo $x; x=2").text;
    CHECK(has(text, "1\n[sandbox: rule 1 (make) would allow more"));
    CHECK(house.bash("echo $x").text == "2");
    CHECK_FALSE(house.bash("git push").ok);
}

TEST_CASE("code_tool: at the end of the conversation nothing of it runs any more") {
    if (not_here()) return;
    ToolHouse house;
    house.bash("(until [ -e ended ]; do sleep 0.02; done; echo . > survived) & setsid sleep 60 &");
    house.python(
        "import os, subprocess, time\n"
        "subprocess.Popen(['sh', '-c', 'while :; do echo . >> more; sleep 0.02; done'])\n"
        "while not os.path.exists('more'): time.sleep(0.01)");
    CHECK(house.bench().end() == nullptr);
    house.write("ended", "");
    const auto size = std::filesystem::file_size(house.root() / "more");
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    CHECK(std::filesystem::file_size(house.root() / "more") == size);
    CHECK_FALSE(std::filesystem::exists(house.root() / "survived"));
}

TEST_CASE("code tools: what dresses and redraws output is gone from the text, and on record") {
    if (not_here()) return;
    ToolHouse house;
    const auto result = house.call("bash", {{"command", R"(printf '\033[31mred\033[0m\n10%%\r100%%\n')"}});
    CHECK(result.text == "red\n100%");
    CHECK(result.details.at("drawn_output") == "\\x1b[31mred\\x1b[0m\n10%\\x0d100%\n");
    CHECK(!house.call("bash", {{"command", "echo plain"}}).details.contains("drawn_output"));
}

TEST_CASE("code tools: a long output lies whole in a file that read_file and commands read, and nobody writes") {
    if (not_here()) return;
    for (const WorkspaceMode mode : {WorkspaceMode::direct, WorkspaceMode::cow}) {
        ToolHouse house({}, mode);
        const std::string text = house.bash("seq 100000");
        CHECK(text.size() < 17'000);
        const std::string words = "[all 588895 bytes are in ";
        REQUIRE(has(text, words));
        const std::size_t at = text.find(words) + words.size();
        const std::string file = text.substr(at, text.find(", for read_file]", at) - at);
        CHECK(has(house.call("read_file", {{"path", file}, {"first", 50'000}, {"last", 50'000}}).text, "50000"));
        CHECK(house.bash("sed -n 50000p " + file) == "50000");
        CHECK(has(house.bash("echo x >" + file), "[exit status 1]"));
        CHECK(!house.call("read_file", {{"path", file + "/../../../../etc/passwd"}}).ok);
    }
}

TEST_CASE("code tools: a command that the model meant to submit with ends the task with what it printed") {
    if (not_here()) return;
    ToolHouse house;
    const auto result = house.call("bash", {{"command", "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; seq 20000"}});
    REQUIRE(result.answer.has_value());
    CHECK(result.answer->size() == 108'894);
    CHECK(!house.call("bash", {{"command", "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; false"}}).answer);
    const auto cut = house.call("bash", {{"command", "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; seq 100000"}});
    CHECK(!cut.answer);
    CHECK(has(cut.text, "[not submitted, since it is too long"));
}
