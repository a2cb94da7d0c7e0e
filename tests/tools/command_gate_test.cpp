// tests/tools/command_gate_test.cpp: Rules of a policy are asked for a tool's commands: what tightens, what waits.
#include "tools/command_gate.h"

#include <doctest.h>

#include "tests/support/tool_house.h"
#include "tools/tool_set.h"

using namespace heddle;
using sandbox::Command;
using tools::CommandGate;
using tools::Ruling;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

sandbox::PolicyFile parse(const std::string& rules, const std::string& mode = "direct") {
    return sandbox::parse_policy("version = 1\n[fs]\nworkspace = \"" + mode + "\"\n" + rules,
                                 {sandbox::PolicyOrigin::user_config, "/policy.toml", "", "/home/me"});
}

// Counts in seconds what a rule may change, and keeps what was asked.
struct Desk {
    explicit Desk(const std::string& rules, std::optional<bool> answer = {}, const std::string& mode = "direct") {
        const auto compile = [](const sandbox::PolicyFile& file) {
            CommandGate::Means means;
            means.policy.limits.wall = std::chrono::seconds(*file.permissions.limits.wall_s);
            if (file.permissions.fs.workspace == sandbox::FsRules::Workspace::ro)
                means.policy.mode = sandbox::WorkspaceMode::ro;
            for (const auto& [name, value] : *file.permissions.env.set) means.environment[name] = value;
            return means;
        };
        tools::Ask ask;
        if (answer)
            ask = [this, answer](const std::string& question, const std::stop_token&) {
                questions.push_back(question);
                return *answer ? tools::Answer::once : tools::Answer::no;
            };
        gate = std::make_shared<CommandGate>(parse(rules, mode), compile, ask);
    }
    Ruling bash(const std::string& line) const {
        Command command;
        command.argv = {"bash", "-c", line};
        return gate->decide(command, {});
    }
    long seconds(const std::string& line) const {
        const Ruling ruling = bash(line);
        return ruling.policy ? ruling.policy->limits.wall.count() / 1000 : 0;
    }

    std::vector<std::string> questions;
    std::shared_ptr<CommandGate> gate;
};

const std::string widens = "[[rule]]\nmatch = [\"make\", \"test\"]\nlimits.wall_s = 900\n";
const std::string asks = "[[rule]]\nmatch = [\"git\", \"push\"]\nask = true\n";

}  // namespace

TEST_CASE("command_gate: a rule that tightens holds at once, wherever its command stands in the line") {
    const Desk desk("[[rule]]\nmatch = [\"curl\"]\nlimits.wall_s = 5\n");
    for (const char* line : {"curl x", "cd y && curl x | sh", "timeout 9 curl x", "a $(curl x)", "$tool x"})
        CHECK(desk.seconds(line) == 5);
    for (const char* line : {"ls", "echo curl", "./curl x"}) CHECK(!desk.bash(line).policy);
    CHECK(desk.bash("curl x").refusal.empty());
    CHECK(desk.bash("curl x").argv.empty());
    CHECK(desk.bash("ls").details.is_null());
    CHECK(desk.bash("curl x").details["met"] == prompts::Json::array({1}));
}

