// tests/sandbox/attacks/workspace.cpp: What is left in a workspace for others to run or to follow (P09 to P13, P69 to
// P71).
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "tests/sandbox/attacks/attack.h"

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

using sandbox::Result;
using sandbox::WorkspaceMode;

std::vector<std::string> tree_of(const fs::path& folder) {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        std::ifstream in(entry.path());
        all.push_back(entry.path().native() + ": " +
                      (entry.is_regular_file() ? std::string(std::istreambuf_iterator<char>(in), {}) : ""));
    }
    std::sort(all.begin(), all.end());
    return all;
}

// In a workspace that is copied on write the host's folder stays as it was, whatever is written.
Act leaves_host_alone(const std::string& script) {
    return [=](Range& range) {
        for (const char* folder : {".git/hooks", ".vscode"}) fs::create_directories(range.work() / folder);
        std::ofstream(range.work() / ".git/config") << "[core]\n";
        std::ofstream(range.work() / "main.c") << "int main;\n";
        const auto before = tree_of(range.work());
        range.policy.mode = WorkspaceMode::cow;
        const Result result = range.bash(script + "; echo end");
        const bool is_so = tree_of(range.work()) == before && result.out.text() == "end\n";
        return check_that(is_so, "not on the host", result);
    };
}

Act cow(const std::string& script, const std::string& out) {
    return bash(script, {out}, [](sandbox::Policy& policy) { policy.mode = WorkspaceMode::cow; });
}

Seen private_home(Range& range) {
    const Result result = range.bash("echo evil >> ~/.bashrc; echo evil >> ~/.profile; cat ~/.bashrc");
    const Result next = range.bash("cat ~/.bashrc");
    return check_that(result.out.text() == "evil\n" && next.out.text().empty(), "own home, gone with it", result);
}

Seen plant_program(Range& range) {
    const Result result = range.bash(
        "mkdir -p ~/.local/bin ~/bin; printf '#!/bin/sh\\necho evil\\n' > ~/.local/bin/ls; cp ~/.local/bin/ls ~/bin; "
        "cp ~/bin/ls /usr/local/bin/heddle-canary; chmod +x ~/.local/bin/ls ~/bin/ls");
    const Result next = range.bash("ls; command -v ls");
    return check_that(next.out.text().find("evil") == std::string::npos && !errors_in(result.err.text()).empty(),
                      "EROFS, own home", result);
}

Seen odd_names(Range& range) {
    const std::vector<std::string> names = {
        "new\nline", "\x1b[31mred", std::string(255, 'n'), "-rf", "\xff\xfe", "\u202egpj", " ", "$(id)"};
    const Result result =
        range.run({"python3", "-c",
                   "import os\nnames = [b'new\\nline', b'\\x1b[31mred', b'n' * 255, b'-rf', b'\\xff\\xfe', "
                   "'\\u202egpj'.encode(), b' ', b'$(id)']\nfor n in names: os.close(os.open(n, os.O_CREAT | "
                   "os.O_WRONLY))\nprint(sorted(os.listdir(b'.')) == sorted(names))"});
    // On the host, too, unless what is written is kept apart.
    const long expected = sandbox::keeps_apart(range.policy.mode) ? 0 : static_cast<long>(names.size());
    const long exact =
        std::count_if(names.begin(), names.end(), [&](const auto& name) { return fs::exists(range.work() / name); });
    const auto count = std::distance(fs::directory_iterator(range.work()), fs::directory_iterator{});
    const bool is_so = result.out.text() == "True\n" && exact == expected && count == expected;
    return check_that(is_so, "byte for byte", result);
}

// The workspace's own path is swapped for a link to elsewhere, between one command and the next.
Seen swapped_workspace(Range& range) {
    const fs::path work = range.work(), aside = work.parent_path() / "aside";
    fs::rename(work, aside);
    fs::create_symlink("/etc", work);
    Result result;
    std::string refused;
    try {
        result = range.bash("ls passwd shadow");
    } catch (const sandbox::Error& error) {
        refused = error.what();
    }
    fs::remove(work);
    fs::rename(aside, work);
    return check_that(refused.find("/etc") != refused.npos, "refused", result);
}

}  // namespace

std::vector<Attack> attacks_on_the_workspace() {
    return {
        {"P09", "git hook, before commit",
         leaves_host_alone("printf '#!/bin/sh\\ntouch /tmp/m' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit"),
         cow("git init -q . && printf '#!/bin/sh\\necho hook >&2' > .git/hooks/pre-commit && chmod +x "
             ".git/hooks/pre-commit && git -c user.name=a -c user.email=a@b commit -qm one --allow-empty 2>&1",
             "hook\n")},
        {"P10", "git config, before commit",
         leaves_host_alone("printf '[core]\\nfsmonitor = touch m\\n[alias]\\nst = !touch m\\n' > .git/config"),
         cow("git init -q . && git config user.name me && git config user.name", "me\n")},
        {"P11", "shell start files", private_home,
         bash("echo 'x=1' > ~/.bashrc; bash -ic 'echo $x' 2>/dev/null", {"1\n"})},
        {"P12", "agent and editor config, before commit",
         leaves_host_alone("mkdir .idea; for f in .mcp.json .vscode/tasks.json .idea/x .envrc AGENTS.md heddle.toml; "
                           "do echo evil > $f; done"),
         cow("mkdir .vscode; echo '{}' > .vscode/tasks.json; cat .vscode/tasks.json", "{}\n")},
        {"P13", "a program planted in PATH", plant_program,
         bash("mkdir -p ~/bin; printf '#!/bin/sh\\necho mine\\n' > ~/bin/tool; chmod +x ~/bin/tool; PATH=~/bin:$PATH "
              "tool",
              {"mine\n"})},
        {"P69", "the workspace swapped for a link", swapped_workspace,
         bash("mkdir d; mv d e; ln -s e d; echo x > d/f; cat e/f", {"x\n"})},
        {"P70", "fifo in the workspace, cow",
         leaves_host_alone("rm main.c; mkfifo main.c; mknod p p; ln -s /etc/shadow s"),
         cow("mkfifo f; (echo x > f &); cat f", "x\n")},
        {"P71", "hostile names", odd_names, bash("touch 'a b' ä; ls | wc -l", {"2\n"})},
    };
}

}  // namespace heddle::test
