// runtime/cli/run_options.h: The options that exec and the conversation share, each named once.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app.h"

namespace heddle {

// What `heddle tools call` has, too.
struct WorkshopFlags {
    std::string workspace;
    std::string policy_file;                    // none: policy.toml beside the configuration, where there is one
    bool no_sandbox = false;                    // nothing is enforced: never by a file, only as said here
    std::string tools;                          // names between commas; none: as configured
    std::vector<std::string> allow, ask, deny;  // rules on calls, beside the configured ones
    std::string approval;                       // of calls that no rule names; none: as configured
};

struct RunFlags : WorkshopFlags {
    std::string model, backend;
    std::optional<int> steps, threads;
    std::optional<std::int64_t> tokens, seconds;
    std::optional<double> temperature, top_p;
    std::optional<std::uint64_t> seed;
    bool no_thinking = false;
    bool json = false;
    std::string output_file;  // -o: also gets the answer
};

void add_workshop_options(CLI::App& app, WorkshopFlags& flags);  // but for the choice of tools
void add_run_options(CLI::App& app, RunFlags& flags);

// Flags over configuration over defaults; what is not enforced is said on standard error. `ask` is who approves what
// the policy's rules leave to the user; without it nobody does. Throws heddle::Error when no model is to be found,
// sandbox::Error for a policy that cannot be kept.
WorkshopOptions workshop_options(const WorkshopFlags& flags, tools::Ask ask = {});
AppOptions app_options(const RunFlags& flags, tools::Ask ask = {});

}  // namespace heddle
