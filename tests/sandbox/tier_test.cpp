// tests/sandbox/tier_test.cpp: Without namespaces: which tier a guest gets, what holds it there, and what is refused.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "tests/support/lone_place.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("tier: with namespaces a guest is of tier A, and what holds it is told") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    const auto held = workspace.bash("true").enforcement;
    REQUIRE(held);
    CHECK(held->tier == Tier::a);
    for (const Layer layer : {Layer::files, Layer::network, Layer::processes, Layer::view, Layer::modes, Layer::ipc})
        CHECK((*held)[layer] == Holder::kernel);
    CHECK((*held)[Layer::memory] != Holder::none);
    for (const Layer layer : {Layer::cpu, Layer::output}) CHECK((*held)[layer] == Holder::supervised);
    CHECK((*held)[Layer::disk] == Holder::none);
    CHECK((*held)[Layer::protected_paths] == Holder::none);
    workspace.policy.network = NetworkMode::host;
    workspace.policy.mode = WorkspaceMode::cow;
    const auto other = workspace.bash("true").enforcement;
    REQUIRE(other);
    CHECK((*other)[Layer::network] == Holder::none);
    CHECK((*other)[Layer::disk] == Holder::kernel);
    CHECK((*other)[Layer::protected_paths] == Holder::supervised);
    const TempFolder outside;
    workspace.policy.mode = WorkspaceMode::ro;
    workspace.policy.write = {outside.path()};  // bounded by nobody
    const auto lent = workspace.bash("true").enforcement;
    REQUIRE(lent);
    CHECK((*lent)[Layer::disk] == Holder::none);
}

TEST_CASE("tier: what a policy requires and nobody holds is refused before anything runs") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.require = {"disk", "fs"};
    const auto refused = workspace.bash("touch ran");
    CHECK(refused.outcome.kind == Outcome::Kind::setup_failed);
    CHECK(refused.outcome.detail.find("could not hold disk, which the policy requires, in tier A") !=
          std::string::npos);
    CHECK(!refused.enforcement);
    CHECK(!fs::exists(workspace.path() / "ran"));
    CHECK_THROWS_AS(shared_sandbox().open(workspace.policy), Error);
    workspace.policy.require = {"fs", "net", "ipc", "processes", "tasks", "memory"};
    CHECK(exited(workspace.bash("touch ran")));
}

TEST_CASE("tier: a policy that asks for more than rules alone gets nothing, with the cause and the cure") {
    if (no_rules_here()) return;
    const LonePlace place([](Sandbox& sandbox, Policy policy, const auto& check) {
        policy.tier = Tier::a;
        const Result result = run(sandbox, policy, "echo ran");
        const std::string text = all_of(result);
        check(result.outcome.kind == Outcome::Kind::setup_failed, text);
        for (const char* part : {"could not give the guest tier A, which its policy asks for", "step 'namespaces'",
                                 "--security-opt seccomp=", "let the policy say tier = \"C\""})
            check(text.find(part) != text.npos, text);
    });
}

TEST_CASE("tier: what cannot be held by rules alone is refused by name") {
    if (no_rules_here()) return;
    const LonePlace place([](Sandbox& sandbox, const Policy& policy, const auto& check) {
        const auto refused = [&](const Policy& wanted, const char* why) {
            const Result result = run(sandbox, wanted, "echo ran");
            const std::string text = all_of(result);
            check(result.outcome.kind == Outcome::Kind::setup_failed && text.find(why) != text.npos, text);
        };
        Policy direct = policy, disk = policy, view = policy, hard = policy;
        direct.mode = WorkspaceMode::direct;
        refused(direct, "a workspace that is written directly");
        disk.require = {"disk"};
        refused(disk, "could not hold disk");
        view.require = {"view"};
        refused(view, "could not hold view");
        Policy proxy = policy;
        proxy.network = NetworkMode::proxy;
        try {
            (void)sandbox.open(proxy);
            check(false, "a proxy was promised");
        } catch (const Error& error) {
            check(std::string(error.what()).find("the network mode proxy") != std::string::npos, error.what());
        }
    });
}

