// tests/sandbox/wrapping_test.cpp: Where only bubblewrap may make namespaces: guests of tier B, for ordinary users.
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/support/host_state.h"
#include "tests/support/lone_place.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Of an ordinary user, where the launcher gets no namespaces and bubblewrap does.
class WrappedPlace : public LonePlace {
 public:
    explicit WrappedPlace(const Work& work) : LonePlace(work, true, leave_namespaces_to_bubblewrap) {}
};

}  // namespace

TEST_CASE("wrapping: a guest is of tier B, and who holds each layer is told") {
    if (no_bubblewrap_here()) return;
    const WrappedPlace place([](Sandbox& sandbox, Policy policy, const auto& check) {
        using enum Layer;
        policy.mode = WorkspaceMode::ro;
        const Result result = run(sandbox, policy, "set -- /proc/[0-9]*; echo $#; id -un; hostname");
        check(result.out.text() == "2\nguest\nheddle\n", all_of(result));
        if (!result.enforcement) return check(false, "no enforcement");
        const Enforcement& held = *result.enforcement;
        check(held.tier == Tier::b, name_of(held.tier));
        check(held[disk] == Holder::none, "disk");
        for (const Layer layer : {files, network, processes, ipc, devices, syscalls, view, modes, tasks})
            check(held[layer] == Holder::kernel, name_of(layer));
        for (const Layer layer : {memory, cpu, output, protected_paths})
            check(held[layer] == Holder::supervised, name_of(layer));
        policy.mode = WorkspaceMode::direct;
        policy.network = NetworkMode::host;
        const auto other = run(sandbox, policy, "true").enforcement;
        for (const Layer layer : {network, protected_paths})
            check(other && (*other)[layer] == Holder::none, name_of(layer));
    });
}

TEST_CASE("wrapping: it sees its view and nothing else of the host, and writes only to what is its own") {
    if (no_bubblewrap_here()) return;
    const WrappedPlace place([](Sandbox& sandbox, const Policy& policy, const auto& check) {
        const Result looked = run(sandbox, policy, "ls /; ls -a /home /root /var /run 2>/dev/null; ls /etc | wc -l");
        const std::string text = looked.out.text();
        check(text.find("boot") == text.npos && text.find("root\n") == text.npos, text);
        const Result wrote =
            run(sandbox, policy,
                "for p in / /usr /etc /dev /proc /proc/sys/kernel /run /var /home; do touch $p/x && echo "
                "$p; done 2>/dev/null; for p in /tmp ~ /dev/shm .; do echo y > $p/x && echo $p; done");
        check(wrote.out.text() == "/tmp\n/home/guest\n/dev/shm\n.\n", all_of(wrote));
        const Result caps =
            run(sandbox, policy, "grep -E '^(Cap(Eff|Prm|Inh)|NoNewPrivs)' /proc/self/status | tr -d '\\t'");
        check(caps.out.text() ==
                  "CapInh:0000000000000000\nCapPrm:0000000000000000\nCapEff:0000000000000000\nNoNewPrivs:1\n",
              all_of(caps));
        const Result net =
            run(sandbox, policy,
                "grep -c : /proc/net/dev; (echo > /dev/tcp/192.0.2.1/80) 2>&1 | grep -q unreach && echo off");
        check(net.out.text() == "1\noff\n", all_of(net));
        const Result nested =
            run(sandbox, policy, "unshare -U true || echo refused; cat /proc/keys 2>/dev/null | wc -c");
        check(nested.out.text() == "refused\n0\n", all_of(nested));
    });
}

TEST_CASE("wrapping: a workspace is written directly, read only, or worked on as a copy") {
    if (no_bubblewrap_here()) return;
    const WrappedPlace place([](Sandbox& sandbox, Policy policy, const auto& check) {
        const auto says = [&](WorkspaceMode mode, const char* script, const char* out) {
            policy.mode = mode;
            const Result result = run(sandbox, policy, script);
            check(result.out.text() == out, name_of(mode) + (" " + all_of(result)));
        };
        says(WorkspaceMode::cow, "cat file; echo mine > file; cat file", "of the host\nmine\n");
        says(WorkspaceMode::ro, "cat file; echo mine > file || echo not", "of the host\nnot\n");
        says(WorkspaceMode::copy, "cat file; echo mine > file; cat file", "of the host\nmine\n");
        says(WorkspaceMode::direct, "cat file; echo mine > new; cat new", "of the host\nmine\n");
        says(WorkspaceMode::ro, "cat file new", "of the host\nmine\n");
    });
    CHECK(fs::exists(place.path() / "new"));
}

