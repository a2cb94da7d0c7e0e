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
        case Kind::output_exceeded:
            return 128 + SIGKILL;
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

const char* end_of(const Outcome& outcome) {
    if (outcome.met == Limit::tasks) return "tasks";
    if (outcome.met == Limit::disk) return "disk";
    switch (outcome.kind) {
        case Outcome::Kind::exited:
            return "exited";
        case Outcome::Kind::signaled:
            return outcome.code == SIGSYS ? "denied" : "signal";
        case Outcome::Kind::timed_out:
            return "wall";
        case Outcome::Kind::cpu_exceeded:
            return "cpu";
        case Outcome::Kind::out_of_memory:
            return "memory";
        case Outcome::Kind::output_exceeded:
            return "output";
        case Outcome::Kind::cancelled:
            return "cancelled";
        case Outcome::Kind::setup_failed:
            return "setup";
    }
    return "unknown";
}

std::string describe(const Outcome& outcome) {
    const auto with_detail = [&](std::string sentence) {
        return outcome.detail.empty() ? sentence + "." : fmt::format("{}: {}.", sentence, outcome.detail);
    };
    const auto with_limit = [&](std::string sentence) {
        if (outcome.met == Limit::none) return sentence + ".";
        const char* limit = outcome.met == Limit::tasks ? "processes" : "disk";
        return fmt::format("{} after it had met its limit of {}: {}.", sentence, limit, outcome.detail);
    };
    switch (outcome.kind) {
        case Outcome::Kind::exited:
            return with_limit(fmt::format("The command exited with status {}", outcome.code));
        case Outcome::Kind::signaled: {
            const char* name = ::sigdescr_np(outcome.code);
            return with_limit(
                fmt::format("The command was ended by signal {} ({})", outcome.code, name ? name : "unknown"));
        }
        case Outcome::Kind::timed_out:
            return with_detail("The command was killed at its time limit");
        case Outcome::Kind::cpu_exceeded:
            return with_detail("The command was killed at its CPU time limit");
        case Outcome::Kind::out_of_memory:
            return with_detail("The command was killed at its memory limit");
        case Outcome::Kind::output_exceeded:
            return with_detail("The command was killed at its output limit");
        case Outcome::Kind::cancelled:
            return with_detail("The command was cancelled and killed");
        case Outcome::Kind::setup_failed:
            return with_detail("The command did not run, because the sandbox could not be set up");
    }
    return "The command ended in an unknown way.";
}

}  // namespace heddle::sandbox
