// tests/sandbox/copied_session_test.cpp: Where no overlay can be made a guest works on a copy, whose changes are seen,
// committed and carried on all the same.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "sandbox/changes/commit.h"
#include "sandbox/changes/describe.h"
#include "tests/support/lone_place.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
namespace fs = std::filesystem;

namespace {

using Check = std::function<void(bool, const std::string&)>;
using Work = std::function<void(Sandbox&, Policy, const Check&)>;

// Tiers B and C, as each who may have them, and both modes.
void everywhere_below_a(const Work& work) {
    for (const WorkspaceMode mode : {WorkspaceMode::cow, WorkspaceMode::copy}) {
        const auto with_mode = [&](Sandbox& sandbox, Policy policy, const Check& check) {
            policy.mode = mode;
            work(sandbox, policy, check);
        };
        INFO(name_of(mode));
        if (!no_rules_here()) const LonePlace user(with_mode, true);
        if (!no_rules_here() && ::getuid() == 0) const LonePlace root(with_mode);
        if (!no_bubblewrap_here()) const LonePlace wrapped(with_mode, true, leave_namespaces_to_bubblewrap);
    }
}

Fd open_folder(const fs::path& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string diff_of(const Session& session, const Policy& policy) {
    return changes::describe(changes::diff(session.changes(), open_folder(policy.workspace), {}));
}

// In place of what a test before left behind.
void lay_out(const Policy& policy) {
    for (const auto& entry : fs::directory_iterator(policy.workspace)) fs::remove_all(entry);
    for (const char* folder : {".git/hooks", "d"}) fs::create_directories(policy.workspace / folder);
    for (const char* name : {"file", "gone", "same", "d/1", ".git/config"})
        std::ofstream(policy.workspace / name) << "of the host\n";
}

}  // namespace

TEST_CASE("copied_session: nothing comes to the host before a commit, which takes all but what is protected") {
    everywhere_below_a([](Sandbox& sandbox, const Policy& policy, const auto& check) {
        lay_out(policy);
        const TempFolder journals;
        changes::Baseline baseline = changes::Baseline::take();
        Session session = sandbox.open(policy);
        baseline.settle();
        const Result result = session.run(bash(
            "echo new > file; rm gone; touch same; echo x > d/2; chmod 755 d/1; echo evil > .git/config; echo evil "
            "> .git/hooks/pre-commit; cat file"));
        check(result.out.text() == "new\n", all_of(result));
        check(!session.changes(), "changes of a guest that runs");
        session.close();
        check(read(policy.workspace / "file") == "of the host\n", "it was written to the host's folder");
        const std::string expected =
            "! .git/config (protected: git configuration)\n! .git/hooks/pre-commit (protected: git hook)\n";
        const std::string shown = diff_of(session, policy);
        check(shown.rfind(expected, 0) == 0, shown);
        std::ofstream(policy.workspace / "same") << "of another\n";  // which the guest left alone
        const Fd root = open_folder(policy.workspace);
        const auto report = changes::commit(changes::diff(session.changes(), root, {}), session.changes(), root,
                                            open_folder(journals.path()), baseline, {});
        check(!report.done && report.conflicts.size() == 1 && report.conflicts[0].path == "same",
              "touched by one, changed by another: " + changes::describe(report.conflicts));
        auto chosen = changes::diff(session.changes(), root, {});
        std::erase_if(chosen, [](const auto& change) { return change.path == "same"; });
        check(changes::commit(chosen, session.changes(), root, open_folder(journals.path()), baseline, {}).done,
              "the rest is not committed");
        check(read(policy.workspace / "file") == "new\n" && read(policy.workspace / "d/2") == "x\n", "not taken");
        check(!fs::exists(policy.workspace / "gone") && read(policy.workspace / ".git/config") == "of the host\n",
              "deleted, or protected");
        check(read(policy.workspace / "same") == "of another\n", "an edit of the host is lost");
    });
}

TEST_CASE("copied_session: what the host changes meanwhile is no change of the guest's") {
    everywhere_below_a([](Sandbox& sandbox, const Policy& policy, const auto& check) {
        lay_out(policy);
        Session session = sandbox.open(policy);
        std::ofstream(policy.workspace / "file") << "later\n";
        std::ofstream(policy.workspace / "d/new") << "later\n";
        fs::remove(policy.workspace / "gone");
        check(session.run(bash("cat file; ls d; rm d/1")).out.text() == "of the host\n1\n", "what it saw");
        session.close();
        check(diff_of(session, policy) == "D d/1\n", diff_of(session, policy));
    });
}

TEST_CASE("copied_session: past its memory it goes on in another guest with the same files, by a copy or an overlay") {
    const auto goes_on = [](Sandbox& sandbox, Policy policy, const Check& check) {
        lay_out(policy);
        policy.limits.memory_bytes = 64u << 20;
        Session session = sandbox.open(policy);
        check(session.run(bash("echo mine > file; rm gone; rm -r d; mkdir d; echo x > d/2")).outcome.succeeded(),
              "first");
        const Result big = session.run({{"python3", "-c", "x = bytearray(300 << 20)"}, "", {}, false});
        check(!big.outcome.succeeded(), describe(big.outcome));  // by the rlimit, where that is met first
        sandbox.reopen(session);
        check(session.run(bash("cat file; ls d; echo more > more")).out.text() == "mine\n2\n", "after");
        session.close();
        const std::string shown = diff_of(session, policy);
        check(shown == "D d/1\nA d/2\nM file\nD gone\nA more\n", shown);
    };
    everywhere_below_a(goes_on);
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.mode = WorkspaceMode::cow;
    goes_on(shared_sandbox(), workspace.policy, [](bool holds, const std::string& why) { CHECK_MESSAGE(holds, why); });
}

TEST_CASE("copied_session: who reads through the session's folder sees what the guest sees") {
    const auto sees = [](Sandbox& sandbox, const Policy& policy, const Check& check) {
        lay_out(policy);
        Session session = sandbox.open(policy);
        check(session.run(bash("echo mine > file; rm gone")).outcome.succeeded(), "run");
        const auto has = [&](const char* name) { return ::faccessat(session.workspace().get(), name, F_OK, 0) == 0; };
        check(has("same") && has("d/1") && !has("gone"), "names");
        const Fd file(::openat(session.workspace().get(), "file", O_RDONLY | O_CLOEXEC));
        char text[16] = {};
        check(::read(file.get(), text, sizeof text) == 5 && std::string(text) == "mine\n", text);
    };
    everywhere_below_a(sees);
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.mode = WorkspaceMode::cow;
    sees(shared_sandbox(), workspace.policy, [](bool holds, const std::string& why) { CHECK_MESSAGE(holds, why); });
}

TEST_CASE("copied_session: its folders go with it, and with a program that is killed") {
    if (no_rules_here()) return;
    const LonePlace place([](Sandbox& sandbox, const Policy& policy, const auto& check) {
        lay_out(policy);
        std::set<fs::path> folders;
        const auto note = [&](Session& session) {
            const Result result = session.run(bash("pwd; echo ~"));
            std::istringstream lines(result.out.text());
            for (std::string line; std::getline(lines, line);) folders.insert(fs::path(line).parent_path());
        };
        const auto are_gone = [&] {
            for (int i = 0; i < 500; ++i) {
                if (std::ranges::none_of(folders, [](const auto& each) { return fs::exists(each); })) return true;
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            return false;
        };
        {
            Session session = sandbox.open(policy);
            note(session);
            session.run(bash("mkdir -p a/b; chmod 0 a"));
            session.close();
        }
        check(folders.size() == 2 && are_gone(), "a closed session left a folder");
        folders.clear();
        const TempFolder told;
        heddle::test::Child killed([&](heddle::test::Child::Report report) {
            Sandbox own = Sandbox::start(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher");
            Session session = own.open(policy);
            note(session);
            std::ofstream out(told.path() / "folders");
            for (const auto& each : folders) out << each.native() << '\n';
            out.close();
            report(1);
            for (;;) ::pause();
        });
        (void)killed.next();
        std::ifstream in(told.path() / "folders");
        for (std::string line; std::getline(in, line);) folders.insert(line);
        check(folders.size() == 2 && fs::exists(*folders.begin()), "no folders were told");
        killed.kill();
        check(are_gone(), "a killed program left a folder");
    });
}
