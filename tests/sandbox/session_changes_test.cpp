// tests/sandbox/session_changes_test.cpp: Tests the way back to the start and to snapshots while a session goes on.
#include <doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "sandbox/session.h"
#include "tests/support/lone_place.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using namespace heddle::test;
using namespace std::chrono_literals;

namespace {

struct FullerWorkspace : CowWorkspace {
    FullerWorkspace() { write("folder/gone", "gone\n"); }
};

constexpr const char* change_all =
    "set -e; echo new >file; echo more >added; rm folder/gone; mkdir -p deep/er; echo x >deep/er/x; ln added hard; "
    "chmod 600 folder/below";

// Names, modes and contents, as a guest sees them.
std::string seen(Session& session) {
    const Result result = session.run(
        bash("find . -printf '%p %m %y\\n' | LC_ALL=C sort; find . -type f | LC_ALL=C sort | xargs tail -n +1"));
    CHECK(exited(result));
    return result.out.text();
}

std::string why_not(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

// As whoever holds the session reads it, from outside.
std::string read_outside(const Session& session, const char* name) {
    const Fd file(::openat(session.workspace().get(), name, O_RDONLY | O_CLOEXEC));
    std::string text(100, '\0');
    const ssize_t count = ::read(file.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

// Whether a command says this soon, and nothing else.
bool says(Process& process, const std::string& line) {
    std::string text;
    for (int i = 0; i < 100 && text.size() < line.size(); ++i) text += process.read(100ms);
    return text == line;
}

bool has(const std::string& text, const char* part) {
    return text.find(part) != text.npos;
}

// Below `root`, at the longest path from there that the kernel takes, 4095 bytes: what lies in it has none.
Fd make_deepest_folder(const fs::path& root) {
    Fd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int level = 0; level < 17; ++level) {
        const std::string name(level < 16 ? 254 : 15, 'd');
        REQUIRE(::mkdirat(folder.get(), name.c_str(), 0755) == 0);
        folder = Fd(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    return folder;
}

}  // namespace

TEST_CASE("session changes: rollback takes all back, and the session goes on with its /tmp and home") {
    if (no_sandbox_here()) return;
    const FullerWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    const std::string start = seen(session);
    CHECK(session.diff().empty());
    REQUIRE(exited(session.run(bash(change_all + std::string("; echo kept >/tmp/kept; echo kept >~/kept")))));
    CHECK(session.diff().size() == 8);
    CHECK(read_outside(session, "file") == "new\n");
    session.rollback();
    CHECK(session.is_open());
    CHECK(seen(session) == start);
    CHECK(read_outside(session, "file") == "old\n");
    CHECK(session.diff().empty());
    CHECK(session.run(bash("cat /tmp/kept ~/kept")).out.text() == "kept\nkept\n");
    REQUIRE(exited(session.run(bash(change_all))));  // it can be written to again, under the same rules
    CHECK(session.diff().size() == 8);
    session.rollback();
    CHECK(seen(session) == start);
    CHECK(workspace.read("file") == "old\n");
}

TEST_CASE("session changes: to a snapshot it goes back as often as it likes, and from one to another") {
    if (no_sandbox_here()) return;
    const FullerWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    REQUIRE(exited(session.run(bash(change_all))));
    const std::string first_seen = seen(session);
    const int first = session.snapshot();
    REQUIRE(exited(session.run(bash("rm -r deep folder; echo second >file; mkfifo pipe; ln -s file link"))));
    const std::string second_seen = seen(session);
    const int second = session.snapshot();
    for (int round = 0; round < 2; ++round) {
        session.rollback(first);
        CHECK(seen(session) == first_seen);
        REQUIRE(exited(session.run(bash("echo later >>added; rm file"))));
        session.rollback(second);
        CHECK(seen(session) == second_seen);
        REQUIRE(exited(session.run(bash("test $(stat -c %h hard) = 2; rm -r *"))));
    }
    CHECK(has(why_not([&] { session.rollback(3); }), "no snapshot 3"));
    CHECK(has(why_not([&] { session.rollback(0); }), "no snapshot 0"));
    session.rollback();
    CHECK(session.diff().empty());
}

TEST_CASE("session changes: what the host did meanwhile is seen after a rollback") {
    if (no_sandbox_here()) return;
    const FullerWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    REQUIRE(exited(session.run(bash("echo mine >file; cat folder/below"))));
    workspace.write("file", "of the host\n");
    workspace.write("come", "later\n");
    session.rollback();
    CHECK(session.run(bash("cat file come")).out.text() == "of the host\nlater\n");
}

TEST_CASE("session changes: a command that somebody waits for keeps its workspace, and goes on") {
    if (no_sandbox_here()) return;
    const FullerWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    {
        Process shell = session.start(bash("echo up; while read -r line; do echo $line >>file; echo done; done"));
        REQUIRE(says(shell, "up\n"));
        REQUIRE(shell.write("one\n", 5s) == 4);
        REQUIRE(says(shell, "done\n"));
        CHECK(has(why_not([&] { session.rollback(); }), "a command of the session runs"));
        CHECK(read_outside(session, "file") == "old\none\n");
        const int snapshot = session.snapshot();  // which asks nobody to end
        CHECK(snapshot == 1);
        REQUIRE(shell.write("two\n", 5s) == 4);
        REQUIRE(says(shell, "done\n"));
        CHECK(session.run(bash("cat file")).out.text() == "old\none\ntwo\n");
    }
    session.rollback(1);  // its owner has let go of it
    CHECK(session.run(bash("cat file")).out.text() == "old\none\n");
}

TEST_CASE("session changes: what a command left running ends with a rollback, and was held still for a snapshot") {
    if (no_sandbox_here()) return;
    const FullerWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    // Pairs of files that are equal but for the time between two writes.
    REQUIRE(exited(session.run(
        bash("for w in 1 2 3; do mkdir w$w; (cd w$w; i=0; while :; do i=$((i+1)); echo $i >a; echo $i >b; done) & done "
             ">/dev/null 2>&1; sleep 999 & echo $! >/tmp/stopped; until test -s w3/b; do :; done"))));
    REQUIRE(exited(session.run(
        bash("p=$(cat /tmp/stopped); kill -STOP $p; until grep -q '^State:.T' /proc/$p/status; do :; done"))));
    for (int i = 0; i < 5; ++i) session.snapshot();
    CHECK(session
              .run(bash("n=$(cat w1/b); for i in $(seq 200); do sleep 0.01; test \"$(cat w1/b)\" = \"$n\" || break; "
                        "done; test $i -lt 200 && grep State: /proc/$(cat /tmp/stopped)/status"))
              .out.text() == "State:\tT (stopped)\n");
    session.rollback(2);
    CHECK(session.run(bash("set -- /proc/[0-9]*; echo $#")).out.text() == "2\n");  // PID 1 and this shell
    CHECK(exited(session.run(bash("n=$(cat w1/a w1/b w2/a); sleep 0.2; test \"$n\" = \"$(cat w1/a w1/b w2/a)\""))));
}

TEST_CASE("session changes: no room for a snapshot is said, and a full workspace can be taken back") {
    if (no_sandbox_here()) return;
    FullerWorkspace workspace;
    workspace.policy.limits.disk_bytes = 8u << 20;
    workspace.policy.limits.disk_files = 200;
    Session session = shared_sandbox().open(workspace.policy);
    const std::string start = seen(session);
    REQUIRE(exited(session.run(bash("head -c 3000000 /dev/zero >big"))));
    const int kept = session.snapshot();
    REQUIRE(exited(session.run(bash("head -c 1800000 /dev/zero >more"))));
    CHECK(has(why_not([&] { session.snapshot(); }), "No space left"));
    CHECK(has(why_not([&] { session.rollback(kept); }), "No space left"));
    CHECK(session.is_open());
    CHECK(session.run(bash("stat -c %s big more")).out.text() == "3000000\n1800000\n");
    session.run(bash("head -c 9000000 /dev/zero >full; seq 300 | xargs touch"));
    session.rollback();
    CHECK(seen(session) == start);
    session.rollback(kept);
    CHECK(session.run(bash("stat -c %s big")).out.text() == "3000000\n");
    session.run(bash("seq 300 | xargs touch"));  // and with no file left
    session.rollback();
    CHECK(seen(session) == start);
}

TEST_CASE("session changes: what is hidden stays hidden after a rollback, and what has come meanwhile is hidden too") {
    if (no_sandbox_here()) return;
    FullerWorkspace workspace;
    workspace.policy.hide = {"**/.env", "secrets/"};
    workspace.write("folder/.env", "canary\n");
    fs::create_directories(workspace.path() / "secrets");
    workspace.write("secrets/key", "canary\n");
    Session session = shared_sandbox().open(workspace.policy);
    const char* const look = "cat folder/.env .env secrets/key; ls secrets; rm folder/.env; mv secrets other; ls other";
    CHECK_FALSE(has(session.run(bash(look)).out.text(), "canary"));
    const int snapshot = session.snapshot();
    workspace.write(".env", "canary\n");
    session.rollback();
    CHECK_FALSE(has(session.run(bash(look)).out.text(), "canary"));
    session.rollback(snapshot);
    CHECK_FALSE(has(session.run(bash(look)).out.text(), "canary"));
    CHECK(exited(session.run(bash("echo mine >folder/mine; test ! -s folder/.env && test ! -s .env"))));
}

TEST_CASE("session changes: where a hidden file cannot be looked for, a rollback ends the session") {
    if (no_sandbox_here()) return;
    FullerWorkspace workspace;
    workspace.policy.hide = {"**/.env"};
    Session session = shared_sandbox().open(workspace.policy);
    const Fd deepest = make_deepest_folder(workspace.path());  // meanwhile, by the host
    REQUIRE(Fd(::openat(deepest.get(), ".env", O_WRONLY | O_CREAT | O_CLOEXEC, 0644)));
    const std::string why = why_not([&] { session.rollback(); });
    CHECK(has(why, "find what is hidden in the workspace"));
    CHECK(has(why, "File name too long"));
    CHECK(has(why, "the session has ended"));
    std::string found;
    why_not([&] { found = session.run(bash("find . -name .env")).out.text(); });  // refused, once the end is seen
    CHECK(found.empty());
    CHECK_FALSE(session.is_open());
}

TEST_CASE("session changes: after a rollback the locks are those of the start") {
    if (no_sandbox_here()) return;
    const FullerWorkspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    const char* const locks =
        "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; for d in / /usr /etc /run /proc/sys; do touch $d/x "
        "2>/dev/null && echo wrote $d; done; cut -d' ' -f5 /proc/self/mountinfo | sort; id -u; ls /run; "
        "(echo x >/proc/self/comm) 2>/dev/null && echo not under Landlock";
    const Result before = session.run(bash(locks));
    CHECK_FALSE(has(before.out.text(), "Landlock"));
    session.rollback();
    CHECK(session.run(bash(locks)).out.text() == before.out.text());
    // One domain for all commands: what one has started the next may signal.
    CHECK(exited(session.run(bash("sleep 300 >/dev/null 2>&1 & echo $! >/tmp/pid"))));
    CHECK(exited(session.run(bash("kill $(cat /tmp/pid)"))));
}

TEST_CASE("session changes: where nothing is kept apart, there is nothing to go back to") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    CHECK(has(why_not([&] { session.diff(); }), "not copied on write"));
    CHECK(has(why_not([&] { session.snapshot(); }), "not copied on write"));
    CHECK(has(why_not([&] { session.rollback(); }), "not copied on write"));
}

TEST_CASE("session changes: an ordinary user takes back, keeps and returns, also what a guest has locked") {
    if (no_sandbox_here()) return;
    const auto act = [](Sandbox& sandbox, Policy policy, const auto& expect) {
        policy.tier = Tier::a;
        Session session = sandbox.open(policy);
        const auto look = [&] { return all_of(session.run(bash("find . -printf '%p %m %s\n' | sort; cat file"))); };
        const std::string start = look();
        session.run(bash("echo new >file; mkdir -p locked/in; echo s >locked/in/s; ln file hard"));
        const std::string changed = look();
        session.run(bash("chmod 0 locked/in/s locked/in locked"));
        const int snapshot = session.snapshot();
        session.rollback();
        expect(look() == start, "not rolled back: " + look());
        session.rollback(snapshot);
        session.run(bash("chmod 755 locked locked/in; chmod 644 locked/in/s"));
        expect(look() == changed, "not restored: " + look());
    };
    const LonePlace place(act, true, [] { return true; });
}
