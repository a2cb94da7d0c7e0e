// tests/sandbox/policy_text_test.cpp: A policy is told for one command, completely, and in text that is only text.
#include "sandbox/policy_text.h"

#include <doctest.h>

#include <nlohmann/json.hpp>

using namespace heddle::sandbox;

namespace {

PolicyFile some_policy() {
    return parse_policy(R"(version = 1
require = ["net"]
[fs]
read = ["/opt/tools"]
hide = ["**/.env"]
caches = ["pip"]
[net]
mode = "proxy"
allow = ["pypi.org"]
deny = ["x.pypi.org"]
[env]
pass = ["LANG"]
set = { TOKEN = "hunter2" }
[[rule]]
match = ["git", "push"]
net.allow = ["github.com:22"]
ask = true
[[rule]]
match = ["git"]
limits.wall_s = 30
)",
                        {PolicyOrigin::user_config, "/policy.toml", "", "/home/me"});
}

}  // namespace

TEST_CASE("policy_text: a command's policy is told line by line") {
    CHECK(explain(some_policy(), {"git", "push"}) ==
          "command: git push\n"
          "sandbox: tier A or stronger; required: net\n"
          "workspace: cow: changes are kept apart until they are committed\n"
          "read: the system's programs and libraries, the workspace, /opt/tools\n"
          "write: $WORKSPACE, $TMP\n"
          "hidden: **/.env\n"
          "protected: default\n"
          "caches: pip\n"
          "network: proxy: nothing; never x.pypi.org\n"
          "limits: wall_s 30 s, cpu_s 60 s, memory_mb 2048 MB, tasks 512, disk_mb 1024 MB, inodes 100000, "
          "output_kb 256 KB, files 4096\n"
          "environment: a clean one; passed on: LANG; set: TOKEN\n"
          "rule 1 (git push): it is met by the program git with arguments that begin with push; to be asked for each "
          "time\n"
          "  needs approval: it could connect to github.com:22\n"
          "rule 2 (git): it is met by the program git\n");
}

TEST_CASE("policy_text: with approval it tells what then holds, and a command without rules has none") {
    const std::string approved = explain(some_policy(), {"git", "push"}, true);
    CHECK(approved.find("network: proxy: github.com:22; never x.pypi.org\n") != std::string::npos);
    CHECK(approved.find("  approved: it could connect to github.com:22\n") != std::string::npos);
    const std::string other = explain(some_policy(), {"ls"});
    CHECK(other.find("network: proxy: pypi.org; never x.pypi.org\n") != std::string::npos);
    CHECK(other.find("rules: none of 2 is met\n") != std::string::npos);
    const std::string behind = explain(some_policy(), {"bash", "-c", "cd x && git push"});
    CHECK(behind.find("rules: none of 2 is met; none looks into what bash runs\n") != std::string::npos);
    CHECK(behind.find("rule 1 (git push): for an agent's tools alone, and only to tighten: the command may start the "
                      "program git with arguments that begin with push") != std::string::npos);
    PolicyFile policy;
    policy.permissions.fs.write = Texts{"$TMP"};
    CHECK(explain(policy, {"ls"}).find("workspace: to be read only") != std::string::npos);
    CHECK(explain(policy, {"ls"}).find("network: off") != std::string::npos);
}

TEST_CASE("policy_text: JSON says the same, and neither says the value of a variable") {
    const auto json = explain_json(some_policy(), {"git", "push"});
    CHECK(json.at("needs_approval") == true);
    CHECK(json.at("approved") == false);
    CHECK(json.at("net").at("mode") == "proxy");
    CHECK(json.at("net").at("allow").empty());
    CHECK(json.at("limits").at("wall_s") == 30);
    CHECK(json.at("limits").size() == limit_fields().size());
    CHECK(json.at("fs").at("read") == nlohmann::json{"/opt/tools"});
    CHECK(json.at("env").at("set") == nlohmann::json{"TOKEN"});
    CHECK(json.at("rules").at(0).at("widens") == nlohmann::json{"it could connect to github.com:22"});
    CHECK(json.at("rules").at(1).at("ask") == false);
    CHECK(explain_json(some_policy(), {"sh", "-c", "git push"}).at("rules_seen") == nlohmann::json{1, 2});
    for (const auto& text : {json.dump(), explain(some_policy(), {"git"})})
        CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("policy_text: a command's bytes stay on their line and move no cursor") {
    const std::vector<std::string> argv = {"ls\n", "\x1b[2J", "\xe2\x80\xae\xff"};
    const std::string text = explain(some_policy(), argv);
    CHECK(text.rfind("command: \"ls\\x0a\" \"\\x1b[2J\" \"\\xe2\\x80\\xae\\xff\"\nsandbox: ", 0) == 0);
    for (const char c : text) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
}
