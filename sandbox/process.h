// sandbox/process.h: A command that goes on while its caller does other things.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

struct GuestLink;

// Has a terminal, or two pipes: one to type into, one for both of its outputs; or, where it is talked to, a pipe for
// its outputs, a socket for its input that answers, and a terminal beside them. When this goes, the command is killed
// with all of its terminal session. One thread at a time.
class Process {
 public:
    // What it wrote, as soon as there is something, its end, or `wait` is over: at most 64 KiB, perhaps none.
    std::string read(std::chrono::milliseconds wait);
    // All of it, unless it does not take it within `wait`: then returns how much it took.
    std::size_t write(std::string_view bytes, std::chrono::milliseconds wait);
    void close_input();              // end of file, where it has no terminal
    void resize(TerminalSize size);  // of the terminal that is its output
    void kill();
    std::optional<Outcome> ended();  // looks now; what it wrote before may still be unread
    // Calls that were refused to it and to what it started, a line each, since this was last asked.
    std::vector<std::string> take_violations();

    int output() const { return output_.get(); }  // readable when read() has something; for a poll()
    // Where it is talked to; they never block. Below zero where there are none.
    int talk() const { return has_talk_ ? input_.get() : -1; }
    int terminal() const { return terminal_.get(); }

 private:
    friend class Session;
    friend Process start_process(const GuestLink& guest, const Command& command);
    Process() = default;
    void take_note();

    Fd notes_, output_, input_;  // a terminal alone is the output, and has no input of its own
    Fd terminal_;                // beside them
    bool has_talk_ = false;
    std::optional<Outcome> outcome_;
    std::chrono::microseconds cpu_{0};  // of one that has ended
    int leader_ = 0;                    // of its terminal session, as the guest numbers it; 0 until it is known
    std::vector<std::string> violations_;
};

// Throws Error.
Process start_process(const GuestLink& guest, const Command& command);

}  // namespace heddle::sandbox
