// tests/runtime/sandbox_cli_test.cpp: Tests `heddle sandbox` as the program that people type.
#include <doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "tests/support/heddle_program.h"
#include "tests/support/refuse_namespaces.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::test;

namespace {

struct House : HeddleProgram {
    House() { write("kept", "old\n"); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(workspace() / name) << text; }
    std::string read(const std::string& name) const {
        std::ifstream in(workspace() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    int bash(std::vector<std::string> flags, const std::string& script) {
        std::vector<std::string> arguments{"sandbox", "run", "--workspace", workspace()};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        for (const char* word : {"--", "bash", "-c"}) arguments.push_back(word);
        arguments.push_back(script);
        return run(arguments);
    }
    int decide(const std::string& word) { return run({"sandbox", word, "--workspace", workspace()}); }
    void write_policy(const std::string& text) const {
        fs::create_directories(store().parent_path());
        std::ofstream(store().parent_path() / "policy.toml") << text;
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

namespace {

// With overlays, and where there are no namespaces: by a policy that lets it be so.
void in_each_tier(const std::function<void(House&, const std::string& mode)>& work) {
    for (const char* mode : {"cow", "copy"}) {
        for (const bool is_lone : {false, true}) {
            if (is_lone ? no_rules_here() : no_sandbox_here()) continue;
            INFO(mode, is_lone ? " in tier C" : " in tier A");
            House house;
            if (is_lone) {
                house.write_policy("version = 1\ntier = \"C\"\n");
                house.live_where(refuse_namespaces);
            }
            work(house, mode);
        }
    }
}

}  // namespace

TEST_CASE("sandbox run: nothing is written until commit, and a git hook is not, in each tier") {
    in_each_tier([](House& house, const std::string& mode) {
        CHECK(house.bash({"--mode", mode},
                         "echo new >kept; echo x >added; mkdir -p .git/hooks; echo >.git/hooks/pre-commit") == 0);
        CHECK(has(house.err(), "A added\n"));
        CHECK(house.read("kept") == "old\n");
        CHECK(house.decide("diff") == 0);
        CHECK(has(house.out(), "M kept\n"));
        CHECK(has(house.out(), "(protected: git hook)"));
        CHECK(house.bash({"--mode", mode}, "true") == 3);
        CHECK(has(house.err(), "those of an earlier command wait; heddle sandbox diff --workspace "));
        CHECK(house.decide("commit") == 0);
        CHECK(house.read("kept") == "new\n");
        CHECK(house.read("added") == "x\n");
        CHECK_FALSE(fs::exists(house.workspace() / ".git/hooks/pre-commit"));
        CHECK(house.decide("commit") == 3);
        CHECK(has(house.err(), "none are kept"));
    });
}

TEST_CASE("sandbox run: what the host changed meanwhile is a conflict and not lost, and discard drops the rest") {
    in_each_tier([](House& house, const std::string& mode) {
        CHECK(house.bash({"--mode", mode}, "echo guest >kept") == 0);
        house.write("kept", "host\n");
        CHECK(house.decide("commit") == 1);
        CHECK(has(house.out(), "nothing was committed"));
        CHECK(house.read("kept") == "host\n");
        CHECK(house.decide("discard") == 0);
        CHECK(house.decide("diff") == 3);
        CHECK(house.bash({"--mode", mode, "--commit"}, "echo guest >kept") == 0);
        CHECK(house.read("kept") == "guest\n");
    });
}

TEST_CASE("sandbox run: with --commit what is left out is kept, and taken when a person says so") {
    in_each_tier([](House& house, const std::string& mode) {
        CHECK(house.bash({"--mode", mode, "--commit"}, "echo x >AGENTS.md; echo new >kept") == 0);
        CHECK(has(house.err(),
                  "committed:\nM kept\nnot committed:\n! AGENTS.md (protected: agent instructions)\nkept: "));
        CHECK(house.read("kept") == "new\n");
        CHECK(house.decide("diff") == 0);
        CHECK(house.out() == "! AGENTS.md (protected: agent instructions)\n");
        CHECK(house.run({"sandbox", "commit", "--workspace", house.workspace(), "--accept", "AGENTS.md"}) == 0);
        CHECK(house.read("AGENTS.md") == "x\n");
        CHECK(house.bash({"--mode", mode, "--commit"},
                         "echo y >kept; ln -s /etc/passwd out; mkfifo p 2>/dev/null; true") == 0);
        CHECK(house.decide("discard") == 0);
    });
}

TEST_CASE("sandbox run: the user's policy holds, flags come over it, and a policy in the workspace is refused") {
    if (no_sandbox_here()) return;
    House house;
    house.write_policy("version = 1\n[fs]\nworkspace = \"ro\"\n[env]\nset = { MARK = \"from-policy\" }\n");
    CHECK(house.bash({}, "echo $MARK; echo x >kept") != 0);
    CHECK(house.out() == "from-policy\n");
    CHECK(house.bash({"--mode", "direct"}, "echo x >kept") == 0);
    house.write_policy("version = 1\n[fs]\nworkspaces = \"ro\"\n");
    CHECK(house.bash({}, "true") == 3);
    CHECK(has(house.err(), "workspaces"));
    house.write_policy("version = 1\n[net]\nmode = \"proxy\"\nallow = [\"a.example\"]\n");
    house.write("policy.toml", "version = 1\n");
    CHECK(house.run({"sandbox", "run", "--workspace", house.workspace(), "--policy", house.workspace() / "policy.toml",
                     "--", "true"}) == 3);
    CHECK(has(house.err(), "inside the workspace could be written by the guest"));
}

TEST_CASE("sandbox run: what a policy requires is held or nothing runs, and the JSON says who holds what") {
    if (no_sandbox_here()) return;
    House house;
    house.write_policy("version = 1\nrequire = [\"fs\", \"net\"]\n");
    CHECK(house.bash({"--mode", "ro", "--json"}, "true") == 0);
    for (const char* part : {"\"tier\": \"A\"", "\"fs\": \"kernel\"", "\"output\": \"supervised\""})
        CHECK(has(house.out(), part));
    house.write_policy("version = 1\nrequire = [\"net\"]\n");
    CHECK(house.bash({"--net", "host"}, "echo ran") == 3);
    CHECK(has(house.err(), "could not hold net, which the policy requires"));
    CHECK_FALSE(has(house.out(), "ran"));
}

TEST_CASE("sandbox probe: prints an AppArmor profile for the launcher that would be used") {
    House house;
    CHECK(house.run({"sandbox", "probe", "--apparmor"}) == 0);
    CHECK(has(house.out(), "heddle-launcher\" flags=(unconfined) {\n  userns,\n}"));
}

TEST_CASE("sandbox run: the limit that was met is named in one line and one word, and the status stays") {
    if (no_sandbox_here()) return;
    House house;
    house.write_policy("version = 1\n[fs]\nworkspace = \"cow\"\n[limits]\ndisk_mb = 4\n");
    const std::string fill = "head -c 9M /dev/zero >f 2>/dev/null; exit 9";
    CHECK(house.bash({}, fill) == 9);
    CHECK(has(house.err(), "heddle: The command exited with status 9 after it had met its limit of disk: 4 MiB"));
    CHECK(house.decide("discard") == 0);
    CHECK(house.bash({"--json"}, fill) == 9);
    CHECK(has(house.out(), "\"end\": \"disk\""));
    CHECK_FALSE(has(house.out(), "\"outcome\""));  // the cause stands there once
    CHECK(house.decide("discard") == 0);
    CHECK(house.bash({"--mode", "direct", "--json", "--output-max", "1000"}, "yes") == 137);
    CHECK(has(house.out(), "\"end\": \"output\""));
}

TEST_CASE("sandbox run: words that do not go together are said to be, in one line") {
    House house;
    CHECK(house.bash({"--commit"}, "true") == 2);
    CHECK(has(house.err(), "--commit is for --mode cow or copy"));
    CHECK(house.bash({"--tty", "--json"}, "true") == 2);
    CHECK(house.bash({"--mode", "cop"}, "true") == 2);
    CHECK(house.bash({"--net", "all"}, "true") == 2);
    CHECK(house.bash({"--allow", "http://a.example/"}, "true") == 3);
    if (no_sandbox_here()) return;
    CHECK(house.bash({"--tty"}, "true") == 3);
    CHECK(has(house.err(), "standard input is no terminal"));
}

TEST_CASE("sandbox run: what a policy says of files holds: read, hidden, protected, cached") {
    if (no_sandbox_here()) return;
    House house;
    const TempFolder outside;
    std::ofstream(outside.path() / "file") << "outside\n";
    house.write(".env", "canary\n");
    house.write_policy("version = 1\n[fs]\nworkspace = \"cow\"\nread = [\"" + outside.path().native() +
                       "\"]\nhide = [\"**/.env\", \"never\"]\nprotect = [\"default\", \"kept\"]\ncaches = "
                       "[\"pip\"]\n");
    CHECK(house.bash({"--commit"}, "cat " + (outside.path() / "file").native() +
                                       " .env; echo x >$PIP_CACHE_DIR/w; echo x >kept; echo x >other; echo y >.env") ==
          1);
    CHECK(house.out() == "outside\n");
    CHECK(has(house.err(), "fs.hide: nothing here is met by never"));
    CHECK(has(house.err(), ".env is hidden by policy, not missing"));
    CHECK(has(house.err(), "! kept (protected: by the policy)"));
    CHECK(house.read("kept") == "old\n");
    CHECK(house.read("other") == "x\n");
    CHECK(house.read(".env") == "canary\n");
    CHECK(house.bash({"--mode", "ro"}, "cat $PIP_CACHE_DIR/w") == 0);
    CHECK(house.out() == "x\n");
}

TEST_CASE("sandbox run: what a policy leaves out of fs.write is not written, and what cannot be is refused in words") {
    if (no_sandbox_here()) return;
    House house;
    house.write_policy("version = 1\n[fs]\nworkspace = \"direct\"\nwrite = [\"$TMP\"]\n");
    CHECK(house.bash({}, "echo x >kept") != 0);
    CHECK(house.read("kept") == "old\n");
    house.write_policy("version = 1\n[fs]\nwrite = [\"$WORKSPACE\"]\n");
    CHECK(house.bash({}, "true") == 3);
    CHECK(has(house.err(), "list $TMP"));
    house.write_policy("version = 1\n[fs]\nread = [\"/nowhere\"]\n");
    CHECK(house.bash({}, "true") == 3);
    CHECK(has(house.err(), "let a guest read /nowhere: No such file or directory"));
}

TEST_CASE("sandbox explain: says what a command may, and runs nothing") {
    House house;
    house.write_policy("version = 1\n[[rule]]\nmatch = [\"git\", \"push\"]\nask = true\n");
    CHECK(house.run({"sandbox", "explain", "--workspace", house.workspace(), "--", "git", "push"}) == 0);
    CHECK(has(house.out(), "command: git push\n"));
    CHECK(has(house.out(), "network: off"));
    CHECK(has(house.out(), "rule 1 (git push): it is met by the program git"));
    CHECK(house.run({"sandbox", "explain", "--json", "--workspace", house.workspace(), "--", "ls"}) == 0);
    CHECK(house.out().front() == '{');
}

TEST_CASE("sandbox explain: tells what the lists meet now, a few by name, and which guest there would be") {
    if (no_sandbox_here()) return;
    House house;
    for (int i = 0; i < 7; ++i) house.write("key" + std::to_string(i), "");
    fs::create_directories(house.workspace() / ".git/hooks");
    const auto explain = [&] { return house.run({"sandbox", "explain", "--workspace", house.workspace(), "--", "x"}); };
    CHECK(explain() == 0);
    CHECK(has(house.out(), "workspace: direct"));  // as it would run without a policy
    house.write_policy("version = 1\nrequire = [\"net\"]\n[fs]\nhide = [\"key*\", \"never\"]\ncaches = [\"pip\"]\n");
    CHECK(explain() == 0);
    CHECK(has(house.out(),
              "now hidden: 7 paths: key0, key1, key2, key3, key4 and 2 more\nnow hidden, by never: nothing\n"
              "now protected: 1 path: .git/hooks\nnow shared by read, write and caches: nothing\n"
              "caches to be made: 1 path: "));
    CHECK(has(house.out(), "sandbox here: tier A; what is required is held: net\n"));
    CHECK_FALSE(fs::exists(house.store().parent_path() / "caches"));
    house.write_policy("version = 1\nrequire = [\"disk\"]\n[fs]\nworkspace = \"direct\"\nread = [\"/nowhere\"]\n");
    CHECK(explain() == 0);
    CHECK(
        has(house.out(), "now shared by read, write and caches: a guest would be refused: let a guest read /nowhere"));
    house.write_policy("version = 1\nrequire = [\"disk\"]\n[fs]\nworkspace = \"direct\"\n");
    CHECK(explain() == 0);
    CHECK(
        has(house.out(), "sandbox here: none would run: step 'tier': could not hold disk, which the policy requires"));
}

TEST_CASE("sandbox run: without a sandbox everything is said to be open, and what a policy requires is refused") {
    House house;
    CHECK(house.bash({"--no-sandbox", "--json"}, "echo x >kept") == 0);
    CHECK(has(house.err(), "heddle: --no-sandbox: nothing is enforced; commands may do all that "));
    CHECK(has(house.out(), "\"tier\": \"D\""));
    CHECK_FALSE(has(house.out(), "kernel"));
    CHECK_FALSE(has(house.out(), "supervised"));
    CHECK(house.read("kept") == "x\n");
    house.write_policy("version = 1\nrequire = [\"output\"]\n[fs]\nworkspace = \"direct\"\n");
    CHECK(house.bash({"--no-sandbox"}, "echo y >kept") == 3);
    CHECK(has(house.err(), "could not hold output, which the policy requires, in tier D"));
    CHECK(house.read("kept") == "x\n");
    house.write_policy("version = 1\ntier = \"D\"\n");
    CHECK(house.bash({}, "true") == 3);
    CHECK(has(house.err(), "\"A\" or \"B\" or \"C\""));
}

TEST_CASE("sandbox run: through the proxy what is not allowed is refused in words, inside and after the output") {
    if (no_sandbox_here()) return;
    House house;
    const std::string fetch =
        "python3 -c \"import urllib.request as u\ntry: u.urlopen('http://b.example/')\nexcept Exception as e: "
        "print(e.code, "
        "e.read().decode())\"";
    CHECK(house.bash({"--allow", "a.example"}, fetch) == 0);
    CHECK(has(house.out(), "403"));
    CHECK(has(house.out(), "b.example"));
    CHECK(has(house.err(), "heddle: sandbox: blocked"));
    CHECK(house.bash(
              {"--net", "proxy"},
              "python3 -m http.server 8000 >/dev/null 2>&1 & for i in $(seq 50); do python3 -c \"import "
              "urllib.request as u; u.urlopen('http://127.0.0.1:8000/')\" 2>/dev/null && echo served && exit 0; sleep "
              "0.1; done; exit 1") == 0);
    CHECK(house.out() == "served\n");
}
