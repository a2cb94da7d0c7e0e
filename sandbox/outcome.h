// sandbox/outcome.h: How a guest ended; every ending has a name.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/enforcement.h"

namespace heddle::sandbox {

// Limits at which the kernel refuses and kills nobody.
enum class Limit { none, tasks, disk };

struct Outcome {
    enum class Kind {
        exited,
        signaled,
        timed_out,
        cpu_exceeded,
        out_of_memory,
        output_exceeded,
        cancelled,
        setup_failed
    };
    Kind kind = Kind::setup_failed;
    int code = 0;        // exited: exit status; signaled: the signal
    std::string detail;  // which limit, or of setup_failed: which step, which errno, what to do
    // What a command that failed by itself had met. It is no kind: a refused fork or write ends nobody, and the status
    // that the command chose then tells more than ours would.
    Limit met = Limit::none;

    bool succeeded() const { return kind == Kind::exited && code == 0; }
    int exit_status() const;  // for a shell: the status; 124 time; 137 memory, output; 128 + signal; 125 setup
};

struct Usage {
    std::chrono::microseconds wall{0}, cpu{0};
    std::uint64_t memory_peak_bytes = 0;
};

// One stream of a guest, bounded: the first and the last bytes, and how many fell between.
struct Captured {
    std::string head, tail;
    std::uint64_t total_bytes = 0;  // as written by the guest

    std::uint64_t dropped_bytes() const { return total_bytes - head.size() - tail.size(); }
    std::string text() const;  // head + "\n[... N bytes dropped ...]\n" + tail; bytes, not yet UTF-8
};

struct Result {
    Outcome outcome;
    Usage usage;
    Captured out, err;                       // err is empty with Command::merge_output
    std::vector<std::string> violations;     // what the policy kept it from, a line each: at most violations_max
    std::vector<std::string> remarks;        // of Sandbox::run, for the user: as Session::remarks()
    std::optional<Enforcement> enforcement;  // what held it; none where the setup failed
};

inline constexpr std::size_t violations_max = 10;

// The cause in one word: exited, signal, denied (a signal of seccomp), wall, cpu, memory, output, tasks, disk,
// cancelled, setup.
const char* end_of(const Outcome& outcome);
std::string describe(const Outcome& outcome);  // one sentence

}  // namespace heddle::sandbox
