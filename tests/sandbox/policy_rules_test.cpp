// tests/sandbox/policy_rules_test.cpp: Which commands a rule meets; a meet is never looser; nothing widens unasked.
#include "sandbox/policy_rules.h"

#include <doctest.h>

#include <algorithm>
#include <random>

#include "tests/support/random_policy.h"

using namespace heddle::sandbox;
using heddle::test::allowed;
using heddle::test::questions;
using heddle::test::random_policy;

namespace {

using Command = std::vector<std::string>;

bool meets(const Texts& words, const Command& argv) {
    return matches({words, {}, false, false}, argv);
}

PolicyFile parse(const std::string& text) {
    return parse_policy("version = 1\n" + text, {PolicyOrigin::user_config, "/policy.toml", "", "/home/me"});
}

Texts texts(const std::optional<std::vector<NetRule>>& rules) {
    Texts all;
    for (const auto& rule : rules.value()) all.push_back(to_text(rule));
    return all;
}

}  // namespace

TEST_CASE("policy_rules: a rule meets commands that start with its words, whole and in order") {
    const Texts words = {"git", "push"};
    CHECK(meets(words, {"git", "push"}));
    CHECK(meets(words, {"git", "push", "--force"}));
    for (const Command& argv : {Command{},
                                {"git"},
                                {"git", "pushx"},
                                {"git", "pus"},
                                {"git", "-C", "x", "push"},
                                {"git push"},
                                {"Git", "push"},
                                {"push", "git"},
                                {"gitpush"},
                                {"", "push"}})
        CHECK(!meets(words, argv));
}

TEST_CASE("policy_rules: a star is any one word") {
    CHECK(meets({"git", "*", "origin"}, {"git", "push", "origin"}));
    CHECK(!meets({"git", "*", "origin"}, {"git", "origin"}));
    CHECK(!meets({"git", "*", "origin"}, {"git", "a", "b", "origin"}));
    CHECK(!meets({"git", "pu*"}, {"git", "push"}));
    CHECK(meets({"*", "--version"}, {"/opt/x", "--version"}));
}

TEST_CASE("policy_rules: a bare name is the system's program, not one of that name elsewhere") {
    for (const char* program : {"git", "/usr/bin/git", "/bin/git", "/usr/local/bin/git"})
        CHECK(meets({"git"}, {program}));
    for (const char* program : {"./git", "bin/git", "/tmp/git", "/usr/bin/../../tmp/git", "/usr/bin/x/git", "//bin/git",
                                "/usr/local/git", "/git", "/usr/bin/", "usr/bin/git", "/usr/bin/git/", "git/"}) {
        INFO(std::string(program));
        CHECK(!meets({"git"}, {program}));
    }
    CHECK(meets({"/opt/git"}, {"/opt/git"}));
    CHECK(!meets({"/opt/git"}, {"git"}));
}

TEST_CASE("policy_rules: what a shell or a wrapper runs is met by no rule") {
    for (const Command& argv : {Command{"bash", "-c", "git push"},
                                {"sh", "-c", "git", "push"},
                                {"env", "git", "push"},
                                {"sudo", "git", "push"},
                                {"xargs", "git", "push"},
                                {"nohup", "git", "push"},
                                {"timeout", "9", "git", "push"},
                                {"/tmp/env", "git", "push"}}) {
        INFO(argv[0]);
        CHECK(!meets({"git", "push"}, argv));
        CHECK(!meets({"*", "git"}, argv));
        CHECK(!meets({"*", "*", "git", "push"}, argv));
        CHECK(meets({"*"}, argv));  // each command, whatever it is
    }
    CHECK(meets({"bash"}, {"bash", "-c", "x"}));
}

TEST_CASE("policy_rules: a rule that tightens needs nothing") {
    const PolicyFile policy =
        parse("[[rule]]\nmatch = [\"curl\"]\nlimits.wall_s = 5\nfs.hide = [\"a\"]\nfs.write = []");
    const CommandPolicy holds = policy_for(policy, {"curl"}, false);
    CHECK(holds.matched.size() == 1);
    CHECK(!holds.needs_approval());
    CHECK(holds.policy.permissions.limits.wall_s == 5);
    CHECK(holds.policy.permissions.fs.hide == Texts{"a"});
    CHECK(holds.policy.permissions.fs.write->empty());
    CHECK(policy_for(policy, {"wget"}, false).policy.permissions.limits.wall_s == 120);
}

