// tools/interpreter.h: A bash or Python that goes on from call to call: what one piece of code sets, the next one
// finds.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/capture.h"
#include "sandbox/session.h"

namespace heddle::tools {

// What came of a piece of code since it was last asked for.
struct CodeReply {
    enum class State {
        done,     // it has ended, with `status`
        running,  // still; it can be sent text, waited for or stopped
        gone,     // the interpreter itself has ended, as `outcome` says; the next piece starts another
    };
    State state = State::done;
    int status = 0;           // as a shell has it: 128 + N after signal N
    bool is_stopped = false;  // because it was asked to, was cancelled, or printed too much
    bool is_flood = false;    // it printed too much
    sandbox::Captured output;
    std::string folder;  // where the interpreter is, after `done`; hostile bytes
    sandbox::Outcome outcome;
};

// How one is started: it has to take code over its standard input, a socket, as "SIZE INPUT\n" and SIZE bytes, run it
// with the file INPUT as standard input, and tell its end there as "STATUS FOLDER" and a NUL.
struct InterpreterStart {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  // on top of the clean one
};
InterpreterStart bash_interpreter();
InterpreterStart python_interpreter();

// Runs in a session of the sandbox, with a terminal (/dev/tty) for programs that ask for one, while what they print
// goes to a pipe, so that they print as for a program. One piece of code at a time: `run` only when none is running.
// Calls come from one thread at a time; they throw sandbox::Error when the session has ended.
class Interpreter {
 public:
    // The session outlives it. `output_max`: bytes that a piece of code may print.
    Interpreter(sandbox::Session& session, InterpreterStart start, std::uint64_t output_max);
    ~Interpreter();

    bool is_running() const { return is_running_; }
    const std::string& code() const { return code_; }  // that runs, or ran last

    // Runs it until it ends, `wait` is over or a stop is requested: then it is stopped. Its standard input is the
    // terminal when `can_be_typed_to`, else empty. It holds no NUL.
    CodeReply run(const std::string& code, bool can_be_typed_to, std::chrono::milliseconds wait,
                  const std::stop_token& stop);
    // Of what is running: types `text`, which may be empty, and waits.
    CodeReply type(std::string_view text, std::chrono::milliseconds wait, const std::stop_token& stop);
    // Interrupts it, as with Ctrl-C; then with SIGQUIT; then the interpreter is killed with all that is in its
    // terminal.
    CodeReply interrupt();

 private:
    using Clock = std::chrono::steady_clock;
    void start();
    bool await_end(Clock::time_point until, const std::stop_token& stop);  // whether it came
    bool take_output(int fd);
    bool take_words();
    void drain();
    void stop_code();
    CodeReply reply();

    sandbox::Session& session_;
    InterpreterStart start_;
    std::uint64_t output_max_;
    std::optional<sandbox::Process> process_;
    std::string code_;
    bool is_running_ = false;
    bool is_stopped_ = false;
    std::string words_;  // what it has said so far, up to its NUL
    std::optional<int> status_;
    std::string folder_;
    std::optional<sandbox::Capture> capture_;  // since the last reply
    std::uint64_t printed_ = 0;                // by this piece, in all
    bool is_flood_ = false;
};

}  // namespace heddle::tools
