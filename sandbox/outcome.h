// sandbox/outcome.h: How a guest ended; every ending has a name.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/enforcement.h"

namespace heddle::sandbox {

struct Outcome {
    enum class Kind { exited, signaled, timed_out, cpu_exceeded, out_of_memory, cancelled, setup_failed };
    Kind kind = Kind::setup_failed;
    int code = 0;        // exited: exit status; signaled: the signal
    std::string detail;  // setup_failed: which step, which errno, what to do

    int exit_status() const;  // for a shell: the status; 124 time; 137 memory; 128 + signal; 125 setup
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
    std::optional<Enforcement> enforcement;  // what held it; none where the setup failed
};

inline constexpr std::size_t violations_max = 10;

std::string describe(const Outcome& outcome);  // one sentence

}  // namespace heddle::sandbox
