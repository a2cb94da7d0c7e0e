// runtime/cli/sandbox_run.h: One command in the sandbox, as flags and the policy file want it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/enforcement.h"

namespace heddle {

struct SandboxRunOptions {
    std::filesystem::path workspace = ".";
    std::filesystem::path policy_file;  // none: policy.toml beside the configuration, where there is one
    std::optional<std::string> mode, network;
    std::vector<std::string> allowed_hosts;
    std::optional<double> seconds;
    std::optional<std::uint64_t> memory_mb, disk_mb, output_bytes;
    std::optional<int> processes;
    bool no_sandbox = false;  // nothing is enforced: never by a file, only as said here
    bool commit = false, terminal = false, json = false;
    std::vector<std::string> command;
};

// Each layer with its holder, after the tier.
nlohmann::ordered_json enforcement_json(const sandbox::Enforcement& held);

// Passes the command's output through, or prints one JSON object; returns the exit code. The object's keys:
// enforcement, end (one word of sandbox::end_of), code (exit status or signal), exit_status, sentence, usage,
// violations, remarks, stdout, stderr.
int run_in_sandbox(const SandboxRunOptions& options);

}  // namespace heddle
