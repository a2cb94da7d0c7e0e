// tests/tools/code_tool_tiers_test.cpp: Tests that bash and Python keep their state whichever tier holds them.
#include <doctest.h>

#include <functional>
#include <string>

#include "tests/support/lone_place.h"
#include "tests/support/sandbox_house.h"
#include "tools/dispatcher.h"
#include "tools/tool_set.h"

using namespace heddle;
using namespace heddle::test;

namespace {

// In a folder that is not written to itself: where there are no namespaces, that cannot be had.
void keep_state(sandbox::Sandbox& sandbox, const sandbox::Policy& given, sandbox::Tier tier,
                const std::function<void(bool, const std::string&)>& check) {
    sandbox::Policy policy = given;
    policy.mode = sandbox::WorkspaceMode::copy;
    policy.tier = tier;
    tools::Workbench bench(sandbox, policy);
    tools::Dispatcher dispatcher({bench});
    tools::add_tools(dispatcher, tools::standard_tools());
    const auto call = [&](const char* tool, const char* argument, const char* code, const std::string& text) {
        prompts::ToolCall asked;
        asked.name = tool;
        asked.arguments = {{argument, code}};
        const auto result = dispatcher.call(asked, {});
        check(result.text == text, result.text);
        check(result.details.value("sandbox_tier", "") == sandbox::name_of(tier), result.details.dump());
    };
    call("bash", "command", "x=5; mkdir sub; cd sub", "[no output]");
    call("bash", "command", "echo $x; basename \"$PWD\"; read y </dev/null; echo $?", "5\nsub\n1");
    call("bash", "command", "echo on the terminal >/dev/tty; (exit 3)", "on the terminal\n[exit status 3]");
    call("python", "code", "x = 6", "[no output]");
    call("python", "code", "x * 7", "42");
    bench.end();
}

}  // namespace

TEST_CASE("code_tool: where rules alone hold a guest, bash and Python keep what was set") {
    if (no_rules_here()) return;
    for (const bool as_user : {false, true}) {
        const LonePlace place([](sandbox::Sandbox& sandbox, const sandbox::Policy& policy,
                                 const auto& check) { keep_state(sandbox, policy, sandbox::Tier::c, check); },
                              as_user);
    }
}

TEST_CASE("code_tool: where bubblewrap holds a guest, bash and Python keep what was set") {
    if (no_bubblewrap_here()) return;
    const LonePlace place([](sandbox::Sandbox& sandbox, const sandbox::Policy& policy,
                             const auto& check) { keep_state(sandbox, policy, sandbox::Tier::b, check); },
                          true, leave_namespaces_to_bubblewrap);
}