TEST_CASE("policy_rules: a rule that widens waits for approval, and tightens meanwhile") {
    const PolicyFile policy = parse(R"(
[[rule]]
match = ["pip"]
net.mode = "proxy"
net.allow = ["pypi.org"]
limits.wall_s = 900
limits.tasks = 9
fs.caches = ["pip"]
)");
    const CommandPolicy before = policy_for(policy, {"pip"}, false);
    CHECK(before.needs_approval());
    CHECK(before.matched[0].widens == Texts{"it could use and fill the cache of pip", "it could connect to pypi.org",
                                            "its limit wall_s would be 900 s instead of 120 s"});
    CHECK(before.policy.permissions.net.mode == NetworkRules::Mode::off);
    CHECK(before.policy.permissions.limits.wall_s == 120);
    CHECK(before.policy.permissions.limits.tasks == 9);
    const Permissions after = policy_for(policy, {"pip"}, true).policy.permissions;
    CHECK(after.net.mode == NetworkRules::Mode::proxy);
    CHECK(texts(after.net.allow) == Texts{"pypi.org"});
    CHECK(after.limits.wall_s == 900);
    CHECK(after.limits.tasks == 9);
}

TEST_CASE("policy_rules: a rule never takes away what is hidden, protected or denied") {
    const PolicyFile policy = parse(
        "[fs]\nhide = [\"a\"]\n[net]\nmode = \"proxy\"\ndeny = [\"a.com\"]\n[[rule]]\n"
        "match = [\"x\"]\nfs.hide = [\"b\"]\nfs.protect = []\nnet.deny = [\"b.com\"]");
    const Permissions after = policy_for(policy, {"x"}, true).policy.permissions;
    CHECK(after.fs.hide == Texts{"a", "b"});
    CHECK(after.fs.protect == Texts{"default"});
    CHECK(texts(after.net.deny) == Texts{"a.com", "b.com"});
}

TEST_CASE("policy_rules: ask is asked, even where nothing widens") {
    const PolicyFile policy = parse("[[rule]]\nmatch = [\"rm\"]\nask = true");
    CHECK(policy_for(policy, {"rm", "x"}, false).needs_approval());
    CHECK(!policy_for(policy, {"ls"}, false).needs_approval());
}

TEST_CASE("policy_rules: what a policy would widen is said, field by field") {
    const PolicyFile base =
        parse("require = [\"net\"]\n[fs]\nhide = [\"h\"]\n[net]\nmode = \"proxy\"\ndeny = [\"d.com\"]");
    const PolicyFile wanted = parse(
        "tier = \"C\"\n[fs]\nworkspace = \"direct\"\nread = [\"/opt\"]\nwrite = [\"/srv\"]\nprotect = []\n"
        "[net]\nmode = \"proxy\"\nallow = [\"*.a.com:22\"]\n[limits]\ntasks = 600\n"
        "[env]\npass = [\"KEY\"]\nset = { CI = \"1\" }");
    CHECK(widens(base, wanted) ==
          Texts{"a sandbox of tier C would do instead of A", "net would no longer be required",
                "the workspace would be used as \"direct\" instead of \"cow\"", "it could write /srv",
                "it could read /opt", "it could see h", "its changes to what is protected as default could be kept",
                "it could connect to *.a.com:22", "it would no longer be denied d.com",
                "its limit tasks would be 600 instead of 512", "it would see the variable KEY of this machine",
                "it would get a value of the policy's in the variable CI"});
    CHECK(widens(base, base).empty());
    const auto inside = parse(
        "require = [\"net\"]\n[fs]\nhide = [\"h\"]\n[net]\nmode = \"proxy\"\ndeny = [\"d.com\"]\n"
        "dangerously_allow_private = true");
    CHECK(widens(base, inside) == Texts{"what it may connect to could lead into this machine and its networks"});
    CHECK(widens(inside, base).empty());
    CHECK(!tighten(base, inside).permissions.net.dangerously_allow_private);
    CHECK(tighten(inside, inside).permissions.net.dangerously_allow_private);
    CHECK(widens(base, parse("require = [\"net\"]\n[fs]\nhide = [\"h\"]\n[net]\nmode = \"host\"")) ==
          Texts{"it could use the whole network of this machine, past every list"});
}

