// runtime/cli/sandbox.cpp: `heddle sandbox run|probe`: a command in the sandbox, and what this machine offers for it.
#include "sandbox/sandbox.h"

#include <fmt/core.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/cli/commands.h"
#include "sandbox/probe.h"

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;

struct RunOptions {
    std::filesystem::path workspace = ".";
    std::string mode = "direct";
    double seconds = std::chrono::duration<double>(sandbox::Limits{}.wall).count();
    std::uint64_t memory_mb = sandbox::Limits{}.memory_bytes >> 20;
    int processes = sandbox::Limits{}.processes;
    std::uint64_t output_bytes = sandbox::Limits{}.output_bytes;
    bool json = false;
    std::vector<std::string> command;
};

const char* name(sandbox::Outcome::Kind kind) {
    using Kind = sandbox::Outcome::Kind;
    switch (kind) {
        case Kind::exited:
            return "exited";
        case Kind::signaled:
            return "signaled";
        case Kind::timed_out:
            return "timed_out";
        case Kind::cpu_exceeded:
            return "cpu_exceeded";
        case Kind::out_of_memory:
            return "out_of_memory";
        case Kind::cancelled:
            return "cancelled";
        case Kind::setup_failed:
            return "setup_failed";
    }
    return "unknown";
}

Json as_json(const sandbox::Captured& stream) {
    return {{"text", stream.text()}, {"total_bytes", stream.total_bytes}, {"dropped_bytes", stream.dropped_bytes()}};
}

Json as_json(const sandbox::Result& result) {
    return {{"outcome", name(result.outcome.kind)},
            {"code", result.outcome.code},
            {"exit_status", result.outcome.exit_status()},
            {"sentence", sandbox::describe(result.outcome)},
            {"usage",
             {{"wall_ms", result.usage.wall.count() / 1000.0},
              {"cpu_ms", result.usage.cpu.count() / 1000.0},
              {"memory_peak_bytes", result.usage.memory_peak_bytes}}},
            {"stdout", as_json(result.out)},
            {"stderr", as_json(result.err)}};
}

void print(const Json& json) {
    // A guest's bytes need not be UTF-8; what is not becomes U+FFFD.
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

sandbox::Policy policy_of(const RunOptions& options) {
    sandbox::Policy policy;
    policy.workspace = std::filesystem::absolute(options.workspace);
    policy.mode = options.mode == "ro" ? sandbox::WorkspaceMode::ro : sandbox::WorkspaceMode::direct;
    policy.limits.wall = std::chrono::milliseconds(static_cast<std::int64_t>(options.seconds * 1000));
    policy.limits.memory_bytes = options.memory_mb << 20;
    policy.limits.processes = options.processes;
    policy.limits.output_bytes = options.output_bytes;
    return policy;
}

int run(const RunOptions& options) {
    auto sandbox = sandbox::Sandbox::start();
    sandbox::Command command;
    command.argv = options.command;
    const auto pass_through = [](sandbox::Sandbox::Stream stream, std::string_view bytes) {
        std::FILE* const to = stream == sandbox::Sandbox::Stream::out ? stdout : stderr;
        std::fwrite(bytes.data(), 1, bytes.size(), to);
        std::fflush(to);
    };
    const sandbox::Result result =
        sandbox.run(command, policy_of(options), {}, options.json ? sandbox::Sandbox::Sink() : pass_through);
    if (options.json) {
        print(as_json(result));
    } else if (result.outcome.kind != sandbox::Outcome::Kind::exited) {
        fmt::print(stderr, "heddle: {}\n", sandbox::describe(result.outcome));
    }
    const bool no_sandbox = result.outcome.kind == sandbox::Outcome::Kind::setup_failed;
    return no_sandbox ? exit_environment : result.outcome.exit_status();
}

int probe(bool json) {
    const sandbox::HostReport report = sandbox::probe();
    if (json) {
        Json layers = Json::array();
        for (const auto& layer : report.layers)
            layers.push_back({{"layer", layer.name}, {"present", layer.present}, {"detail", layer.detail}});
        print({{"usable", report.usable}, {"conclusion", report.conclusion}, {"layers", layers}});
    } else {
        for (const auto& layer : report.layers)
            fmt::print("{:<18} {:<4} {}\n", layer.name, layer.present ? "yes" : "no", layer.detail);
        fmt::print("\n{}\n", report.conclusion);
    }
    return report.usable ? exit_done : exit_environment;
}

}  // namespace

void add_sandbox(CLI::App& app, int& exit_code) {
    auto* group = app.add_subcommand("sandbox", "Run a command in the sandbox, or see what this machine offers for it");
    group->require_subcommand(1);

    auto options = std::make_shared<RunOptions>();
    auto* run_command = group->add_subcommand("run", "Run one command; pass its output through and exit as it did");
    run_command->add_option("--workspace", options->workspace, "Folder that the command may use, at its own path")
        ->capture_default_str();
    run_command->add_option("--mode", options->mode, "direct: it may write the workspace; ro: it may only read it")
        ->check(CLI::IsMember({"direct", "ro"}))
        ->capture_default_str();
    run_command->add_option("--time", options->seconds, "Seconds until it is killed")
        ->check(CLI::Range(0.001, 30'000'000.0))
        ->capture_default_str();
    run_command->add_option("--memory", options->memory_mb, "MiB that it may use in all")
        ->check(CLI::Range(8, 1 << 24))
        ->capture_default_str();
    run_command->add_option("--processes", options->processes, "Processes and threads that may live at a time")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    run_command->add_option("--output-max", options->output_bytes, "Bytes kept of each stream: its start and its end")
        ->check(CLI::Range(0, 1 << 30))
        ->capture_default_str();
    run_command->add_flag("--json", options->json, "Print one JSON object with outcome, usage and output instead");
    run_command->add_option("command", options->command, "The command and its arguments, after --")->required();
    run_command->callback([options, &exit_code] { exit_code = run(*options); });

    auto as_object = std::make_shared<bool>(false);
    auto* probe_command = group->add_subcommand("probe", "Try each layer of the sandbox and say what follows");
    probe_command->add_flag("--json", *as_object, "Print one JSON object instead");
    probe_command->callback([as_object, &exit_code] { exit_code = probe(*as_object); });
}

}  // namespace heddle