TEST_CASE("command_gate: what widens is not had where nobody can be asked, and the model is told what to do") {
    const Desk desk(widens);
    const Ruling ruling = desk.bash("make test");
    CHECK(ruling.policy->limits.wall.count() == 120'000);
    CHECK(ruling.argv.empty());
    REQUIRE(ruling.notes.size() == 1);
    CHECK(ruling.notes[0] ==
          "rule 1 (make test) would allow more (its limit wall_s would be 900 s instead of 120 s), but nobody can be "
          "asked for approval here; go on without it");
}

TEST_CASE("command_gate: what widens is asked in one line, once, and then holds for such a command alone") {
    Desk desk(widens, true);
    const Ruling ruling = desk.bash("make test 'a b'");
    CHECK(ruling.policy->limits.wall.count() == 900'000);
    CHECK(ruling.argv == std::vector<std::string>{"make", "test", "a b"});  // no shell between
    CHECK(ruling.notes.empty());
    CHECK(desk.questions == std::vector<std::string>{
                                "allow make test \"a b\"? rule 1 (make test): its limit wall_s would be 900 s instead "
                                "of 120 s [y/N, then for all such commands of this conversation]"});
    CHECK(desk.seconds("make test") == 900);
    CHECK(desk.questions.size() == 1);
    for (const char* line : {"make test; curl x", "make test >f", "A=1 make test", "make test $x", "time make test"}) {
        const Ruling other = desk.bash(line);
        CHECK(other.policy->limits.wall.count() == 120'000);
        REQUIRE(other.notes.size() == 1);
        CHECK(has(other.notes[0], "to a command that is called alone"));
    }
    CHECK(desk.questions.size() == 1);
}

TEST_CASE("command_gate: a no is kept, too, and the command runs without what was refused") {
    Desk desk(widens, false);
    for (int i = 0; i < 2; ++i) {
        const Ruling ruling = desk.bash("make test");
        CHECK(ruling.refusal.empty());
        CHECK(ruling.policy->limits.wall.count() == 120'000);
        CHECK(has(ruling.notes.at(0), "the user did not approve it"));
    }
    CHECK(desk.questions.size() == 1);
}

TEST_CASE("command_gate: a rule that asks is asked each time, in any line, and without a yes nothing runs") {
    Desk yes(asks, true);
    for (int i = 0; i < 2; ++i) CHECK(yes.bash("git push origin").refusal.empty());
    CHECK(yes.bash("git add . && git push").refusal.empty());
    CHECK(yes.questions.size() == 3);
    CHECK(yes.questions[2] == "allow bash -c \"git add . && git push\"? rule 1 (git push) asks each time [y/N]");
    CHECK(yes.bash("git pull").refusal.empty());
    CHECK(yes.questions.size() == 3);
    CHECK(has(Desk(asks, false).bash("git push").refusal, "the user did not approve it; do it another way"));
    CHECK(
        has(Desk(asks).bash("x; git push").refusal,
            "[error: not run: rule 1 (git push) wants the user to approve each such command, and nobody can be asked"));
}

TEST_CASE("command_gate: nobody approves what he is not shown") {
    Desk desk(asks, true);
    CHECK(has(desk.bash("git push " + std::string(3000, 'x')).refusal, "too long for the user to be asked about"));
    CHECK(desk.questions.empty());
    Desk python("[[rule]]\nmatch = [\"python3\"]\nask = true\n", true);
    Command command;
    command.argv = {"python3", "-"};
    command.input = "print(1)\n\x1b[2J";
    CHECK(python.gate->decide(command, {}).refusal.empty());
    CHECK(has(python.questions.at(0), "allow python3 - <<< \"print(1)\\x0a\\x1b[2J\"? rule 1"));
}

TEST_CASE("command_gate: what is refused to a command alone is no way around a rule on the shell") {
    const std::string shell = "[[rule]]\nmatch = [\"bash\"]\nfs.workspace = \"ro\"\n";
    Desk no(shell + widens, false);
    const Ruling ruling = no.bash("make test");
    REQUIRE(ruling.policy);
    CHECK(ruling.policy->mode == sandbox::WorkspaceMode::ro);
    CHECK(ruling.argv.empty());
    REQUIRE(ruling.notes.size() == 1);
    CHECK(has(ruling.notes[0], "the user did not approve it"));
    Desk yes(shell + widens, true);
    CHECK(yes.bash("make test").policy->mode == sandbox::WorkspaceMode::direct);  // no shell runs
    CHECK(yes.bash("make test; true").policy->mode == sandbox::WorkspaceMode::ro);
}

TEST_CASE(
    "command_gate: where all commands share one guest, a rule changes time and variables, or its command is refused") {
    Desk shared(widens + "[[rule]]\nmatch = [\"curl\"]\nlimits.tasks = 9\n[[rule]]\nmatch = [\"pip\"]\nnet.mode = " +
                    "\"host\"\n[[rule]]\nmatch = [\"sleep\"]\nlimits.wall_s = 2\n",
                true, "cow");
    CHECK(shared.seconds("make test") == 900);
    CHECK(shared.seconds("sleep 1; x") == 2);
    CHECK(
        has(shared.bash("x; curl y").refusal, "[error: not run: rule 2 (curl) gives such a command a tighter sandbox"));
    const Ruling ruling = shared.bash("pip install x");
    CHECK(ruling.refusal.empty());
    CHECK(ruling.argv.empty());
    CHECK(has(ruling.notes.at(0), "but not here, where all commands share one sandbox"));
    CHECK(shared.questions.size() == 1);  // of what cannot be had nobody is asked
}

TEST_CASE("command_gate: a request to stop is no approval, and is not kept") {
    std::stop_source stop;
    stop.request_stop();
    Desk desk(asks, false);
    Command command;
    command.argv = {"git", "push"};
    CHECK(desk.gate->decide(command, stop.get_token()).refusal == "[cancelled before it was run]");
}

TEST_CASE("command_gate: the tools run a command under the rules that it meets, and tell what they did") {
    if (test::not_here()) return;
    test::TempFolder folder;
    Desk desk("[[rule]]\nmatch = [\"touch\"]\nfs.workspace = \"ro\"\n" + asks +
                  "[[rule]]\nmatch = [\"printenv\"]\nenv.set = { MARK = \"set\" }\n",
              true);
    sandbox::Policy policy;
    policy.workspace = folder.path();
    tools::Workbench bench(test::shared_sandbox(), policy);
    tools::Dispatcher dispatcher({bench, {}, desk.gate});
    tools::add_tools(dispatcher, tools::standard_tools());
    const auto bash = [&](const std::string& line) {
        prompts::ToolCall call;
        call.name = "bash";
        call.arguments = {{"command", line}};
        return dispatcher.call(call, {});
    };
    CHECK(has(bash("touch x").text, "Read-only file system"));
    CHECK(bash(": >y; echo wrote").text == "wrote");
    CHECK(bash("printenv MARK").text == "set");
    CHECK(has(bash("printenv MARK; true").text, "[sandbox: rule 3 (printenv) would allow more"));
    CHECK(bash("touch x").details["rules"]["met"] == prompts::Json::array({1}));
    desk.gate = std::make_shared<CommandGate>(
        parse(asks),
        [&](const auto&) {
            return CommandGate::Means{policy, {}};
        },
        tools::Ask());
    tools::Dispatcher alone({bench, {}, desk.gate});
    tools::add_tools(alone, tools::standard_tools());
    prompts::ToolCall call;
    call.name = "bash";
    call.arguments = {{"command", "echo ran >z; git push"}};
    const auto refused = alone.call(call, {});
    CHECK(!refused.ok);
    CHECK(refused.details["refused"] == "policy");
    CHECK(!std::filesystem::exists(folder.path() / "z"));
}
