// tests/runtime/exec_policy_test.cpp: heddle exec keeps the user's policy, from the same file as heddle sandbox run.
#include <doctest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "prompts/message.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/sandbox_policy.h"
#include "runtime/store/history.h"
#include "tests/support/heddle_program.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle;
using prompts::Json;
using test::HeddleProgram;

namespace {

struct House : HeddleProgram {
    void write_policy(const std::string& text) const {
        fs::create_directories(store().parent_path());
        std::ofstream(store().parent_path() / "policy.toml") << "version = 1\n" << text;
    }
    int start_session(std::vector<std::string> flags = {}) {
        flags.insert(flags.end(), {"--tokens", "1", "hi"});
        return run(exec(flags));
    }
    // What the last session has on record of its sandbox.
    Json sandbox() const {
        return read_session(store(), find_session(store(), "").id).events.at(0).body["settings"]["sandbox"];
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("exec: without a policy the tools write to the folder; with one they may do what it says") {
    if (test::no_sandbox_here()) return;
    House house;
    CHECK(house.start_session() == exit_limit);
    CHECK(house.sandbox()["mode"] == "direct");
    house.write_policy(
        "tier = \"C\"\n[fs]\nworkspace = \"ro\"\n[limits]\nwall_s = 7\ntasks = 99\n[net]\nmode = \"host\"\n");
    CHECK(house.start_session() == exit_limit);
    CHECK(house.sandbox()["mode"] == "ro");
    CHECK(house.sandbox()["net"] == "host");
    CHECK(house.sandbox()["wall_ms"] == 7000);
    CHECK(house.sandbox()["processes"] == 99);
    const fs::path other = house.store().parent_path() / "other.toml";
    std::ofstream(other) << "version = 1\n[fs]\nworkspace = \"direct\"\n";
    CHECK(house.start_session({"--policy", other}) == exit_limit);
    CHECK(house.sandbox()["mode"] == "direct");
    CHECK(house.sandbox()["net"] == "off");
    house.write_policy("");
    CHECK(house.start_session() == exit_limit);
    CHECK(house.sandbox()["mode"] == "cow");
}

TEST_CASE("exec: a policy that cannot be kept ends it before anything runs, with what to do") {
    if (test::no_sandbox_here()) return;
    House house;
    house.write_policy("require = [\"disk\"]\n[fs]\nworkspace = \"direct\"\n");
    CHECK(house.start_session() == exit_environment);
    CHECK(has(house.err(), "could not hold disk, which the policy requires"));
    house.write_policy("no_such_key = 1\n");
    CHECK(house.start_session() == exit_environment);
    CHECK(has(house.err(), "no_such_key"));
    CHECK(house.start_session({"--policy", "/nowhere/policy.toml"}) == exit_environment);
    CHECK(has(house.err(), "/nowhere/policy.toml"));
}

TEST_CASE("exec: a policy in the folder is not read, and rules on single commands are asked for an agent's tools") {
    if (test::no_sandbox_here()) return;
    House house;
    std::ofstream(house.workspace() / "policy.toml") << "version = 1\n[fs]\nworkspace = \"ro\"\n";
    CHECK(house.start_session() == exit_limit);
    CHECK(house.sandbox()["mode"] == "direct");
    const fs::path file = house.store().parent_path() / "rules.toml";
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "version = 1\n[fs]\nworkspace = \"ro\"\n[[rule]]\nmatch = [\"pytest\"]\nlimits.wall_s = 1\n";
    CHECK(house.start_session({"--policy", file}) == exit_limit);
    SandboxRunOptions options;
    options.workspace = house.workspace();
    options.policy_file = file;
    const AgentPolicy said = agent_policy(options, {});
    CHECK(said.all.policy.limits.wall == std::chrono::seconds(120));
    REQUIRE(said.gate);
    const auto ruling = said.gate->decide(test::bash("cd x; pytest"), {});
    REQUIRE(ruling.policy);
    CHECK(ruling.policy->limits.wall == std::chrono::seconds(1));
    CHECK(ruling.policy->mode == sandbox::WorkspaceMode::ro);
}

TEST_CASE("exec: without a sandbox only as said for the session, on standard error and on record") {
    if (test::no_sandbox_here()) return;
    House house;
    CHECK(house.start_session({"--no-sandbox"}) == exit_limit);
    CHECK(has(house.err(), "heddle: --no-sandbox: nothing is enforced"));
    CHECK(house.sandbox()["tier"] == "D");
    CHECK(house.start_session() == exit_limit);
    CHECK_FALSE(has(house.err(), "nothing is enforced"));
    CHECK(house.sandbox()["tier"] == "A");
}