TEST_CASE("wrapping: what a policy shares and hides is shared and hidden") {
    if (no_bubblewrap_here()) return;
    const TempFolder shared, lent;
    for (const auto& path : {shared.path(), lent.path()}) REQUIRE(::chmod(path.c_str(), 0777) == 0);
    std::ofstream(shared.path() / "seen") << "seen\n";
    std::ofstream(shared.path() / ".env") << "secret\n";
    const WrappedPlace place([&](Sandbox& sandbox, Policy policy, const auto& check) {
        std::ofstream(policy.workspace / ".env") << "secret\n";
        fs::create_directories(policy.workspace / "deploy");
        std::ofstream(policy.workspace / "deploy/key") << "secret\n";
        fs::create_directories(policy.workspace / "kept");
        policy.read = {shared.path()};
        policy.write = {lent.path()};
        policy.hide = {"**/.env", "deploy/", "held/key"};
        fs::create_directories(policy.workspace / "held");
        std::ofstream(policy.workspace / "held/key") << "secret\n";
        policy.mode = WorkspaceMode::direct;
        policy.protect = {"kept/"};
        const Result result = run(sandbox, policy,
                                  "cat .env deploy/key " + shared.path().native() + "/.env 2>/dev/null; cat " +
                                      shared.path().native() + "/seen; touch " + shared.path().native() +
                                      "/x 2>/dev/null || echo not; touch kept/x 2>/dev/null || echo nor; echo w > " +
                                      lent.path().native() + "/w; cat " + lent.path().native() + "/w");
        check(result.out.text() == "seen\nnot\nnor\nw\n", all_of(result));
        const Result held = run(sandbox, policy, "mv held free; cat free/key; touch held/x && ls held");
        check(held.out.text() == "key\nx\n", all_of(held));
        for (const WorkspaceMode mode : {WorkspaceMode::cow, WorkspaceMode::ro}) {
            policy.mode = mode;
            policy.write = {};
            const Result other = run(sandbox, policy, "cat .env deploy/key; ls deploy | wc -l");
            check(other.out.text() == "0\n", all_of(other));
        }
    });
    CHECK(fs::exists(lent.path() / "w"));
}

TEST_CASE("wrapping: nothing outlives the guest, whether it ends, is late, or its launcher is killed") {
    if (no_bubblewrap_here()) return;
    const WrappedPlace place([](Sandbox& sandbox, Policy policy, const auto& check) {
        policy.mode = WorkspaceMode::direct;
        const auto beats = [&] { return fs::file_size(policy.workspace / "beats"); };
        const auto goes_on = [&] {
            const auto before = beats();
            std::this_thread::sleep_for(100ms);
            return beats() != before;
        };
        const std::string daemon =
            "trap '' TERM HUP; (setsid sh -c 'while :; do echo . >> beats; sleep 0.01; done' &) ; "
            "until [ -s beats ]; do sleep 0.01; done; ";
        run(sandbox, policy, daemon);
        check(!goes_on(), "a daemon outlives its command");
        policy.limits.wall = 500ms;
        const Result late = run(sandbox, policy, daemon + "sleep 99");
        check(late.outcome.kind == Outcome::Kind::timed_out, "late: " + all_of(late));
        check(!goes_on(), "a daemon outlives the deadline");
        policy.limits.wall = 60s;
        Session session = sandbox.open(policy);
        check(session.run(bash(daemon)).outcome.exit_status() == 0, "no session");
        check(goes_on(), "what a session started ended early");
        session.close();
        check(!goes_on(), "a daemon outlives its session");
        Session last = sandbox.open(policy);
        check(last.run(bash(daemon)).outcome.exit_status() == 0, "no session");
        for (const pid_t launcher : children_of(::getpid())) ::kill(launcher, SIGKILL);
        std::this_thread::sleep_for(300ms);
        check(!goes_on(), "a daemon outlives the launcher");
    });
}

TEST_CASE("wrapping: what bubblewrap cannot give is refused by name, and a policy of tier A gets nothing") {
    if (no_bubblewrap_here()) return;
    const WrappedPlace place([](Sandbox& sandbox, Policy policy, const auto& check) {
        const auto refused = [&](const Policy& wanted, std::initializer_list<const char*> parts) {
            std::string text;
            try {
                Session session = sandbox.open(wanted);
                text = "it was given";
            } catch (const Error& error) {
                text = error.what();
            }
            for (const char* part : parts) check(text.find(part) != text.npos, text);
        };
        Policy proxy = policy, strong = policy, disk = policy;
        proxy.network = NetworkMode::proxy;
        refused(proxy, {"in tier B", "the network mode proxy", "use off or host"});
        strong.tier = Tier::a;
        refused(strong, {"give the guest tier A", "step 'namespaces'", "let the policy say tier = \"B\""});
        disk.require = {"disk"};
        refused(disk, {"could not hold disk", "in tier B"});
        policy.tier = Tier::b;
        policy.require = {"view", "net", "modes"};
        const Result result = run(sandbox, policy, "echo ran");
        check(result.out.text() == "ran\n", all_of(result));
    });
}

TEST_CASE("wrapping: root gets no guest from bubblewrap") {
    if (no_bubblewrap_here() || no_rules_here() || ::getuid() != 0) return;
    const LonePlace place(
        [](Sandbox& sandbox, Policy policy, const auto& check) {
            policy.tier = Tier::b;
            const Result result = run(sandbox, policy, "echo ran");
            check(result.outcome.kind == Outcome::Kind::setup_failed, all_of(result));
            check(result.outcome.detail.find("root's leaves /proc/sys of the host open") != std::string::npos,
                  all_of(result));
        },
        false, leave_namespaces_to_bubblewrap);
}
