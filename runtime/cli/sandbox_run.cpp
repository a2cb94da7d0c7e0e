// runtime/cli/sandbox_run.cpp: Alone where nothing is kept, in a session where there is a terminal or a copy.
#include "runtime/cli/sandbox_run.h"

#include <fmt/core.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/cli/commands.h"
#include "runtime/cli/sandbox_changes.h"
#include "runtime/cli/sandbox_policy.h"
#include "runtime/cli/sandbox_terminal.h"
#include "sandbox/error.h"
#include "sandbox/sandbox.h"

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;

Json as_json(const sandbox::Captured& stream) {
    return {{"text", stream.text()}, {"total_bytes", stream.total_bytes}, {"dropped_bytes", stream.dropped_bytes()}};
}

Json as_json(const sandbox::Result& result) {
    return {{"enforcement", result.enforcement ? enforcement_json(*result.enforcement) : Json()},
            {"end", sandbox::end_of(result.outcome)},
            {"code", result.outcome.code},
            {"exit_status", result.outcome.exit_status()},
            {"sentence", sandbox::describe(result.outcome)},
            {"usage",
             {{"wall_ms", result.usage.wall.count() / 1000.0},
              {"cpu_ms", result.usage.cpu.count() / 1000.0},
              {"memory_peak_bytes", result.usage.memory_peak_bytes}}},
            {"violations", result.violations},
            {"remarks", result.remarks},
            {"stdout", as_json(result.out)},
            {"stderr", as_json(result.err)}};
}

void print(const Json& json) {
    // A guest's bytes need not be UTF-8; what is not becomes U+FFFD.
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

void pass_through(sandbox::OutputStream stream, std::string_view bytes) {
    std::FILE* const to = stream == sandbox::OutputStream::out ? stdout : stderr;
    std::fwrite(bytes.data(), 1, bytes.size(), to);
    std::fflush(to);
}

// The command in a session of its own, and what it changed looked after.
sandbox::Result run_in_session(sandbox::Sandbox& sandbox, const SandboxRunOptions& options, const RunPolicy& wanted,
                               const sandbox::Command& command, const sandbox::OutputSink& sink) {
    const bool is_copied = sandbox::keeps_apart(wanted.policy.mode);
    std::optional<CopiedWorkspace> copied;
    if (is_copied) copied.emplace(wanted.policy.workspace, wanted.protect);
    sandbox::Session session = sandbox.open(wanted.policy);
    if (copied) copied->settle();
    std::size_t told = 0;
    const auto tell_remarks = [&] {
        for (; told < session.remarks().size(); ++told) fmt::print(stderr, "heddle: {}\n", session.remarks()[told]);
    };
    tell_remarks();
    sandbox::Result result;
    if (options.terminal) {
        result.outcome = run_in_terminal(session, command, wanted.policy.limits.wall);
    } else {
        result = session.run(command, {}, sink);
    }
    session.close();
    tell_remarks();
    result.remarks = session.remarks();
    if (copied) fmt::print(stderr, "{}", copied->finish(session.changes(), options.commit).text);
    return result;
}

}  // namespace

nlohmann::ordered_json enforcement_json(const sandbox::Enforcement& held) {
    Json json = {{"tier", sandbox::name_of(held.tier)}};
    for (std::size_t i = 0; i < sandbox::layers_count; ++i)
        json[sandbox::name_of(static_cast<sandbox::Layer>(i))] = sandbox::name_of(held.holders[i]);
    return json;
}

int run_in_sandbox(const SandboxRunOptions& options) {
    const RunPolicy wanted = run_policy(options);
    const bool is_copied = sandbox::keeps_apart(wanted.policy.mode);
    if (options.commit && !is_copied) {
        fmt::print(stderr, "heddle: --commit is for --mode cow or copy; in mode {} there is nothing to commit\n",
                   sandbox::name_of(wanted.policy.mode));
        return exit_usage;
    }
    if (options.terminal && options.json) {
        fmt::print(stderr, "heddle: --tty and --json exclude each other\n");
        return exit_usage;
    }
    for (const auto& line : wanted.remarks) fmt::print(stderr, "heddle: {}\n", line);
    auto sandbox = sandbox::Sandbox::start();
    sandbox::Command command;
    command.argv = options.command;
    command.environment = wanted.environment;
    const sandbox::OutputSink sink = options.json ? sandbox::OutputSink() : pass_through;
    const bool in_session = is_copied || options.terminal;
    const sandbox::Result result = in_session ? run_in_session(sandbox, options, wanted, command, sink)
                                              : sandbox.run(command, wanted.policy, {}, sink);
    if (!in_session)  // a session has told them before the command ran
        for (const auto& line : result.remarks) fmt::print(stderr, "heddle: {}\n", line);
    if (options.json) {
        print(as_json(result));
    } else {
        if (result.outcome.kind != sandbox::Outcome::Kind::exited || result.outcome.met != sandbox::Limit::none)
            fmt::print(stderr, "heddle: {}\n", sandbox::describe(result.outcome));
        for (const auto& line : result.violations) fmt::print(stderr, "heddle: sandbox: {}\n", line);
    }
    const bool no_sandbox = result.outcome.kind == sandbox::Outcome::Kind::setup_failed;
    return no_sandbox ? exit_environment : result.outcome.exit_status();
}

}  // namespace heddle
