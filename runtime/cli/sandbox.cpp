// runtime/cli/sandbox.cpp: `heddle sandbox`: a command in the sandbox, its changes, its policy, and what there is here.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/cli/commands.h"
#include "runtime/cli/sandbox_changes.h"
#include "runtime/cli/sandbox_explain.h"
#include "runtime/cli/sandbox_run.h"
#include "runtime/cli/standard_output.h"
#include "sandbox/launch.h"
#include "sandbox/limits.h"
#include "sandbox/namespace_cure.h"
#include "sandbox/probe.h"

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;

int probe(bool json) {
    const sandbox::HostReport report = sandbox::probe();
    if (json) {
        Json layers = Json::array();
        for (const auto& layer : report.layers)
            layers.push_back({{"layer", layer.name}, {"present", layer.present}, {"detail", layer.detail}});
        Json object = {{"usable", report.usable}, {"conclusion", report.conclusion}, {"layers", layers}};
        if (report.enforcement) object["enforcement"] = enforcement_json(*report.enforcement);
        print_answer(object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    } else {
        for (const auto& layer : report.layers)
            fmt::print("{:<18} {:<4} {}\n", layer.name, layer.present ? "yes" : "no", layer.detail);
        if (report.enforcement) {
            fmt::print("\n{:<18} {}\n", "tier", sandbox::name_of(report.enforcement->tier));
            for (std::size_t i = 0; i < sandbox::layers_count; ++i)
                fmt::print("{:<18} {}\n", sandbox::name_of(static_cast<sandbox::Layer>(i)),
                           sandbox::name_of(report.enforcement->holders[i]));
        }
        fmt::print("\n{}\n", report.conclusion);
    }
    return report.usable ? exit_done : exit_environment;
}

void add_run(CLI::App& group, int& exit_code) {
    auto options = std::make_shared<SandboxRunOptions>();
    const sandbox::Limits limits;
    auto* run = group.add_subcommand("run", "Run one command; pass its output through and exit as it did");
    run->add_option("--workspace", options->workspace, "Folder that the command may use, at its own path")
        ->capture_default_str();
    run->add_option(
           "--mode", options->mode,
           "direct: it writes to the folder; ro: it only reads it; cow: what it writes is kept apart; copy: the same "
           "over a copy of the folder (direct, unless the policy says otherwise)")
        ->check(CLI::IsMember({"direct", "ro", "cow", "copy"}));
    run->add_flag("--commit", options->commit,
                  "With --mode cow or copy: take what it changed into the folder afterwards");
    run->add_option("--net", options->network,
                    "off: a loopback of its own; proxy: the hosts that are allowed; host: the network of this machine")
        ->check(CLI::IsMember({"off", "proxy", "host"}));
    run->add_option("--allow", options->allowed_hosts, "A host for --net proxy: host[:port] or *.host; may be repeated")
        ->allow_extra_args(false);
    run->add_option("--policy", options->policy_file, "A policy file in place of the user's policy.toml");
    run->add_option("--time", options->seconds,
                    fmt::format("Seconds until it is killed ({})", limits.wall.count() / 1000))
        ->check(CLI::Range(0.001, 30'000'000.0));
    run->add_option("--memory", options->memory_mb,
                    fmt::format("MiB that it may use in all ({})", limits.memory_bytes >> 20))
        ->check(CLI::Range(8, 1 << 24));
    run->add_option(
           "--disk", options->disk_mb,
           fmt::format("MiB that it may write with --mode cow, or copy with --mode copy ({})", limits.disk_bytes >> 20))
        ->check(CLI::Range(1, 1 << 24));
    run->add_option("--processes", options->processes,
                    fmt::format("Processes and threads that may live at a time ({})", limits.processes))
        ->check(CLI::Range(1, 1'000'000));
    run->add_option(
           "--output-max", options->output_bytes,
           fmt::format("Bytes kept of each stream: its start and its end ({}); it is killed at {} times as "
                       "many, but not below {} MiB",
                       limits.output_bytes, sandbox::output_flood_factor, sandbox::output_flood_bytes_min >> 20))
        ->check(CLI::Range(0, 1 << 30));
    run->add_flag("--no-sandbox", options->no_sandbox,
                  "Enforce nothing, this time: it may do all that you may; limits hold as far as they can");
    run->add_flag("--tty", options->terminal, "Give it a terminal, tied to this one");
    run->add_flag(
        "--json", options->json,
        "Print one JSON object instead: how it ended (end: exited, signal, denied, wall, cpu, memory, output, "
        "tasks, disk, cancelled or setup), usage, output, and who enforced what");
    run->add_option("command", options->command, "The command and its arguments, after --")->required();
    run->callback([options, &exit_code] { exit_code = run_in_sandbox(*options); });
}

void add_explain(CLI::App& group, int& exit_code) {
    auto options = std::make_shared<SandboxRunOptions>();
    auto* explain =
        group.add_subcommand("explain", "Say what the policy means for a command here and now, without running it");
    explain->add_option("--workspace", options->workspace, "Folder that the command would use")->capture_default_str();
    explain->add_option("--policy", options->policy_file, "A policy file in place of the user's policy.toml");
    explain->add_flag("--json", options->json, "Print one JSON object instead");
    explain->add_option("command", options->command, "The command and its arguments, after --")->required();
    explain->callback([options, &exit_code] { exit_code = explain_policy(*options); });
}

}  // namespace

void add_sandbox(CLI::App& app, int& exit_code) {
    auto* group = app.add_subcommand("sandbox", "Run a command in the sandbox, or see what this machine offers for it");
    group->require_subcommand(1);
    add_run(*group, exit_code);
    add_sandbox_changes(*group, exit_code);
    add_explain(*group, exit_code);
    auto as_object = std::make_shared<bool>(false);
    auto* probe_command = group->add_subcommand("probe", "Try each layer of the sandbox and say what follows");
    probe_command->add_flag("--json", *as_object, "Print one JSON object instead");
    auto apparmor = std::make_shared<bool>(false);
    probe_command->add_flag("--apparmor", *apparmor, "Print an AppArmor profile for the launcher instead");
    probe_command->callback([as_object, apparmor, &exit_code] {
        if (*apparmor) {
            print_answer(sandbox::apparmor_profile(sandbox::standard_launcher()));
            exit_code = exit_done;
        } else {
            exit_code = probe(*as_object);
        }
    });
}

}  // namespace heddle
