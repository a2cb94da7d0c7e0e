// tests/sandbox/cover_test.cpp: What a policy hides is not read, and what it protects is not written.
#include "sandbox/cover.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/changes/diff.h"
#include "sandbox/error.h"
#include "sandbox/guest_opening.h"
#include "sandbox/path_glob.h"
#include "sandbox/session.h"
#include "tests/support/child.h"
#include "tests/support/host_state.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using namespace heddle::test;

namespace {

struct Hiding : Workspace {
    Hiding() {
        fs::create_directories(path() / "a/b");
        fs::create_directories(path() / "secrets");
        for (const char* name : {".env", "a/.env", "a/b/.env", "a/b/plain", "secrets/key"}) write(name, "canary\n");
        policy.hide = {"**/.env", "secrets/", "never/*"};
    }
    std::vector<std::string> unmatched() const { return CheckedPolicy(policy, {Tier::a, {}}, -1).hidden.unmatched; }
    std::string refused() const {
        try {
            (void)unmatched();
            return "";
        } catch (const Error& error) {
            return error.what();
        }
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool says(const Result& result, const std::string& line) {
    return std::find(result.violations.begin(), result.violations.end(), line) != result.violations.end();
}

}  // namespace

TEST_CASE("path_glob: stars stay within a name, two cross folders, and a prefix is told from a match") {
    const auto matches = [](const char* glob, const char* path) {
        return glob_matches(path_names(glob), path_names(path));
    };
    CHECK(matches("**/.env", ".env"));
    CHECK(matches("**/.env", "a/b/.env"));
    CHECK(matches("a/*/c?", "a/b/cd"));
    CHECK(matches("a/**", "a/b/c"));
    CHECK_FALSE(matches("*.pem", "a/x.pem"));
    CHECK_FALSE(matches("**/.env", ".env/x"));
    CHECK_FALSE(matches("a/*", "a/b/c"));
    CHECK(glob_covers(path_names("a"), path_names("a/b/c")));
    CHECK_FALSE(glob_covers(path_names("a/b"), path_names("a")));
    CHECK(glob_leads_below(path_names("a/*/c"), path_names("a/b")));
    CHECK(glob_leads_below(path_names("**/c"), path_names("x/y")));
    CHECK_FALSE(glob_leads_below(path_names("a/b"), path_names("x")));
    CHECK_FALSE(glob_leads_below(path_names("a"), path_names("a")));
}

TEST_CASE("cover: a pattern is met where it says, and one that meets nothing is listed") {
    Hiding hiding;
    CHECK(hiding.unmatched() == std::vector<std::string>{"never/*"});
    hiding.policy.hide = {hiding.path() / "a/*/plain", "a/.env/", "secrets/key"};
    CHECK(hiding.unmatched() == std::vector<std::string>{"a/.env/"});
    hiding.policy.hide = {hiding.path().parent_path() / "*"};
    CHECK(has(hiding.refused(), "which the guest works in"));
}

TEST_CASE("cover: patterns that meet too much, or a link to what stays in sight, are refused") {
    Hiding hiding;
    fs::create_symlink("a/b/plain", hiding.path() / "link");
    fs::create_symlink("/nowhere", hiding.path() / "dead");
    hiding.policy.hide = {"link"};
    CHECK(has(hiding.refused(), "it is a link to"));
    hiding.policy.hide = {"link", "dead", "a/b/plain"};
    CHECK(hiding.refused() == "");
    for (std::size_t i = 0; i <= covers_max; ++i) hiding.write("many-" + std::to_string(i), "");
    hiding.policy.hide = {"many-*"};
    CHECK(has(hiding.refused(), "more than 256 paths"));
}

TEST_CASE("cover: what is hidden is not read in any mode, and who asks for it is told why it is not there") {
    if (no_sandbox_here()) return;
    Hiding hiding;
    for (const auto mode : {WorkspaceMode::direct, WorkspaceMode::ro, WorkspaceMode::cow, WorkspaceMode::copy}) {
        hiding.policy.mode = mode;
        const Result result = hiding.bash(
            "cat .env a/.env a/b/.env; cat secrets/key; cat a/b/plain | wc -l; grep -r canary . | wc -l; mv a c "
            "2>/dev/null; mv secrets s 2>/dev/null; ln .env l 2>/dev/null; umount .env secrets 2>/dev/null; rm -rf "
            ".env "
            "secrets 2>/dev/null; cat l .env */.env */b/.env s/key 2>/dev/null; true");
        CHECK(exited(result));
        CHECK(result.out.text() == "1\n1\n");
        CHECK(says(result, "secrets is hidden by policy, not missing"));
        CHECK_FALSE(says(result, ".env is hidden by policy, not missing"));
        if (fs::exists(hiding.path() / "c")) fs::rename(hiding.path() / "c", hiding.path() / "a");
        for (const char* name : {".env", "a/.env", "a/b/.env", "secrets/key"}) CHECK(hiding.read(name) == "canary\n");
    }
    CHECK(says(hiding.bash("echo x >.env"), ".env is hidden by policy, not missing"));
}

TEST_CASE(
    "cover: a folder above a hidden path keeps its name with mode direct, so that the next guest does not see it") {
    if (no_sandbox_here()) return;
    Hiding hiding;
    const TempFolder shared;
    fs::create_directories(shared.path() / "deep/er");
    std::ofstream(shared.path() / "deep/er/key") << "canary\n";
    hiding.policy.write = {shared.path()};
    hiding.policy.hide = {"a/b/.env", "*/key", "a/.env", "**/plain", shared.path() / "deep/er/key"};
    const std::string rename_all =
        "cd " + shared.path().native() +
        " && mv deep x; mkdir deep; mv deep/er y; cd - >/dev/null; mv a c; mv a/b d; mv secrets open; rmdir a/b; "
        "python3 -c 'import os\nfor f, t in ((\"a\", \"c\"), (\"a/b\", \"d\"), (\"a/b\", \"a/d\"), (\"secrets\", "
        "\"open\")):\n  try: os.rename(f, t); print(\"renamed\", f)\n  except OSError: pass'";
    const Result tried = hiding.bash(rename_all);
    CHECK_FALSE(has(tried.out.text(), "renamed"));
    CHECK(says(tried, "a is held in its place by policy, not broken"));
    const std::string look = "grep -r canary . " + shared.path().native() + "; true";
    CHECK(hiding.bash(look).out.text() == "./.env:canary\n");  // which no pattern meets
    CHECK(hiding.read("a/b/.env") == "canary\n");
    // The folders work as any other, but for renames out of them, for which mv copies.
    CHECK(
        exited(hiding.bash("set -e; echo x >a/b/new; mv a/b/new a/other; mkdir a/dir; mv a/dir a/dir2; rm -r a/dir2")));
    CHECK(hiding.read("a/other") == "x\n");
    // Whatever the folders above are called, this pattern meets it, so they may be renamed.
    hiding.policy.hide = {"**/.env"};
    CHECK(exited(hiding.bash("mv a c && mv c/b c/d")));
    CHECK(hiding.bash("grep -r canary . ; true").out.text() == "./secrets/key:canary\n./c/d/plain:canary\n");
}

TEST_CASE("cover: what is hidden shows up neither in a diff nor as deleted, and what comes later is the guest's own") {
    if (no_sandbox_here()) return;
    Hiding hiding;
    hiding.policy.mode = WorkspaceMode::cow;
    Session session = shared_sandbox().open(hiding.policy);
    CHECK(exited(session.run(bash("rm -rf .env a/b secrets; mkdir never; echo mine >never/x; cat never/x; true"))));
    session.close();
    const Fd root(::open(hiding.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::vector<std::string> paths;
    for (const auto& change : changes::diff(session.changes(), root, {})) paths.push_back(change.path);
    CHECK(paths == std::vector<std::string>{"a/b/plain", "never", "never/x"});
}

TEST_CASE(
    "cover: a workspace whose path inside is a link hides as any other, and links of the workspace lead no cover "
    "away") {
    if (no_sandbox_here()) return;
    std::string name = "/var/tmp/heddle-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    fs::create_directory(fs::path(name) / "a");
    std::ofstream(fs::path(name) / "a/.env") << "canary\n";
    fs::create_symlink("a", fs::path(name) / "link");
    Policy policy;
    policy.workspace = name;
    policy.hide = {"*/.env"};
    const Result result = shared_sandbox().run(bash("cat a/.env link/.env; echo end"), policy);
    fs::remove_all(name);
    CHECK(result.out.text() == "end\n");
}

TEST_CASE("cover: a server of the host whose socket is hidden is not reached") {
    if (no_sandbox_here()) return;
    Hiding hiding;
    const Fd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (hiding.path() / "agent.sock").native().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(server.get(), 1) == 0);
    REQUIRE(::chmod(address.sun_path, 0777) == 0);
    hiding.policy.hide = {"*.sock"};
    const Result result = hiding.python("import socket; socket.socket(socket.AF_UNIX).connect('agent.sock')");
    CHECK(has(result.err.text(), "Permission denied"));  // to write to what lies there now
    CHECK(::accept(server.get(), nullptr, nullptr) < 0);
}

TEST_CASE("cover: a folder to read hides the same patterns") {
    if (no_sandbox_here()) return;
    const TempFolder outside;
    fs::create_directories(outside.path() / "x");
    std::ofstream(outside.path() / "x/.env") << "canary\n";
    std::ofstream(outside.path() / "x/plain") << "plain\n";
    Hiding hiding;
    hiding.policy.read = {outside.path() / "x"};
    const Result result = hiding.bash("cat " + (outside.path() / "x").native() + "/{.env,plain}");
    CHECK(result.out.text() == "plain\n");
}

TEST_CASE("cover: with mode direct what is protected is read only, and what comes or is replaced is told") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    fs::create_directories(workspace.path() / ".git/hooks");
    fs::create_directories(workspace.path() / "deploy");
    workspace.write(".git/config", "[core]\n");
    workspace.write("deploy/run", "kept\n");
    workspace.policy.protect = {"default", "deploy/"};
    const Result result = workspace.bash(
        "for f in .git/config .git/hooks/pre-commit deploy/run deploy/new; do (echo evil >>$f) 2>/dev/null && echo "
        "wrote $f; done; rm -rf deploy .git/hooks 2>/dev/null; echo x >.git/index; echo x >.envrc; mv .git g && mkdir "
        "-p .git/hooks; echo end");
    CHECK(result.out.text() == "end\n");
    CHECK(workspace.read("deploy/run") == "kept\n");
    CHECK(workspace.read("g/config") == "[core]\n");
    CHECK_FALSE(fs::exists(workspace.path() / "g/hooks/pre-commit"));
    CHECK(says(result, ".envrc is new, and protected: shell start file"));
    CHECK(says(result, ".git/hooks was replaced, and is protected: git hook"));
    CHECK(result.violations.size() == 2);
    CHECK(says(workspace.bash("echo y >>deploy/run"), "deploy is read only by policy, not broken"));
}

TEST_CASE("cover: with mode direct and globs alone, what Heddle protects by itself is left to the user") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.write(".envrc", "old\n");
    workspace.policy.protect = {"deploy"};
    CHECK(exited(workspace.bash("echo new >.envrc; mkdir -p .git/hooks")));
    CHECK(workspace.read(".envrc") == "new\n");
}

TEST_CASE("cover: on a host whose mounts are shared, what hides a file for a guest does not hide it there") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) return;  // only root's launcher clones mounts outside of the guest
    const Hiding hiding;
    Child child([&](Child::Report report) {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0) return;
        Policy policy = hiding.policy;
        policy.mode = WorkspaceMode::direct;
        const std::string mounts = mounts_of_host();
        Sandbox sandbox = Sandbox::start();
        Session session = sandbox.open(policy);
        report(session.run(bash("cat .env")).out.text().empty());
        report(mounts_of_host() == mounts);
        report(hiding.read(".env") == "canary\n");
    });
    for (int i = 0; i < 3; ++i) CHECK(child.next() == 1);
}
