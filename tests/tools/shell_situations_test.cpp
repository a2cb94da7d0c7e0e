// tests/tools/shell_situations_test.cpp: Situations in which a shell may hang, lie or be lost, and what each call
// gives.
#include <doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/tool_house.h"

using namespace heddle;
using namespace heddle::test;
using namespace std::chrono_literals;
using prompts::Json;

namespace {

constexpr int running = -1, refused = -2;
constexpr auto deadline = 15s;  // of each call, on a machine that has other work, too

struct Call {
    const char* tool;
    Json arguments;
    std::string holds;  // somewhere in the text
    int status;
};

Call sh(const std::string& command, const std::string& holds, int status = 0) {
    return {"bash", {{"command", command}}, holds, status};
}
Call key(const char* name, const std::string& holds, int status = 0) {
    return {"bash_input", {{"key", name}, {"wait", status == running ? 1 : 10}}, holds, status};
}
Call type(const char* text, const std::string& holds, int status = 0) {
    return {"bash_input", {{"text", text}, {"wait", status == running ? 1 : 10}}, holds, status};
}
const Call on = sh("echo still $((6 * 7))", "still 42");

struct Situation {
    const char* name;
    std::vector<Call> calls;
};

// A full-screen program, as vim is one: raw mode, the other screen, keys one by one until a q.
const std::string screen =
    "bash -c 'stty raw -echo; printf \"\\e[?1049h\\e[2J\\e[1;1Htext on a screen\" >/dev/tty; "
    "while IFS= read -r -n1 c; do [[ $c == q ]] && break; done; printf \"\\e[?1049l\" >/dev/tty'";

const std::vector<Situation> alone = {
    {"a background job holds the output", {sh("sleep 60 & echo done", "done"), on}},
    {"a grandchild holds the output", {sh("sh -c 'sleep 60 & exit 3'; (setsid sleep 60 &)", ""), on}},
    {"the status of a program that leaves a grandchild", {sh("sh -c 'sleep 60 & exit 3'", "[exit status 3]", 3)}},
    {"a daemon", {sh("setsid sh -c 'sleep 60' </dev/null >/dev/null 2>&1 & disown; echo off", "off"), on}},
    {"exec", {sh("exec sh -c 'echo in its place; exit 5'", "in its place\n[the shell has ended", 5), on}},
    {"exit", {sh("x=1; exit 3", "[exit status 3]", 3), sh("echo \"<$x>\"", "<>")}},
    {"exit with a trap", {sh("trap 'echo bye' EXIT; exit 4", "bye", 4), on}},
    {"set -e", {sh("set -e; false; echo no", "[exit status 1]", 1), on}},
    {"set -u, -f, -v, -C, -a, -x", {sh("set -ufCax", ""), sh("echo $nothing", "unbound", 1), sh("echo on", "on")}},
    {"set -n and -t", {sh("set -n; echo on", "on"), sh("set -t; echo once", ""), sh("true", ""), on}},
    {"a broken prompt", {sh("PS1='$(exit 9)' PS0=x PROMPT_COMMAND='exit 4'; echo set", "set"), on, on}},
    {"no PATH", {sh("unset PATH; ls", "", 127), sh("echo on; PATH=/usr/bin:/bin ls -d /", "on\n/")}},
    {"functions in place of builtins",
     {sh("read(){ :; }; printf(){ :; }; eval(){ :; }; builtin(){ :; }; set(){ :; }; unset(){ :; }; enable(){ :; }; "
         "exit(){ :; }; return(){ :; }; command(){ :; }; test(){ :; }; export(){ :; }; echo made",
         "made"),
      on, on}},
    {"aliases in place of words of the shell",
     {sh("alias eval=: printf=: read=: while=: for=: if=: done=: exit=:; echo made", "made"), on, on}},
    {"builtins that are off", {sh("enable -n eval read printf builtin exit set return; echo off", "off"), on, on}},
    {"traps", {sh("trap 'echo debug' DEBUG; trap 'echo error' ERR; trap 'echo return' RETURN; false", "error", 1), on}},
    {"variables of the loop that are read-only",
     {sh("readonly heddle_status=1 heddle_text=echo heddle_busy", "the shell has ended", 1), on}},
    {"variables and functions of the loop that are gone",
     {sh("unset ${!heddle_@}; unset -f heddle_next heddle_status_is; echo gone", "the shell has ended"), on}},
    {"closed descriptors of the loop", {sh("exec 18>&- 19>&-; exec 19</dev/null; echo closed", "closed"), on, on}},
    {"all descriptors closed",
     {sh("for n in {3..60}; do eval \"exec $n>&-\"; done; echo closed", "the shell has ended", 1), on}},
    {"closed standard streams", {sh("exec 2>&-; exec >&- <&-", ""), on}},
    {"output sent elsewhere for good", {sh("exec >/dev/null 2>&1; echo gone", "[no output]"), on}},
    {"no more files or processes", {sh("ulimit -f 0; ulimit -u 1; ulimit -n 24; echo set", "set"), on}},
    {"hardly any descriptors", {sh("ulimit -n 4; echo set", "the shell has ended"), on}},
    {"a syntax error", {sh("echo first; if then", "syntax error", 2), on}},
    {"an open quote", {sh("echo \"abc", "unexpected EOF", 2), on}},
    {"break, continue and return where there is nothing to leave",
     {sh("break 99; continue 99; return 3; echo on", ""), on, on}},
    {"bytes of every kind", {sh("printf '\\x00\\xff\\xfe\\x1b[31m\\xc3'", "\xef\xbf\xbd"), on}},
    {"a hundred megabytes", {sh("head -c 100000000 /dev/zero", "[stopped: printed too much", 137), on}},
    {"yes", {sh("yes", "[stopped: printed too much", 137), on}},
    {"a here-document", {sh("x=1; cat <<E\n$x \\$x\nE\necho end", "1 $x\nend")}},
    {"a here-document with quotes", {sh("cat <<'E'\n$x \"q\" 'r' `s` \\\nE", "$x \"q\" 'r' `s` \\")}},
    {"jobs",
     {sh("sleep 60 & sleep 0.1 & jobs; fg %2; kill %1; wait %1", "sleep 60", 143),
      sh("sleep 60 & kill -STOP %1; bg %1; kill -9 $!; wait $!", "", 137), on}},
    {"cat without end", {sh("cat", "[no output]"), on}},
    {"read without input", {sh("read x", "[exit status 1]", 1), on}},
    {"a shell that kills itself", {sh("kill -9 $$", "[killed by signal 9]", 137), on}},
    {"everything is killed", {sh("sleep 60 & kill -9 -1; echo left", ""), on}},
    {"a terminal left without echo", {sh("stty raw -echo </dev/tty", ""), sh("stty -a </dev/tty", " echo "), on}},
    {"a folder that is removed", {sh("mkdir g; cd g; rmdir ../g; echo in", "in"), sh("ls; cd ..; pwd", "/"), on}},
    {"no newline at the end", {sh("printf end", "end"), on}},
    {"ten thousand lines", {sh("seq 10000", "\n10000")}},
    {"a progress bar", {sh("printf '10%%\\r20%%\\r100%%\\n'", "100%")}},
    {"a line of 128 KiB", {sh("head -c 131072 /dev/zero | tr '\\0' a", "bytes left out"), on}},
    {"a program that a signal ends", {sh("sh -c 'kill -TERM $$'", "[exit status 143]", 143), on}},
    {"umask, aliases and functions",
     {sh("umask 077; alias hi='echo hi'; f() { echo \"f $1\"; }", ""), sh("umask; hi; f 1", "0077\nhi\nf 1")}},
    {"output of the background that comes later",
     {sh("(sleep 0.5; echo late) & echo now", "now"), sh("wait; echo then", "late\nthen")}},
    {"a zero byte in the command", {sh(std::string("echo a\0b", 8), "NUL byte", refused), on}},
};

const std::vector<Situation> past_its_time = {
    {"a limit of time", {sh("x=kept; sleep 60", "[stopped after 2 s]", 124), sh("echo $x", "kept")}},
    {"a loop of the shell itself",
     {sh("x=kept; while :; do :; done", "[stopped after 2 s]", 124), sh("echo $x", "kept")}},
    {"a read from the terminal", {sh("read x </dev/tty", "[stopped after 2 s]", 124), on}},
    {"one that ignores signals",
     {sh("trap '' INT QUIT TERM; while :; do sleep 1; done", "has ended; the next call starts a new one", 124), on}},
    {"a broken prompt, interrupted", {sh("PROMPT_COMMAND='exit 4'; sleep 60", "[stopped after 2 s]", 124), on}},
};

const std::vector<Situation> typed_to = {
    {"a REPL", {sh("python3 -q", "still running", running), type("6 * 7", "42", running), key("ctrl-d", ""), on}},
    {"cat", {sh("cat", "still running", running), type("one", "one", running), key("ctrl-d", ""), on}},
    {"a prompt", {sh("read -p 'sure? ' a; echo \"said $a\"", "still running", running), type("yes", "said yes"), on}},
    {"a prompt on the terminal",
     {sh("bash -c 'read -s -p secret: a </dev/tty; echo \"${#a} letters\"'", "secret:", running),
      type("four", "4 letters"), on}},
    {"an editor opened by mistake",
     {sh(screen, "text on a screen", running),
      {"bash_input", {{"text", "q"}, {"key", "none"}, {"wait", 10}}, "", 0},
      on}},
    {"an editor that is killed",
     {sh(screen, "text on a screen", running), {"bash_input", {{"kill", true}}, "", 130}, on}},
    {"an interrupted loop",
     {sh("x=kept; while :; do :; done", "", running), key("ctrl-c", "", 130), sh("echo $x", "kept")}},
    {"a stopped program", {sh("cat", "", running), key("ctrl-z", "", 148), sh("jobs; kill %1", "Stopped"), on}},
    {"another command meanwhile",
     {sh("sleep 60", "", running),
      sh("echo no", "still busy with: sleep 60", refused),
      {"bash_input", {{"kill", true}}, "", 130},
      on}},

    {"nothing that runs",
     {type("x", "nothing is running", refused), {"bash_input", Json::object(), "no command is running", 0}}},
};

void check(const std::vector<Situation>& situations, const std::vector<std::string>& names,
           const sandbox::Limits& limits, std::chrono::milliseconds yield_time) {
    for (const Situation& situation : situations) {
        TempFolder folder;
        sandbox::Policy policy;
        policy.workspace = folder.path();
        policy.limits = limits;
        tools::Workbench bench(shared_sandbox(), policy);
        tools::ToolContext context{bench};
        context.yield_time = yield_time;
        tools::Dispatcher dispatcher(context);
        tools::add_tools(dispatcher, names);
        for (const Call& wanted : situation.calls) {
            prompts::ToolCall call;
            call.name = wanted.tool;
            call.arguments = wanted.arguments;
            const auto begun = std::chrono::steady_clock::now();
            const tools::ToolResult result = dispatcher.call(call, {});
            const auto time = std::chrono::steady_clock::now() - begun;
            INFO(std::string(situation.name) << ": " << wanted.arguments.dump(-1, ' ', true).substr(0, 200) << "\n"
                                             << result.text.substr(0, 1000));
            CHECK((result.text.find(wanted.holds) != std::string::npos));
            CHECK(result.text.size() < 17'000);
            CHECK(time < deadline);
            const Json status = result.details.value("exit_status", Json());
            if (wanted.status == refused)
                CHECK(!result.ok);
            else if (wanted.status == running)
                CHECK(status.is_null());
            else
                CHECK(status == wanted.status);
        }
    }
}

}  // namespace

TEST_CASE("shell: in each situation a command ends by itself, with its status, and the next one runs") {
    if (not_here()) return;
    check(alone, {"bash"}, {}, 30s);
}

TEST_CASE("shell: what does not end is stopped at its limit, and what was set is kept where that can be") {
    if (not_here()) return;
    sandbox::Limits limits;
    limits.wall = 2s;
    check(past_its_time, {"bash"}, limits, 30s);
}

TEST_CASE("shell: what waits for somebody is typed to, interrupted, stopped or killed") {
    if (not_here()) return;
    check(typed_to, {"bash", "bash_input"}, {}, 2s);
}
