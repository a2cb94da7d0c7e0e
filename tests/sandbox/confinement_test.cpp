// tests/sandbox/confinement_test.cpp: What of a policy rules alone keep (sandbox/launcher/confinement.cpp), and what is
// refused by name.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "tests/support/lone_place.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr Outcome::Kind setup_failed = Outcome::Kind::setup_failed;

// A folder of the host with "file" and "folder/below", which are the ordinary user's if he is to run the sandbox.
struct Outside {
    explicit Outside(bool as_user, mode_t mode = 0755) {
        fs::create_directory(path() / "folder");
        std::ofstream(path() / "file") << "text\n";
        std::ofstream(path() / "folder/below") << "below\n";
        for (const auto& each : {path() / "file", path() / "folder/below", path() / "folder", path()})
            if (as_user && ::getuid() == 0) REQUIRE(::chown(each.c_str(), ordinary_user, ordinary_user) == 0);
        REQUIRE(::chmod(path().c_str(), mode) == 0);
    }
    const fs::path& path() const { return folder.path(); }
    std::string read(const std::string& name) const {
        std::ifstream in(path() / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    TempFolder folder;
};

// Who runs the sandbox here: root with a user of his guests', and an ordinary user.
void as_each(const std::function<void(bool as_user)>& work) {
    work(true);
    if (::getuid() == 0) work(false);
}

}  // namespace

TEST_CASE("confinement: what a policy lets a guest read it reads at its own path, and does not write") {
    if (no_rules_here()) return;
    as_each([](bool as_user) {
        const Outside outside(as_user), other(as_user);
        fs::create_directory_symlink(outside.path() / "folder", outside.path() / "link");
        const LonePlace place(
            [&](Sandbox& sandbox, Policy policy, const auto& check) {
                policy.read = {outside.path() / "folder", outside.path() / "file", outside.path() / "link"};
                const std::string at = outside.path();
                const Result result =
                    run(sandbox, policy,
                        "cat " + at + "/folder/below " + at + "/link/below " + at + "/file; ls " + at + " " +
                            other.path().native() + "; echo x > " + at + "/folder/new; echo x > " + at + "/file");
                check(result.out.text() == "below\nbelow\ntext\n", all_of(result));
            },
            as_user);
        CHECK(outside.read("file") == "text\n");
        CHECK_FALSE(fs::exists(outside.path() / "folder/new"));
    });
}

TEST_CASE("confinement: an ordinary user's guest writes what the policy lists and nothing beside it") {
    if (no_rules_here()) return;
    const Outside outside(true);
    const LonePlace place(
        [&](Sandbox& sandbox, Policy policy, const auto& check) {
            policy.mode = WorkspaceMode::ro;
            policy.write = {outside.path() / "folder"};
            const std::string at = outside.path();
            Session session = sandbox.open(policy);
            const auto in_session = [&](const std::string& script) { return session.run(bash(script)); };
            const Result result =
                in_session("cd " + at + "/folder && echo x > new && mv new newer && ls; echo x > ../" +
                           "beside; cat ../file; echo x > file");
            check(result.out.text() == "below\nnewer\n", all_of(result));
            // What the guest turns there leads it nowhere.
            const Result turned = in_session("cd " + at + "/folder && ln -s ../file out && cat out; rm out; echo end");
            check(turned.out.text() == "end\n", all_of(turned));
        },
        true);
    CHECK(outside.read("folder/newer") == "x\n");
    CHECK_FALSE(fs::exists(outside.path() / "beside"));
}

TEST_CASE("confinement: what rules cannot keep of a policy is refused by name, and nothing runs") {
    if (no_rules_here()) return;
    as_each([](bool as_user) {
        const Outside outside(as_user), closed(as_user, 0700);
        const LonePlace place(
            [&](Sandbox& sandbox, const Policy& policy, const auto& check) {
                const auto refuses = [&](const char* why, const std::function<void(Policy&)>& ask) {
                    Policy wanted = policy;
                    ask(wanted);
                    const Result result = run(sandbox, wanted, "echo ran");
                    const std::string text = all_of(result);
                    check(result.outcome.kind == setup_failed && text.find(why) != text.npos, text);
                };
                refuses("file hidden: nothing can be laid over it", [](Policy& wanted) { wanted.hide = {"file"}; });
                refuses("at another place (/home/guest/.cache/pip)", [&](Policy& wanted) {
                    wanted.caches = {{"pip", outside.path()}};
                });
                refuses("a workspace that is written directly", [](Policy& wanted) {
                    wanted.mode = WorkspaceMode::direct;
                    wanted.protect = {"default"};
                });
                if (!as_user) {
                    refuses("lets only some read it", [&](Policy& wanted) { wanted.read = {closed.path()}; });
                    refuses("lets only some read it", [&](Policy& wanted) { wanted.read = {closed.path() / "file"}; });
                    refuses("cannot be lent without mounts", [&](Policy& wanted) {
                        wanted.mode = WorkspaceMode::ro;
                        wanted.write = {outside.path()};
                    });
                }
                Policy unmatched = policy;
                unmatched.hide = {"none"};  // there is nothing to be laid over
                check(run(sandbox, unmatched, "echo ran").out.text() == "ran\n", "a pattern without a match");
            },
            as_user);
    });
}

TEST_CASE("confinement: refused calls are told here too, but not the sockets that programs ask for anyway") {
    if (no_rules_here()) return;
    const bool are_told = std::ranges::any_of(
        host().layers, [](const auto& layer) { return layer.name == "seccomp notices" && layer.present; });
    if (!are_told) MESSAGE("not run: refused calls cannot be told here");
    if (!are_told) return;
    as_each([](bool as_user) {
        const LonePlace place(
            [](Sandbox& sandbox, const Policy& policy, const auto& check) {
                // Not mount(2): what the container refuses by itself is handed up to nobody.
                const std::string script =
                    "import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\nfor call in ((250, 99), (41, "
                    "1, 1, 0), (41, 2, 1, 0), (41, 16, 3, 0)):\n  c.syscall(*call)\n  "
                    "print(os.strerror(ctypes.get_errno()))";
                Command command;
                command.argv = {"python3", "-c", script};
                const std::vector<std::string> lines = {"blocked keyctl(2) by python3: the sandbox gives no keyrings"};
                Session session = sandbox.open(policy);
                for (const Result& result : {sandbox.run(command, policy), session.run(command)}) {
                    check(result.violations == lines, all_of(result));
                    check(result.out.text() ==
                              "Operation not permitted\nAddress family not supported by protocol\nAddress family not "
                              "supported by protocol\nAddress family not supported by protocol\n",
                          all_of(result));
                }
            },
            as_user);
    });
}

TEST_CASE("confinement: the time of orphans counts in sum, and the limit of tasks that was met is named") {
    if (no_rules_here()) return;
    as_each([](bool as_user) {
        const LonePlace place(
            [](Sandbox& sandbox, Policy policy, const auto& check) {
                policy.limits.wall = 30s;
                Policy brief = policy;
                brief.limits.cpu = 1s;
                // Each by itself stays below the limit, and its parent does not wait for it.
                const Result result = run(sandbox, brief,
                                          "for i in $(seq 60); do (setsid timeout -s KILL 0.2 bash -c 'while :; do :; "
                                          "done' &) 2>/dev/null; sleep 0.25; done; echo lived");
                check(result.outcome.kind == Outcome::Kind::cpu_exceeded && result.out.text().empty(), all_of(result));

                policy.limits.processes = 40;
                Command fork;
                fork.argv = {"python3", "-c",
                             "import os, time\ntry:\n  for i in range(400):\n    if os.fork() == 0: time.sleep(9); "
                             "os._exit(0)\nexcept OSError: pass\ntime.sleep(1); os._exit(7)"};
                const Result full = sandbox.run(fork, policy);
                check(full.outcome.code == 7 && full.outcome.met == Limit::tasks, all_of(full));
            },
            as_user);
    });
}
