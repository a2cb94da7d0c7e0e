// tests/sandbox/policy_file_test.cpp: What a policy file may say, what holds where it is silent, and what is refused.
#include "sandbox/policy_file.h"

#include <doctest.h>

#include <fstream>

#include "sandbox/error.h"
#include "tests/support/temp_folder.h"

using namespace heddle::sandbox;
namespace fs = std::filesystem;

namespace {

const PolicySource source{PolicyOrigin::user_config, "/home/me/policy.toml", "/home/me/project", "/home/me"};

PolicyFile parse(const std::string& text) {
    return parse_policy("version = 1\n" + text, source);
}

// The message, without what all of them begin with.
std::string error_of(const std::string& text) {
    try {
        parse(text);
    } catch (const Error& error) {
        const std::string what = error.what(), begin = "use the policy /home/me/policy.toml:";
        CHECK(what.rfind(begin, 0) == 0);
        CHECK(what.find('\n') == std::string::npos);
        return what.substr(begin.size());
    }
    return "";
}

std::string load_error(const PolicySource& from) {
    try {
        load_policy(from);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

const char* const whole = R"(tier = "B"
require = ["net", "protected-paths"]
[fs]
workspace = "direct"
read = ["/opt/toolchain/", "~/.cargo/registry:ro"]
write = ["$WORKSPACE", "$TMP/x", "/srv/./out"]
hide = ["**/.env", "secrets/"]
protect = ["default", "deploy/"]
caches = ["pip", "go"]
[net]
mode = "proxy"
allow = ["Packages.example.org.:443", "*.example.net"]
deny = ["paste.example.com"]
[limits]
wall_s = 900
memory_mb = 4096
[env]
pass = ["LANG"]
set = { CI = "1" }
[[rule]]
match = ["git", "push"]
net.allow = ["github.com:22"]
ask = true
[[rule]]
match = ["pytest"]
limits.wall_s = 60
)";

Texts texts(const std::optional<std::vector<NetRule>>& rules) {
    Texts all;
    for (const auto& rule : rules.value()) all.push_back(to_text(rule));
    return all;
}

}  // namespace

TEST_CASE("policy_file: all that may be written is read") {
    const PolicyFile policy = parse(whole);
    const auto& [files, net, limits, env] = policy.permissions;
    CHECK(policy.tier == Tier::b);
    CHECK(policy.require == std::set<std::string>{"net", "protected-paths"});
    CHECK(files.workspace == FsRules::Workspace::direct);
    CHECK(files.read == Texts{"/opt/toolchain", "/home/me/.cargo/registry"});
    CHECK(files.write == Texts{"$WORKSPACE", "$TMP/x", "/srv/out"});
    CHECK(files.hide == Texts{"**/.env", "secrets/"});
    CHECK(files.protect == Texts{"default", "deploy/"});
    CHECK(files.caches == Texts{"pip", "go"});
    CHECK(net.mode == NetworkRules::Mode::proxy);
    CHECK(texts(net.allow) == Texts{"packages.example.org:443", "*.example.net"});
    CHECK(texts(net.deny) == Texts{"paste.example.com"});
    CHECK(limits.wall_s == 900);
    CHECK(limits.memory_mb == 4096);
    CHECK(limits.cpu_s == 60);  // the default
    CHECK(env.pass == Texts{"LANG"});
    CHECK(env.set == std::map<std::string, std::string>{{"CI", "1"}});
    REQUIRE(policy.rules.size() == 2);
    CHECK(policy.rules[0].match == Texts{"git", "push"});
    CHECK(texts(policy.rules[0].changes.net.allow) == Texts{"github.com:22"});
    CHECK(!policy.rules[0].changes.net.mode);
    CHECK(policy.rules[0].ask);
    CHECK(policy.rules[1].changes.limits.wall_s == 60);
    CHECK(!policy.rules[1].changes.limits.cpu_s);
    CHECK(!policy.rules[1].ask);
}

TEST_CASE("policy_file: where it says nothing the tightest useful policy holds") {
    const PolicyFile policy = parse("");
    CHECK(policy.tier == Tier::a);
    CHECK(policy.permissions.fs.workspace == FsRules::Workspace::cow);
    CHECK(policy.permissions.fs.write == Texts{"$WORKSPACE", "$TMP"});
    CHECK(policy.permissions.fs.read->empty());
    CHECK(policy.permissions.fs.protect == Texts{"default"});
    CHECK(policy.permissions.net.mode == NetworkRules::Mode::off);
    CHECK(policy.permissions.env.pass->empty());
    for (const auto& field : limit_fields()) {
        INFO(std::string(field.key));
        CHECK(policy.permissions.limits.*field.value == field.standard);
        CHECK((field.low <= field.standard && field.standard <= field.high));
    }
}

TEST_CASE("policy_file: an unknown key is refused at its place, with those there are") {
    CHECK(error_of("[fs]\n wrkspace = 1") ==
          "3:2: there is no key wrkspace in fs; there are workspace, read, write, hide, protect, caches");
    CHECK(error_of("tire = \"A\"").find("2:1: there is no key tire; there are version, tier") == 0);
    CHECK(error_of("[limits]\nwall = 1").find("there are wall_s, cpu_s, memory_mb") != std::string::npos);
    CHECK(error_of("[[rule]]\nmatch = [\"a\"]\ntier = \"C\"").find("no key tier in rule") != std::string::npos);
    CHECK(error_of("\"\\u001b[31m\" = 1").find("\"\\x1b[31m\"") != std::string::npos);
}

TEST_CASE("policy_file: wrong types and values are refused, with what is allowed") {
    CHECK(error_of("[fs]\nworkspace = \"rw\"") ==
          "3:13: fs.workspace must be \"cow\" or \"copy\" or \"direct\" or \"ro\"");
    CHECK(error_of("tier = \"D\"").find("tier must be \"A\" or \"B\" or \"C\"") != std::string::npos);
    CHECK(error_of("[fs]\ncaches = [\"pip\", \"gem\"]") ==
          "3:18: an item of fs.caches must be one of cargo, go, npm, pip, uv");
    for (const char* text : {"tier = 1",
                             "require = \"net\"",
                             "require = [\"nets\"]",
                             "fs = 1",
                             "[fs]\nread = [1]",
                             "[fs]\nread = [\"\"]",
                             "[fs]\nhide = [\"a\\nb\"]",
                             "[net]\nmode = true",
                             "[env]\npass = [\"1A\"]",
                             "[env]\npass = [\"A-B\"]",
                             "[env]\npass = [\"PATH\"]",
                             "[env]\nset = { PATH = \"/x\" }",
                             "[env]\nset = { A = 1 }",
                             "[env]\nset = { A = \"\\u0000\" }",
                             "rule = 1",
                             "rule = [1]",
                             "[[rule]]\nask = true",
                             "[[rule]]\nmatch = []",
                             "[[rule]]\nmatch = \"git push\"",
                             "[[rule]]\nmatch = [\"git\"]\nask = 1"}) {
        INFO(std::string(text));
        CHECK(error_of(text).find("must be") != std::string::npos);
    }
}

TEST_CASE("policy_file: numbers are whole and in bounds") {
    for (const auto& field : limit_fields()) {
        const std::string start = std::string("[limits]\n") + field.key + " = ";
        INFO(start);
        for (const auto value : {field.low, field.high})
            CHECK(parse(start + std::to_string(value)).permissions.limits.*field.value == value);
        const std::string bounds =
            "a whole number from " + std::to_string(field.low) + " to " + std::to_string(field.high);
        for (const std::string& value : {std::to_string(field.low - 1), std::to_string(field.high + 1),
                                         std::string("-1"), std::string("64.0"), std::string("\"64\"")})
            CHECK(error_of(start + value).find(bounds) != std::string::npos);
    }
}

TEST_CASE("policy_file: paths are absolute, and none of them is the whole host") {
    for (const char* path : {"opt", "./opt", "../opt", "/opt/../etc", "/", "//", "/proc", "/sys/kernel", "/dev/sda",
                             "/opt/*", "~me/x", "$HOME/x", "$WORKSPACE/../x", "$WORKSPACEX", "~/.."}) {
        for (const char* key : {"read", "write"}) {
            const std::string text = std::string("[fs]\n") + key + " = [\"" + path + "\"]";
            INFO(text);
            CHECK(error_of(text).find("must be an absolute path") != std::string::npos);
        }
    }
    CHECK(error_of("[fs]\nread = [\"$WORKSPACE\"]") != "");
    CHECK(error_of("[fs]\nwrite = [\"/opt:ro\"]") == "");  // a colon is a letter, where nothing can be read-only
    CHECK(parse("[fs]\nread = [\"/devices\", \"~\"]").permissions.fs.read == Texts{"/devices", "/home/me"});
    CHECK(error_of("[fs]\nprotect = [\"../x\"]").find("must be a pattern") != std::string::npos);
    CHECK_THROWS_AS(parse_policy("version = 1\n[fs]\nread = [\"~/x\"]", {PolicyOrigin::user_config, "/p", "", ""}),
                    Error);
}

TEST_CASE("policy_file: lists of hosts that nobody would hold to are refused") {
    CHECK(error_of("[net]\nmode = \"host\"\ndeny = [\"a.com\"]").find("have no effect") != std::string::npos);
    CHECK(error_of("[[rule]]\nmatch = [\"a\"]\nnet.allow = [\"a.com\"]").find("the rule for a") != std::string::npos);
    CHECK(error_of("[[rule]]\nmatch = [\"a\"]\nnet.mode = \"proxy\"\nnet.allow = [\"a.com\"]") == "");
    CHECK(error_of("[net]\nallow = [\"http://a.com\"]").find("must be a host as") != std::string::npos);
}

TEST_CASE("policy_file: what is allowed leads to no private address unless a tag says so that names the danger") {
    CHECK(!parse("[net]\nmode = \"proxy\"").permissions.net.dangerously_allow_private);
    CHECK(parse("[net]\nmode = \"proxy\"\ndangerously_allow_private = true").permissions.net.dangerously_allow_private);
    CHECK(error_of("[net]\ndangerously_allow_private = true").find("is about the proxy") != std::string::npos);
    CHECK(error_of("[net]\nmode = \"proxy\"\ndangerously_allow_private = 1") != "");
    CHECK(error_of("[[rule]]\nmatch = [\"a\"]\nnet.dangerously_allow_private = true").find("there is no key") !=
          std::string::npos);
}

TEST_CASE("policy_file: no rule pretends to look into what a shell runs") {
    CHECK(error_of("[[rule]]\nmatch = [\"bash\", \"-c\"]") ==
          "3:9: rule.match must be bash alone: no rule looks into what it runs");
    CHECK(error_of("[[rule]]\nmatch = [\"/usr/bin/env\", \"git\"]") != "");
    CHECK(error_of("[[rule]]\nmatch = [\"bin/git\"]") != "");
    CHECK(error_of("[[rule]]\nmatch = [\"bash\"]") == "");
}

TEST_CASE("policy_file: what is no TOML, and what is of another version, is refused") {
    CHECK(error_of("a = [").find("2:") == 0);
    CHECK(error_of("a = 1\na = 2").find("3:") == 0);
    CHECK(error_of("[fs]\nread = [ \xc5\x99 ]").find("3:10: letters beyond ASCII") == 0);
    CHECK(parse("[fs]\nread = [\"/\\u0159\"]").permissions.fs.read == Texts{"/\xc5\x99"});
    for (const char* text : {"[,]", "[ =", "[[,"}) CHECK_THROWS_AS(parse(text), Error);  // toml++ asserts on these
    CHECK_THROWS_WITH_AS(parse_policy("", source), doctest::Contains("write \"version = 1\""), Error);
    CHECK_THROWS_WITH_AS(parse_policy("version = 2", source), doctest::Contains("from 1 to 1"), Error);
}

TEST_CASE("policy_file: the user's file may be missing, the one of the command line may not") {
    const heddle::test::TempFolder folder;
    PolicySource from{PolicyOrigin::user_config, folder.path() / "policy.toml", folder.path() / "project", ""};
    CHECK(load_policy(from).permissions.net.mode == NetworkRules::Mode::off);
    from.origin = PolicyOrigin::command_line;
    CHECK(load_error(from).find("there is no such file") != std::string::npos);
    std::ofstream(from.file) << "version = 1\n[net]\nmode = \"host\"\n";
    CHECK(load_policy(from).permissions.net.mode == NetworkRules::Mode::host);
    fs::create_directory(folder.path() / "folder");
    from.file = folder.path() / "folder";
    CHECK(load_error(from).find("it is not a file") != std::string::npos);
    from.file = folder.path() / "large";
    std::ofstream(from.file) << std::string(300 * 1024, '#');
    CHECK(load_error(from).find("longer than 256 KiB") != std::string::npos);
}

TEST_CASE("policy_file: a policy that the guest could have written is refused, by whatever way it is named") {
    const heddle::test::TempFolder folder;
    const fs::path &base = folder.path(), project = base / "project";
    fs::create_directories(project / "sub");
    fs::create_directory(base / "config");
    for (const auto& path : {project / "policy.toml", base / "config" / "policy.toml"})
        std::ofstream(path) << "version = 1\n";
    fs::create_symlink(project / "policy.toml", base / "link.toml");  // leads into it
    fs::create_symlink(base / "config", project / "sub" / "out");     // leads out of it again
    fs::create_directory_symlink(project / "sub", base / "way");      // in by one link, out by the next
    fs::create_directory_symlink(project, base / "alias");            // the workspace by another name
    const auto error = [&](const fs::path& file, const fs::path& workspace) {
        return load_error({PolicyOrigin::command_line, file, workspace, ""});
    };
    for (const fs::path& file : {project / "policy.toml", base / "link.toml", project / "sub" / "out" / "policy.toml",
                                 base / "way" / "out" / "policy.toml", project / ".." / "config" / "policy.toml"}) {
        INFO(file.native());
        CHECK(error(file, project).find("could be written by the guest") != std::string::npos);
        CHECK(error(file, base / "alias").find("could be written by the guest") != std::string::npos);
    }
    CHECK(error(base / "config" / "policy.toml", project) == "");
    CHECK(error(base / "config" / "policy.toml", base / "alias") == "");
    CHECK(error(base / "config" / "policy.toml", "") == "");
    CHECK(error("policy.toml", project).find("not absolute") != std::string::npos);
}

TEST_CASE("policy_file: a policy that lets the guest write to itself is refused") {
    const heddle::test::TempFolder folder;
    const PolicySource from{PolicyOrigin::user_config, folder.path() / "policy.toml", "/nowhere", folder.path()};
    const auto error_with = [&](const std::string& text) {
        std::ofstream(from.file) << "version = 1\n" << text;
        return load_error(from);
    };
    CHECK(error_with("[fs]\nwrite = [\"~\"]").find("where the policy itself lies") != std::string::npos);
    CHECK(error_with("[[rule]]\nmatch = [\"a\"]\nfs.write = [\"~/policy.toml\"]") != "");
    CHECK(error_with("[fs]\nwrite = [\"~/elsewhere\"]") == "");
}
