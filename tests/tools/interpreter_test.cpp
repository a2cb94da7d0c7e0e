// tests/tools/interpreter_test.cpp: Tests that bash and Python go on from piece to piece, and when each has ended.
#include "tools/interpreter.h"

#include <doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"
#include "tests/support/tool_house.h"

using namespace heddle;
using namespace heddle::test;
using namespace std::chrono_literals;
using State = tools::CodeReply::State;

namespace {

namespace fs = std::filesystem;

struct House {
    TempFolder folder;
    sandbox::Policy policy = [this] {
        sandbox::Policy made;
        made.workspace = folder.path();
        return made;
    }();
    sandbox::Session session = shared_sandbox().open(policy);
    tools::Interpreter shell{session, tools::bash_interpreter(), {}, policy.limits};
    tools::Interpreter python{session, tools::python_interpreter(), {}, policy.limits};

    std::string said(const tools::CodeReply& reply) {
        std::string text = reply.result.out.text();
        const auto& outcome = reply.result.outcome;
        if (reply.state == State::running) text += "[running]";
        if (reply.state == State::running) return text;
        if (reply.state == State::gone) text += "[gone]";
        if (outcome.kind != sandbox::Outcome::Kind::exited) text += std::string("[") + sandbox::end_of(outcome) + "]";
        if (outcome.exit_status() != 0) text += "[" + std::to_string(outcome.exit_status()) + "]";
        return text;
    }
    tools::CodeReply run(const std::string& command, std::chrono::milliseconds wait = 20s, bool typed = true) {
        return shell.run(command, typed, wait, {});
    }
    // Begins what goes on, and returns once it has printed `sign`, or has failed to.
    State begin(const std::string& command, const std::string& sign) { return await(run(command, 100ms), sign); }
    State await(const tools::CodeReply& reply, const std::string& sign) {
        std::string text = reply.result.out.text();
        State state = reply.state;
        for (int i = 0; i < 200 && state == State::running && text.find(sign) == std::string::npos; ++i) {
            const auto more = shell.type("", 100ms, {});
            text += more.result.out.text();
            state = more.state;
        }
        CHECK(text.find(sign) != std::string::npos);
        return state;
    }
    // What it printed, and its status if that is not 0.
    std::string text(const std::string& command) { return said(run(command)); }
    std::string py(const std::string& code) { return said(python.run(code, false, 20s, {})); }
};

}  // namespace

TEST_CASE("shell: folder, variables, functions, options and the last status live on") {
    if (not_here()) return;
    House house;
    CHECK(house.text("mkdir -p a/b; cd a/b; x=5; export Y=6; declare -A map=([k]=v); f() { echo \"f $1\"; }") == "");
    CHECK(house.text("echo $x $Y ${map[k]}; f 7; bash -c 'echo $x-$Y'") == "5 6 v\nf 7\n-6\n");
    CHECK(house.run("pwd").folder == (house.folder.path() / "a/b").string());
    CHECK(house.text("false") == "[1]");
    CHECK(house.text("echo $?") == "1\n");
    CHECK(house.text("set -u") == "");
    CHECK(house.text("echo $nothing").find("unbound") != std::string::npos);
    CHECK(house.text("set +u; echo on") == "on\n");
    CHECK(house.text("set -x; echo hi") == "+++ echo hi\nhi\n");
    CHECK(house.text("echo $-").find("+ echo") != std::string::npos);
    CHECK(house.text("set +x").find("heddle") == std::string::npos);
}

TEST_CASE("shell: a command has ended when it has, whoever holds its output, and whatever it does to the shell") {
    if (not_here()) return;
    House house;
    CHECK(house.text("sleep 60 & echo done") == "done\n");
    CHECK(house.text("(sleep 60; echo late) & (exit 4)") == "[4]");
    CHECK(house.text("kill %1 %2; wait; echo over").find("over\n") != std::string::npos);
    CHECK(house.text("echo here; break 1; echo gone").find("here\n") == 0);
    CHECK(house.text("return 3; echo on").find("on") != std::string::npos);
    CHECK(house.text("if then") != "");
    CHECK(house.text("echo still") == "still\n");
    CHECK(house.text("cat <<'E'\n$x \"q\" 'r' `s`\nE\necho \\\"x") == "$x \"q\" 'r' `s`\n\"x\n");
    CHECK(house.text("printf 'no end'") == "no end");
    CHECK(house.text("printf '\\xff\\x00\\n' | od -An -tx1") == " ff 00 0a\n");
    CHECK(house.text("exit 7") == "[gone][7]");
    CHECK(house.text("echo anew") == "anew\n");
    CHECK(house.text("exec sh -c 'echo in its place; exit 5'") == "in its place\n[gone][5]");
    CHECK(house.text("set -e; false; echo no") == "[gone][1]");
    CHECK(house.text("kill -9 $$") == "[gone][signal][137]");
    CHECK(house.text("echo again") == "again\n");
}

