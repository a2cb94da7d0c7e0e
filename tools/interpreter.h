// tools/interpreter.h: A bash or Python that goes on from call to call: what one piece of code sets, the next one
// finds.
#pragma once

#include <termios.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sandbox/capture.h"
#include "sandbox/session.h"
#include "tools/end_words.h"
#include "tools/long_output.h"

namespace heddle::tools {

// What came of a piece of code since it was last asked for.
struct CodeReply {
    enum class State {
        done,     // it has ended
        running,  // still; it can be sent text, waited for or stopped
        gone,     // the interpreter itself has ended with it; the next piece starts another
    };
    State state = State::done;
    // Of what is not running: how it ended; after `done` as a shell has it, with 128 + N for signal N, unless it was
    // stopped.
    sandbox::Result result;
    bool is_anew = false;  // the interpreter before this one had ended behind the last piece
    std::string kept;      // where all of its output lies, if that is long; in words
    std::string folder;    // where the interpreter is, after `done`; hostile bytes
};

// How one is started: it has to take code over its standard input, a socket, as "SIZE INPUT\n" and SIZE bytes, run it
// with the file INPUT as standard input, and tell its end there as "STATUS FOLDER" and a NUL.
struct InterpreterStart {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  // on top of the clean one, and of what the user sets
};
InterpreterStart bash_interpreter();
InterpreterStart python_interpreter();

// Runs in a session of the sandbox, with a terminal (/dev/tty) for programs that ask for one, while what they print
// goes to a pipe, so that they print as for a program. One piece of code at a time: `run` only when none is running.
// Each is held to the limits of time, in sum of what it starts, and of output: past one it is stopped, also when nobody
// asks for it any more. Calls come from one thread at a time; they throw sandbox::Error when the session has ended.
class Interpreter {
 public:
    // The session outlives it. `environment` gives way to that of `start`.
    Interpreter(sandbox::Session& session, InterpreterStart start, std::map<std::string, std::string> environment,
                const sandbox::Limits& limits, const OutputFolder* outputs = nullptr);
    ~Interpreter();

    bool is_running() const { return is_running_; }
    const std::string& code() const { return code_; }      // that runs, or ran last
    const std::string& folder() const { return folder_; }  // where it was at the end of the last piece; may be empty

    // Runs it until it ends, `wait` is over or a stop is requested: then it is stopped. Its standard input is the
    // terminal when `can_be_typed_to`, else empty. It holds no NUL.
    CodeReply run(const std::string& code, bool can_be_typed_to, std::chrono::milliseconds wait,
                  const std::stop_token& stop);
    // Of what is running: types `text`, which may be empty, and waits. Where nothing is, there may be output of what it
    // left running.
    CodeReply type(std::string_view text, std::chrono::milliseconds wait, const std::stop_token& stop);
    // Interrupts it, as with Ctrl-C; then with SIGQUIT; then the interpreter is killed with all that is in its
    // terminal.
    CodeReply interrupt();

 private:
    using Clock = std::chrono::steady_clock;
    void start();
    bool await_end(Clock::time_point until, const std::stop_token& stop);  // whether it came
    std::optional<sandbox::Outcome::Kind> excess(const std::stop_token& stop);
    bool take_output(int fd);
    bool take_words();
    void drain();
    void stop_code();
    void stop_in_time();
    CodeReply reply();

    sandbox::Session& session_;
    InterpreterStart start_;
    sandbox::Limits limits_;
    std::uint64_t printed_max_;
    std::optional<sandbox::Process> process_;
    termios terminal_{};    // as it was at the start
    bool is_lost_ = false;  // it has ended, and nobody was told
    std::string code_;
    bool is_running_ = false;
    Clock::time_point begun_, next_account_;
    std::chrono::system_clock::time_point begun_on_clock_;
    std::chrono::microseconds cpu_before_{0};
    std::optional<sandbox::Outcome::Kind> stopped_;  // why
    EndWords words_;
    std::optional<int> status_;
    std::string folder_;
    std::optional<sandbox::Capture> capture_;  // since the last reply
    const OutputFolder* outputs_;              // outlives it, as the session
    LongOutput whole_{nullptr};                // of this piece
    std::uint64_t printed_ = 0;                // by this piece, in all
    std::jthread overtime_;  // ends what nobody asks for; the last, so that it is through before what it uses goes
};

}  // namespace heddle::tools
