// sandbox/outcome.cpp: Endings in words and as exit statuses.
#include "sandbox/outcome.h"

#include <fmt/core.h>

#include <csignal>
#include <cstring>

namespace heddle::sandbox {

int Outcome::exit_status() const {
    switch (kind) {
        case Kind::exited:
            return code;
        case Kind::signaled:
            return 128 + code;
        case Kind::timed_out:
        case Kind::cpu_exceeded:
            return 124;
        case Kind::out_of_memory:
            return 137;
        case Kind::cancelled:
            return 128 + SIGINT;
        case Kind::setup_failed:
            return 125;
    }
    return 125;
}

std::string Captured::text() const {
    if (dropped_bytes() == 0) return head + tail;
    return fmt::format("{}\n[... {} bytes dropped ...]\n{}", head, dropped_bytes(), tail);
}

std::string describe(const Outcome& outcome) {
    const auto with_detail = [&](std::string sentence) {
        return outcome.detail.empty() ? sentence + "." : fmt::format("{}: {}.", sentence, outcome.detail);
    };
    switch (outcome.kind) {
        case Outcome::Kind::exited:
            return fmt::format("The command exited with status {}.", outcome.code);
        case Outcome::Kind::signaled: {
            const char* name = ::sigdescr_np(outcome.code);
            return fmt::format("The command was ended by signal {} ({}).", outcome.code, name ? name : "unknown");
        }
        case Outcome::Kind::timed_out:
            return with_detail("The command was killed at its time limit");
        case Outcome::Kind::cpu_exceeded:
            return with_detail("The command was killed at its CPU time limit");
        case Outcome::Kind::out_of_memory:
            return with_detail("The command was killed at its memory limit");
        case Outcome::Kind::cancelled:
            return with_detail("The command was cancelled and killed");
        case Outcome::Kind::setup_failed:
            return with_detail("The command did not run, because the sandbox could not be set up");
    }
    return "The command ended in an unknown way.";
}

}  // namespace heddle::sandbox