TEST_CASE("shell: what waits for input is running, takes what is typed, and can be interrupted") {
    if (not_here()) return;
    House house;
    CHECK(house.run("read -r name; echo \"hello $name\"", 300ms).state == State::running);
    CHECK(house.shell.is_running());
    auto reply = house.shell.type("world\n", 10s, {});
    CHECK(reply.state == State::done);
    CHECK(reply.result.out.text().find("hello world\n") != std::string::npos);
    CHECK(house.run("python3 -q", 300ms).state == State::running);
    for (int i = 0; i < 20 && reply.result.out.text().find("42") == std::string::npos; ++i)
        reply = house.shell.type("6 * 7\n", 1s, {});  // it may not be there yet
    CHECK(reply.result.out.text().find("42") != std::string::npos);
    CHECK(house.said(house.shell.type("\x04", 10s, {})).find("[") == std::string::npos);
    CHECK(house.run("read -r x </dev/tty; echo \"tty $x\"", 200ms).state == State::running);
    CHECK(house.shell.type("y\n", 10s, {}).result.out.text().find("tty y") != std::string::npos);
    CHECK(house.run("sleep 300", 200ms).state == State::running);
    reply = house.shell.interrupt();
    CHECK(reply.state == State::done);
    CHECK(reply.result.outcome.kind == sandbox::Outcome::Kind::cancelled);
    CHECK(house.begin("x=kept; echo on; while :; do :; done", "on") == State::running);
    CHECK(house.said(house.shell.interrupt()).find("[cancelled]") != std::string::npos);
    CHECK(house.text("echo $x") == "kept\n");
    CHECK(house.begin("trap '' INT QUIT; echo on; while :; do sleep 1; done", "on") == State::running);
    CHECK(house.shell.interrupt().state == State::gone);
    CHECK(house.text("echo $x-") == "-\n");
    CHECK(house.said(house.run("cat", 5s, false)) == "");  // with no one to type, there is nothing to read
    CHECK(house.said(house.run("yes", 20s)).find("[output]") != std::string::npos);
    CHECK(house.text("echo after") == "after\n");
}

TEST_CASE("python: names live on, a last expression is shown, and a traceback begins where the code does") {
    if (not_here()) return;
    House house;
    CHECK(house.py("x = 20\ndef f(n):\n    return n + x\nimport json") == "");
    CHECK(house.py("f(1)") == "21\n");
    CHECK(house.py("print('a')\n'b'") == "a\n'b'\n");
    CHECK(house.py("None") == "");
    CHECK(house.py("_") == "'b'\n");
    const std::string wrong = house.py("def g():\n    return json.loads('{')\ng()");
    CHECK(wrong.find("Traceback (most recent call last):\n  File \"<input") == 0);
    CHECK(wrong.find("return json.loads('{')") != std::string::npos);
    CHECK(wrong.find("JSONDecodeError") != std::string::npos);
    CHECK(wrong.find("<string>") == std::string::npos);
    CHECK(wrong.find("json/__init__") == std::string::npos);
    CHECK(wrong.ends_with("[1]"));
    CHECK(house.py("if x\n").find("SyntaxError") != std::string::npos);
    CHECK(house.py("x") == "20\n");
    CHECK(house.py("import sys; sys.exit(3)") == "[3]");
    CHECK(house.py("raise SystemExit('why')") == "why\n[1]");
    CHECK(house.py("x") == "20\n");
    CHECK(house.py("import os; os._exit(9)") == "[gone][9]");
    CHECK(house.py("x").find("NameError") != std::string::npos);
    CHECK(house.py("input()").find("EOFError") != std::string::npos);
    CHECK(house.py("import pickle\nclass A: pass\npickle.loads(pickle.dumps(A())).__class__.__name__") == "'A'\n");
    // What stands in for matplotlib, which need not be here, has one open figure until it is closed.
    fs::create_directories(house.folder.path() / "matplotlib");
    std::ofstream(house.folder.path() / "matplotlib/__init__.py").flush();
    std::ofstream(house.folder.path() / "matplotlib/pyplot.py")
        << "open_figures = [1]\n"
           "def get_fignums(): return list(open_figures)\n"
           "class figure:\n"
           "    def __init__(self, number): pass\n"
           "    def savefig(self, name): open(name, 'w').write('a figure')\n"
           "def close(which): open_figures.clear()\n";
    std::ofstream(house.folder.path() / "plot-1.png").flush();
    CHECK(house.py("import matplotlib.pyplot") == "[plot saved as plot-2.png]\n");
    CHECK(fs::file_size(house.folder.path() / "plot-2.png") == 8);
    CHECK(house.py("1") == "1\n");
    CHECK(house.python.run("while True: pass", false, 300ms, {}).state == State::running);
    CHECK(house.said(house.python.interrupt()).find("KeyboardInterrupt\n[cancelled]") != std::string::npos);
}