TEST_CASE("policy_rules: a meet allows exactly what both allow") {
    std::mt19937 random(1);
    for (int i = 0; i < 3000; ++i) {
        const PolicyFile a = random_policy(random), b = random_policy(random), both = tighten(a, b);
        for (const auto& question : questions()) {
            const bool expected = allowed(a, question) && allowed(b, question);
            if (allowed(both, question) == expected) continue;
            INFO(question.about, " ", question.what, " ", question.number);
            CHECK(allowed(both, question) == expected);
        }
        CHECK(widens(a, both).empty());
        CHECK(widens(b, both).empty());
        CHECK(both.tier == std::max(a.tier, b.tier));
    }
}

TEST_CASE("policy_rules: nothing that a policy would widen goes unsaid") {
    std::mt19937 random(2);
    int silent = 0;
    for (int i = 0; i < 20'000; ++i) {
        const PolicyFile base = random_policy(random);
        PolicyFile wanted = base;
        heddle::test::change_one_field(wanted, random);
        if (!widens(base, wanted).empty()) continue;
        ++silent;
        for (const auto& question : questions()) {
            if (!allowed(wanted, question) || allowed(base, question)) continue;
            INFO(question.about, " ", question.what, " ", question.number);
            CHECK(!allowed(wanted, question));
        }
    }
    CHECK(silent > 1000);
}

TEST_CASE("policy_rules: without approval no command is allowed more than the policy without its rules") {
    std::mt19937 random(3);
    for (int i = 0; i < 3000; ++i) {
        PolicyFile policy = random_policy(random);
        for (int rules = 0; rules < 3; ++rules)
            policy.rules.push_back({{"x"}, heddle::test::random_changes(random), false, false});
        CHECK(widens(policy, policy_for(policy, {"x"}, false).policy).empty());
        // Approval gives what was said and no more: where nothing was said, nothing.
        const CommandPolicy asked = policy_for(policy, {"x"}, false);
        if (!asked.needs_approval()) CHECK(widens(policy, policy_for(policy, {"x"}, true).policy).empty());
    }
}

TEST_CASE("policy_rules: rules of a meet only tighten, with approval or without") {
    const PolicyFile base = parse("[[rule]]\nmatch = [\"x\"]\nnet.mode = \"host\"\nlimits.tasks = 7");
    const PolicyFile both = tighten(base, parse("[[rule]]\nmatch = [\"x\"]\nlimits.files = 99\nlimits.tasks = 9999"));
    const CommandPolicy holds = policy_for(both, {"x"}, true);
    CHECK(holds.matched.size() == 2);
    CHECK(!holds.needs_approval());
    CHECK(holds.policy.permissions.net.mode == NetworkRules::Mode::off);
    CHECK(holds.policy.permissions.limits.tasks == 7);
    CHECK(holds.policy.permissions.limits.files == 99);
    CHECK(policy_for(base, {"x"}, true).policy.permissions.net.mode == NetworkRules::Mode::host);
}

TEST_CASE("policy_rules: what is only seen tightens and is asked for, and never widens, with approval or without") {
    const PolicyFile policy = parse("[[rule]]\nmatch = [\"x\"]\nlimits.tasks = 7\nlimits.files = 9999\nask = true");
    const Command line = {"bash", "-c", "x; y"};
    for (const bool approved : {false, true}) {
        const CommandPolicy holds = policy_for(policy, line, approved, SeenCommands(line));
        REQUIRE(holds.matched.size() == 1);
        CHECK(holds.matched[0].is_seen);
        CHECK(holds.matched[0].widens == Texts{"its limit files would be 9999 instead of 4096"});
        CHECK(holds.needs_approval());
        CHECK(holds.policy.permissions.limits.tasks == 7);
        CHECK(holds.policy.permissions.limits.files == 4096);
    }
    CHECK(policy_for(policy, line, false).matched.empty());
    CHECK(policy_for(policy, {"x"}, true, SeenCommands({"x"})).policy.permissions.limits.files == 9999);
    CHECK(!policy_for(parse("[[rule]]\nmatch = [\"x\"]\nlimits.files = 9999"), line, false, SeenCommands(line))
               .needs_approval());
}

TEST_CASE("policy_rules: whatever is seen, no command is allowed more than the policy without its rules") {
    std::mt19937 random(5);
    for (int i = 0; i < 2000; ++i) {
        PolicyFile policy = random_policy(random);
        for (int rules = 0; rules < 3; ++rules)
            policy.rules.push_back({{"x"}, heddle::test::random_changes(random), false, false});
        const Command line = {"sh", "-c", "x"};
        CHECK(widens(policy, policy_for(policy, line, true, SeenCommands(line)).policy).empty());
    }
}