TEST_CASE("tier: rules alone hold a guest's files, network and neighbours, as root and as an ordinary user") {
    if (no_rules_here()) return;
    for (const bool as_user : {true, false}) {
        if (!as_user && ::getuid() != 0) continue;
        INFO(as_user);
        const TempFolder outside;
        std::ofstream(outside.path() / "secret") << "canary";
        REQUIRE(::chmod(outside.path().c_str(), 0777) == 0);
        REQUIRE(::chmod((outside.path() / "secret").c_str(), 0666) == 0);
        const std::string out = outside.path();
        const LonePlace place(
            [&](Sandbox& sandbox, const Policy& policy, const auto& check) {
                const Result works =
                    run(sandbox, policy,
                        "set -e; cat file; echo mine > file; cat file; id -u >&2; echo x > ~/f; echo y "
                        "> $TMPDIR/g; cat ~/f $TMPDIR/g; ls /usr/bin | grep -c ^bash$; python3 -c "
                        "'print(6 * 7)'; head -c 1 /dev/zero | wc -c; echo z > /dev/null");
                check(works.out.text() == "of the host\nmine\nx\ny\n1\n42\n1\n", all_of(works));
                check(works.err.text() == (as_user ? std::to_string(::getuid()) : "101000") + "\n", all_of(works));
                check(works.enforcement && works.enforcement->tier == Tier::c, "no tier C");
                if (!works.enforcement) return;
                const Enforcement held = *works.enforcement;
                check(held[Layer::files] == Holder::kernel && held[Layer::network] == Holder::kernel, "files, network");
                check(held[Layer::view] == Holder::none && held[Layer::disk] == Holder::none, "view, disk");
                check((held[Layer::modes] == Holder::none) == as_user, "modes");

                const Result tries =
                    run(sandbox, policy,
                        fmt::format("cat {0}/secret; ls {0}; echo evil > {0}/secret; touch {0}/new; "
                                    "cat /etc/shadow /root/.bashrc; ls /home /root /tmp /var/tmp; "
                                    "(exec 3<>/dev/tcp/127.0.0.1/1); kill -9 {1}; kill -9 $PPID; echo end",
                                    out, ::getpid()));
                check(tries.out.text() == "end\n", all_of(tries));
                check(tries.err.text().find("canary") == std::string::npos, all_of(tries));
            },
            as_user);
        std::ifstream kept(outside.path() / "secret");
        CHECK(std::string(std::istreambuf_iterator<char>(kept), {}) == "canary");
        CHECK(!fs::exists(outside.path() / "new"));
        std::ifstream file(place.path() / "file");
        CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "of the host\n");
    }
}

