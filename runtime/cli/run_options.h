// runtime/cli/run_options.h: The options that exec and the conversation share, each named once.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/app.h"
#include "tools/command_gate.h"

namespace heddle {

struct RunFlags {
    std::string model, workspace, backend;
    std::optional<int> steps, threads;
    std::optional<std::int64_t> tokens, seconds;
    std::optional<double> temperature, top_p;
    std::optional<std::uint64_t> seed;
    bool no_thinking = false;
    bool no_sandbox = false;  // nothing is enforced: never by a file, only as said here
    bool json = false;
    std::string tools;        // names between commas; none: as configured
    std::string output_file;  // -o: also gets the answer
    std::string policy_file;  // none: policy.toml beside the configuration, where there is one
};

void add_run_options(CLI::App& app, RunFlags& flags);

// Flags over configuration over defaults; what is not enforced is said on standard error. `ask` is who approves what
// the policy's rules leave to the user; without it nobody does. Throws heddle::Error when no model is to be found,
// sandbox::Error for a policy that cannot be kept.
AppOptions app_options(const RunFlags& flags, tools::CommandGate::Ask ask = {});

}  // namespace heddle
