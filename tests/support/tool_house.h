// tests/support/tool_house.h: A workspace, a sandbox and a dispatcher for tests of tools.
#pragma once

#include <doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tools/dispatcher.h"
#include "tools/tool_set.h"

namespace heddle::test {

// One launcher for the whole test program; started by the first test that needs it.
inline sandbox::Sandbox& shared_sandbox() {
    static sandbox::Sandbox sandbox = sandbox::Sandbox::start();
    return sandbox;
}

// Empty if commands can run in the sandbox here; else why not.
inline std::string what_is_missing() {
    static const std::string missing = [] {
        const TempFolder folder;
        sandbox::Policy policy;
        policy.workspace = folder.path();
        sandbox::Command command;
        command.argv = {"true"};
        const auto outcome = shared_sandbox().run(command, policy).outcome;
        return outcome.kind == sandbox::Outcome::Kind::setup_failed ? outcome.detail : "";
    }();
    return missing;
}

// For the start of a test: true, and said aloud, if commands cannot run here.
inline bool not_here() {
    if (!what_is_missing().empty()) MESSAGE("not tested here, the sandbox cannot start: ", what_is_missing());
    return !what_is_missing().empty();
}

// Until what a guest makes is there; false when it is not after a time that is long on any machine. From any thread.
inline bool await_file(const std::filesystem::path& file) {
    for (int i = 0; i < 1'000 && !std::filesystem::exists(file); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return std::filesystem::exists(file);
}

class ToolHouse {
 public:
    explicit ToolHouse(sandbox::Limits limits = {}, sandbox::WorkspaceMode mode = sandbox::WorkspaceMode::direct)
        : ToolHouse(tools::standard_tools(), limits, mode) {}
    explicit ToolHouse(const std::vector<std::string>& names, sandbox::Limits limits = {},
                       sandbox::WorkspaceMode mode = sandbox::WorkspaceMode::direct)
        : ToolHouse(names, limits, std::chrono::seconds(30), mode) {}
    ToolHouse(const std::vector<std::string>& names, const sandbox::Limits& limits,
              std::chrono::milliseconds yield_time, sandbox::WorkspaceMode mode = sandbox::WorkspaceMode::direct)
        : bench_(shared_sandbox(), policy(limits, mode), outputs_), dispatcher_([&] {
              tools::ToolContext context{bench_};
              context.yield_time = yield_time;
              return context;
          }()) {
        tools::add_tools(dispatcher_, names);
    }
    // With no tools but those that a test adds.
    ToolHouse(tools::Approvals approvals, tools::Secrets secrets)
        : bench_(shared_sandbox(), policy({}, sandbox::WorkspaceMode::direct)),
          dispatcher_({bench_}, std::move(approvals), std::move(secrets)) {}

    tools::Workbench& bench() { return bench_; }

    tools::Dispatcher& dispatcher() { return dispatcher_; }
    const std::filesystem::path& root() const { return folder_.path(); }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(root() / name, std::ios::binary) << bytes;
    }

    // Each in a turn of its own, so that the same may be called again.
    tools::ToolResult call(const std::string& name, prompts::Json arguments, std::stop_token stop = {}) {
        prompts::ToolCall call;
        call.name = name;
        call.arguments = std::move(arguments);
        dispatcher_.begin_turn();
        return dispatcher_.call(call, std::move(stop));
    }
    std::string bash(const std::string& command) { return call("bash", {{"command", command}}).text; }
    std::string python(const std::string& code) { return call("python", {{"code", code}}).text; }

 private:
    sandbox::Policy policy(const sandbox::Limits& limits, sandbox::WorkspaceMode mode) const {
        sandbox::Policy made;
        made.mode = mode;
        made.workspace = folder_.path();
        made.limits = limits;
        made.read.push_back(outputs_->path());
        return made;
    }

    TempFolder folder_, output_home_;
    std::shared_ptr<const tools::OutputFolder> outputs_ =
        std::make_shared<const tools::OutputFolder>(output_home_.path() / "outputs");
    tools::Workbench bench_;
    tools::Dispatcher dispatcher_;
};

}  // namespace heddle::test