TEST_CASE("tier: without PID 1 daemons end with their command, and with a keeper or a launcher that is killed") {
    if (no_rules_here()) return;
    const std::string marker = "heddle-tier-" + std::to_string(::getpid());
    const auto is_running = [&] {
        for (const auto& entry : fs::directory_iterator("/proc")) {
            std::ifstream in(entry.path() / "environ", std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(in), {}};
            if (text.find(marker) != text.npos) return true;
        }
        return false;
    };
    const auto is_gone = [&] {
        for (int i = 0; i < 500 && is_running(); ++i) std::this_thread::sleep_for(10ms);
        return !is_running();
    };
    const auto parent_of = [](pid_t pid) {
        std::ifstream in("/proc/" + std::to_string(pid) + "/status");
        for (std::string line; std::getline(in, line);)
            if (line.rfind("PPid:", 0) == 0) return std::stoi(line.substr(5));
        return 0;
    };
    const std::string daemon =
        "(setsid sleep 999 & setsid bash -c 'trap \"\" TERM HUP; sleep 998 & sleep 997' & ) "
        ">/dev/null 2>&1; ";
    const LonePlace place([&](Sandbox& sandbox, const Policy& policy, const auto& check) {
        Command command;
        command.argv = {"bash", "-c", daemon + "echo started"};
        command.environment = {{"MARKER", marker}};
        const Result ended = sandbox.run(command, policy);
        check(ended.out.text() == "started\n" && !is_running(), "a daemon outlives its command");

        for (const int ancestor : {1, 2}) {  // the keeper, then the launcher
            std::optional<Sandbox> own(Sandbox::start(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher"));
            Session session = own->open(policy);
            command.argv = {"bash", "-c", daemon + "echo $PPID; exec sleep 996"};
            Process process = session.start(command);
            std::string text;
            while (text.find('\n') == text.npos && !process.ended()) text += process.read(1s);
            pid_t victim = std::atoi(text.c_str());
            check(victim > 1, "no keeper: " + text);
            if (victim <= 1) return;
            if (ancestor == 2) victim = parent_of(victim);
            if (victim == ::getpid() || victim <= 1) return check(false, "no launcher");
            ::kill(victim, SIGKILL);
            check(is_gone(), "somebody outlives its keeper or launcher");
        }
    });
}

TEST_CASE("tier: a guest's folder is gone with it, and one of a killed launcher with the next start") {
    if (no_rules_here()) return;
    const LonePlace place([&](Sandbox& sandbox, const Policy& policy, const auto& check) {
        const Result result = run(sandbox, policy, "mkdir -p a/b; chmod 0 a; touch ~/x; pwd");
        const fs::path work = result.out.text().substr(0, result.out.text().size() - 1);
        check(work.filename() == "work" && work.parent_path() != "/" && !fs::exists(work.parent_path()),
              all_of(result));

        Sandbox own = Sandbox::start(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher");
        Session session = own.open(policy);
        Process process = session.start(bash("echo ~; echo $PPID; grep PPid: /proc/$PPID/status | cut -f 2; sleep 99"));
        std::string text;
        while (std::count(text.begin(), text.end(), '\n') < 3 && !process.ended()) text += process.read(1s);
        std::istringstream lines(text);
        std::string left;
        pid_t keeper = 0, launcher = 0;
        lines >> left >> keeper >> launcher;
        left = fs::path(left).parent_path();
        check(launcher > 1 && launcher != ::getpid() && fs::exists(left), text);
        if (keeper <= 1 || launcher <= 1 || launcher == ::getpid()) return;
        ::kill(launcher, SIGSTOP);  // so that neither can tidy up for the other
        ::kill(keeper, SIGKILL);
        ::kill(launcher, SIGKILL);
        check(fs::exists(left), "somebody tidied up all the same");
        Sandbox next = Sandbox::start(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher");
        check(run(next, policy, "true").outcome.code == 0 && !fs::exists(left), "a killed launcher's folder is left");
    });
}

TEST_CASE("tier: a guest on a copy sees the workspace as it is, also where one was to be kept ready") {
    if (no_rules_here()) return;
    const LonePlace place([](Sandbox& sandbox, const Policy& policy, const auto& check) {
        sandbox.keep_ready(policy);
        check(run(sandbox, policy, "cat file").out.text() == "of the host\n", "first");
        std::ofstream(policy.workspace / "file") << "changed\n";
        const Result result = run(sandbox, policy, "cat file");
        check(result.out.text() == "changed\n", all_of(result));
    });
}

TEST_CASE("tier: user namespaces without mounts, and a kernel without Landlock, are told for what they are") {
    if (no_rules_here()) return;
    const auto no_mount = [] { return deny(SYS_mount, EPERM); };
    const auto no_landlock = [] { return deny(SYS_landlock_create_ruleset, ENOSYS) && refuse_namespaces(); };
    if (!no_sandbox_here()) {
        const LonePlace place(
            [](Sandbox& sandbox, const Policy& policy, const auto& check) {
                const Result result = run(sandbox, policy, "echo ran");
                check(result.out.text() == "ran\n" && result.enforcement && result.enforcement->tier == Tier::c,
                      all_of(result));
            },
            false, no_mount);
    }
    const LonePlace place(
        [](Sandbox& sandbox, const Policy& policy, const auto& check) {
            const Result result = run(sandbox, policy, "echo ran");
            check(result.outcome.kind == Outcome::Kind::setup_failed && result.out.text().empty(), all_of(result));
        },
        false, no_landlock);
}
