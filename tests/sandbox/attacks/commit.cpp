// tests/sandbox/attacks/commit.cpp: What a guest leaves for the host to take over: copy on write, then a commit of all
// (P09 to P12, P69 to P71), and the policy of the next run (P74).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "sandbox/changes/commit.h"
#include "sandbox/changes/describe.h"
#include "sandbox/changes/diff.h"
#include "sandbox/policy_file.h"
#include "tests/sandbox/attacks/attack.h"
#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

using sandbox::Fd;
using sandbox::Result;
using Paths = std::vector<std::string>;
namespace changes = sandbox::changes;

Fd open_folder(const fs::path& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Committed {
    Result result;
    changes::CommitReport report;
    std::string shown;  // the changes, as a person and a model are shown them

    bool refused(const std::string& path) const {
        return std::any_of(report.refused.begin(), report.refused.end(),
                           [&](const auto& change) { return change.path == path; });
    }
};

// Runs the script on a copy and commits all that it changed.
Committed commit_after(Range& range, const std::string& script) {
    range.policy.mode = sandbox::WorkspaceMode::cow;
    const TempFolder journals;
    changes::Baseline baseline = changes::Baseline::take();
    sandbox::Session session = range.sandbox->open(range.policy);
    baseline.settle();
    Committed done;
    done.result = session.run(range.command({"bash", "-c", script}));
    session.close();
    const Fd root = open_folder(range.work());
    const auto found = changes::diff(session.changes(), root, {});
    done.shown = changes::describe(found);
    done.report = changes::commit(found, session.changes(), root, open_folder(journals.path()), baseline, {});
    return done;
}

// What the host has, before a guest comes.
void lay_out(const Range& range) {
    for (const char* folder : {".git/hooks", ".git/objects", ".git/refs", ".vscode"})
        fs::create_directories(range.work() / folder);
    for (const char* name : {".git/config", ".git/HEAD", ".vscode/tasks.json", "AGENTS.md", "main.c"})
        std::ofstream(range.work() / name) << "of the host\n";
}

// Each path is refused and as it was on the host, while `innocent`, which every script writes, is taken.
Act is_refused(const std::string& script, const Paths& paths) {
    return [=](Range& range) {
        lay_out(range);
        std::vector<std::pair<bool, std::string>> before;
        const auto state = [&](const std::string& path) {
            return std::pair{fs::exists(fs::symlink_status(range.work() / path)), text_of(range.work() / path)};
        };
        for (const auto& path : paths) before.push_back(state(path));
        const Committed done = commit_after(range, script + "; echo taken > innocent");
        bool is_so = done.report.done && text_of(range.work() / "innocent") == "taken\n";
        for (std::size_t at = 0; at < paths.size(); ++at)
            is_so = is_so && done.refused(paths[at]) && state(paths[at]) == before[at];
        return check_that(is_so, "refused, shown", said(done.shown + done.result.err.text()));
    };
}

// The honest twin: this text is at this path afterwards.
Act is_taken(const std::string& script, const std::string& path, const std::string& text) {
    return [=](Range& range) {
        lay_out(range);
        const Committed done = commit_after(range, script);
        return check_that(done.report.done && text_of(range.work() / path) == text, "taken", said(done.shown));
    };
}

// Commits again and again while a guest turns a folder into a link and back.
Seen path_race(Range& range) {
    constexpr int commits = 2000;
    range.policy.mode = sandbox::WorkspaceMode::cow;
    const TempFolder journals;
    sandbox::Session session = range.sandbox->open(range.policy);
    const sandbox::Process racing = session.start(
        range.command({"python3", "-c",
                       "import ctypes, os\nos.mkdir('d'); open('d/kept', 'w').write('guest'); "
                       "os.symlink(os.environ['OUTSIDE'], 'l')\n"
                       "swap = ctypes.CDLL(None).renameat2\nwhile True: swap(-100, b'd', -100, b'l', 2)"}));
    constexpr int naps_max = 1000;
    for (int nap = 0; nap < naps_max && ::faccessat(session.changes().get(), "l", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
         ++nap)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const Fd root = open_folder(range.work());
    bool was_outside = false;
    int committed = 0, given_up = 0;
    for (int i = 0; i < commits; ++i) {
        changes::Baseline baseline = changes::Baseline::take();
        try {
            const auto found = changes::diff(session.changes(), root, {});
            for (const auto& change : found)
                if (change.path.ends_with("/agent")) was_outside = true;  // it is only there
            const auto report =
                changes::commit(found, session.changes(), root, open_folder(journals.path()), baseline, {});
            ++(report.done ? committed : given_up);
        } catch (const sandbox::Error&) {
            ++given_up;
        }
    }
    session.close();
    bool is_clean = !was_outside && committed + given_up == commits;
    for (const auto& entry : fs::recursive_directory_iterator(range.work())) {
        if (entry.is_symlink()) is_clean = false;  // it leads out, so it is never taken
        if (entry.is_regular_file() && text_of(entry.path()).find("canary") != std::string::npos) is_clean = false;
    }
    return check_that(is_clean, "not followed",
                      said(std::to_string(committed) + " committed, " + std::to_string(given_up) + " given up"));
}

// Who turns a folder into a link and back is still at it when the session is closed; what is compared stands still.
Seen race_to_the_end(Range& range) {
    lay_out(range);
    const Committed done = commit_after(
        range,
        "mkdir d; echo guest > d/kept; ln -s $OUTSIDE l; setsid python3 -c \"import ctypes\nswap = "
        "ctypes.CDLL(None).renameat2\nwhile True:\n  swap(-100, b'd', -100, b'l', 2); open('beats', 'a').write('x')\" "
        ">/dev/null 2>&1 & until test -s beats; do sleep 0.01; done");
    bool is_clean = done.report.done && !fs::is_symlink(range.work() / "d") && !fs::is_symlink(range.work() / "l");
    for (const auto& entry : fs::recursive_directory_iterator(range.work()))
        if (entry.is_regular_file() && text_of(entry.path()).find("canary") != std::string::npos) is_clean = false;
    const std::string link = fs::exists(range.work() / "d") ? "l" : "d", folder = link == "d" ? "l" : "d";
    is_clean = is_clean && done.refused(link) && text_of(range.work() / folder / "kept") == "guest\n";
    return check_that(is_clean, "not followed", said(done.shown + done.result.err.text()));
}

Seen fifo_at_commit(Range& range) {
    lay_out(range);
    const Committed done = commit_after(range,
                                        "rm main.c; mkfifo main.c p; mknod w c 0 0; python3 -c 'import socket; "
                                        "socket.socket(socket.AF_UNIX).bind(\"s\")'; echo taken > innocent");
    const bool is_so = done.report.done && done.refused("main.c") && done.refused("p") && done.refused("s") &&
                       text_of(range.work() / "main.c") == "of the host\n" &&
                       text_of(range.work() / "innocent") == "taken\n" && !fs::exists(range.work() / "w");
    return check_that(is_so, "refused, no wait", said(done.shown));
}

Seen odd_names_at_commit(Range& range) {
    const std::vector<std::string> names = {"new\nline", "\x1b[31mred", std::string(255, 'n'),
                                            "-rf",       "\xff\xfe",    "\u202egpj",
                                            " ",         "$(id)",       "a (protected)"};
    const Committed done = commit_after(
        range,
        "python3 -c \"import os\nfor n in (b'new\\nline', b'\\x1b[31mred', b'n' * 255, b'-rf', b'\\xff\\xfe', "
        "'\\u202egpj'.encode(), b' ', b'\\x24(id)', b'a (protected)'): os.close(os.open(n, os.O_CREAT | "
        "os.O_WRONLY))\"");
    const bool is_exact =
        std::all_of(names.begin(), names.end(), [&](const auto& name) { return fs::exists(range.work() / name); });
    const auto count = std::distance(fs::directory_iterator(range.work()), fs::directory_iterator{});
    const bool is_plain =
        std::all_of(done.shown.begin(), done.shown.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
    const auto lines = std::count(done.shown.begin(), done.shown.end(), '\n');
    const bool is_so = done.report.done && is_exact && is_plain && count == static_cast<long>(names.size()) &&
                       lines == static_cast<long>(names.size());
    return check_that(is_so, "escaped, exact", said(done.shown));
}

// A policy in the workspace, or where the guest thinks that the user's lies, is not the next run's.
Seen tamper_with_policy(Range& range) {
    const Result result = range.bash(
        "p='version = 1\n[net]\nmode = \"host\"'; for d in . .heddle .config/heddle ~/.config/heddle "
        "$HOST_HOME/.config/heddle $OUTSIDE; do mkdir -p $d 2>/dev/null; echo \"$p\" > $d/policy.toml; done; true");
    const auto load = [&](sandbox::PolicyOrigin origin, const fs::path& file) {
        return sandbox::load_policy({origin, file, range.work(), range.work().parent_path() / "home"});
    };
    const auto users =
        load(sandbox::PolicyOrigin::user_config, range.work().parent_path() / "home/.config/heddle/policy.toml");
    bool is_refused = false;
    try {
        (void)load(sandbox::PolicyOrigin::command_line, range.work() / "policy.toml");
    } catch (const sandbox::Error&) {
        is_refused = true;
    }
    return check_that(is_refused && users.permissions.net.mode == sandbox::NetworkRules::Mode::off, "not read", result);
}

Seen policy_of_the_user(Range& range) {
    const TempFolder folder;
    std::ofstream(folder.path() / "policy.toml") << "version = 1\n[limits]\ntasks = 7\n";
    const auto policy = sandbox::load_policy(
        {sandbox::PolicyOrigin::command_line, folder.path() / "policy.toml", range.work(), folder.path()});
    return check_that(policy.permissions.limits.tasks == 7, "read", said(""));
}

}  // namespace

Attack race_with_the_end_of_a_copy() {
    return {"P69", "path race to the end of a copy", race_to_the_end,
            is_taken("mkdir d; echo x > d/f; mv d e; (setsid sleep 999 &) >/dev/null 2>&1", "e/f", "x\n")};
}

std::vector<Attack> attacks_at_commit() {
    return {
        {"P09", "git hook, at commit",
         is_refused(
             "printf '#!/bin/sh\\ntouch /tmp/m' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; mkdir -p "
             ".git/modules/m/hooks .GIT/hooks; cp .git/hooks/pre-commit .git/modules/m/hooks/post-checkout; cp "
             ".git/hooks/pre-commit .GIT/hooks/post-merge",
             {".git/hooks/pre-commit", ".git/modules/m/hooks/post-checkout", ".GIT/hooks/post-merge"}),
         is_taken("mkdir -p .git/refs/heads; echo 0123 > .git/refs/heads/main", ".git/refs/heads/main", "0123\n")},
        {"P10", "git config, at commit",
         is_refused("printf '[core]\\nfsmonitor = touch m\\n' > .git/config; cp .git/config .git/config.worktree; echo "
                    "/tmp > .git/commondir; mkdir -p b/objects b/refs sub; cp .git/config b; echo x > b/HEAD; echo "
                    "'gitdir: /tmp/x' > sub/.git",
                    {".git/config", ".git/config.worktree", ".git/commondir", "b/config", "sub/.git"}),
         is_taken("echo 'ref: refs/heads/x' > .git/HEAD", ".git/HEAD", "ref: refs/heads/x\n")},
        {"P10", "git repository replaced, at commit",
         is_refused("mv .git g; mkdir -p .git/hooks; echo evil > .git/config", {".git/config"}),
         is_taken("rm -rf .git/objects; mkdir .git/objects; echo x > .git/objects/1", ".git/objects/1", "x\n")},
        {"P11", "start files in the workspace, at commit",
         is_refused("for f in .bashrc .profile .zshrc .gitconfig .inputrc .ssh/config; do mkdir -p .ssh; echo evil > "
                    "$f; done; ln -s main.c .bash_login",
                    {".bashrc", ".profile", ".zshrc", ".gitconfig", ".inputrc", ".ssh/config", ".bash_login"}),
         is_taken("echo x > bashrc", "bashrc", "x\n")},
        {"P12", "agent and editor config, at commit",
         is_refused(
             "mkdir -p .idea .claude sub .heddle; for f in .mcp.json .vscode/tasks.json .idea/x .envrc AGENTS.md "
             "heddle.toml .claude/settings.json sub/CLAUDE.md .heddle/policy.toml; do echo evil > $f; done",
             {".mcp.json", ".vscode/tasks.json", ".idea/x", ".envrc", "AGENTS.md", "heddle.toml",
              ".claude/settings.json", "sub/CLAUDE.md", ".heddle/policy.toml"}),
         is_taken("echo '{}' > .vscode/extensions.json", ".vscode/extensions.json", "{}\n")},
        {"P69", "path race with diff and commit", path_race, is_taken("mkdir d; echo x > d/f; mv d e", "e/f", "x\n")},
        {"P69", "links that lead out, at commit",
         is_refused("ln -s /etc/shadow s; ln -s ../outside/kept k; mkdir d; ln -s ../../outside d/o; rm main.c; ln -s "
                    "$OUTSIDE/kept main.c",
                    {"s", "k", "d/o", "main.c"}),
         is_taken("ln -s main.c l", "l", "of the host\n")},
        {"P70", "fifo, socket and device at commit", fifo_at_commit,
         is_taken("mkfifo p; (echo through > p &); cat p > f; rm p", "f", "through\n")},
        {"P71", "hostile names at commit", odd_names_at_commit, is_taken("echo x > 'a b'", "a b", "x\n")},
        {"P74", "policy tamper", tamper_with_policy, policy_of_the_user},
    };
}

}  // namespace heddle::test
