// tests/sandbox/attacks/terminal.cpp: The terminal of the host, and sessions that are driven through one (P57, P79).
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using sandbox::Outcome;
using sandbox::Process;
using sandbox::Result;
using sandbox::Session;

std::string all_of(Process& process) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
        const std::string more = process.read(100ms);
        text += more;
        if (more.empty() && process.ended()) break;
    }
    return text;
}

// Types into the terminal that the command was given, and into whichever one the host has.
Seen type_into_terminal(Range& range) {
    Session session = range.sandbox->open(range.policy);
    sandbox::Command command = range.command(
        {"python3", "-c",
         "import fcntl, os\n"
         "for request in (0x5412, 0x5412 | 1 << 33, 0x541c, 0x5423):\n"
         "  for name in ('/dev/tty', '/dev/pts/0', '/dev/console', '/dev/tty1'):\n"
         "    try: fcntl.ioctl(os.open(name, os.O_RDWR), request & 0xffffffff, b'x'); print('typed', name)\n"
         "    except OSError as error: print(os.strerror(error.errno))\n"});
    command.terminal = sandbox::TerminalSize{};
    Process process = session.start(command);
    const std::string text = all_of(process);
    const auto errors = errors_in(text);
    return check_that(text.find("typed") == text.npos && !errors.empty() && errors[0] == "EPERM", "EPERM", said(text));
}

Seen type_as_a_user(Range& range) {
    Session session = range.sandbox->open(range.policy);
    sandbox::Command command =
        range.command({"bash", "-c", "stty -echo; echo ready; read -r line; echo \"got $line\""});
    command.terminal = sandbox::TerminalSize{};
    Process process = session.start(command);
    std::string text;
    while (text.find("ready") == text.npos && !process.ended()) text += process.read(1s);
    process.write("hello\n", 5s);
    text += all_of(process);
    return check_that(text.find("got hello") != text.npos, "typed", said(text));
}

// A kernel: lines of Python in, lines of answers out. Each of these breaks it in its own way.
Act breaks_kernel(const std::string& line, Outcome::Kind ending) {
    return [=](Range& range) {
        Session session = range.sandbox->open(range.policy);
        Process kernel =
            session.start(range.command({"python3", "-i", "-q", "-c", "import os, sys, time; sys.ps1 = ''"}));
        kernel.write(line + "\n", 5s);
        if (ending == Outcome::Kind::signaled) {
            kernel.read(300ms);
            kernel.kill();
        }
        kernel.close_input();
        const std::string text = all_of(kernel);
        const auto ended = kernel.ended();
        const Result next = session.run(range.command({"echo", "again"}));
        const bool is_so = ended && ended->kind == ending && next.out.text() == "again\n" && session.is_open();
        return check_that(is_so, ended ? describe(*ended).substr(0, 22) : "hangs", said(text));
    };
}

Seen honest_kernel(Range& range) {
    Session session = range.sandbox->open(range.policy);
    Process kernel = session.start(range.command({"python3", "-i", "-q", "-c", "import sys; sys.ps1 = ''"}));
    kernel.write("x = 20\nprint(x + 1)\n", 5s);
    kernel.close_input();
    const std::string text = all_of(kernel);
    return check_that(text.find("21") != text.npos, "answers", said(text));
}

// What a child may find open, besides the three streams, would be a way to speak for the keeper.
Seen read_control_pipe(Range& range) {
    Session session = range.sandbox->open(range.policy);
    const Result result = session.run(range.command(
        {"python3", "-c",
         "import os, subprocess\n"
         "print(sorted(int(f) for f in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + f)))\n"
         "for f in range(3, 200):\n"
         "  try: os.write(f, b'exited 0'); print('wrote', f)\n"
         "  except OSError: pass\n"
         "raise SystemExit(subprocess.run(['cat', '/proc/1/fd/3', '/proc/1/fd/4']).returncode)"}));
    return compare(result, {"[0, 1, 2]\n", {"EACCES", "EPERM", "ENOENT"}, Outcome::Kind::exited, 1});
}

}  // namespace

std::vector<Attack> attacks_on_the_terminal() {
    return {
        {"P57", "TIOCSTI, TIOCLINUX, TIOCSETD", asks("ask_kernel", {"tiocsti", "tiocsti_high", "tioclinux"}, {"EPERM"}),
         bash("script -qc 'echo in a terminal' /dev/null </dev/null | tr -d '\\r'", {"in a terminal\n"})},
        {"P57", "the same in a terminal of its own", type_into_terminal, type_as_a_user},
        {"P79", "a kernel that ends itself", breaks_kernel("os._exit(1)", Outcome::Kind::exited), honest_kernel},
        {"P79", "a kernel that spins", breaks_kernel("while 1: pass\n", Outcome::Kind::signaled), honest_kernel},
        {"P79", "a kernel that closes its output", breaks_kernel("os.close(1); os.close(2)", Outcome::Kind::exited),
         honest_kernel},
        {"P79", "a kernel that replaces its output",
         breaks_kernel("sys.stdout = open('/dev/null', 'w')", Outcome::Kind::exited), honest_kernel},
        {"P79", "a child that reads the control pipe", read_control_pipe, honest_kernel},
    };
}

}  // namespace heddle::test
