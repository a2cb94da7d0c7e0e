// tests/support/sandbox_house.h: A sandbox for tests, a workspace for each, and what to print where none can be had.
#pragma once

#include <doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "sandbox/probe.h"
#include "sandbox/sandbox.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

inline const sandbox::HostReport& host() {
    static const sandbox::HostReport report = sandbox::probe();
    return report;
}

// True where no guest can be started; prints why, once a case. Where every layer is there by itself, a sandbox that
// does not run is no missing layer but a fault, and fails the case.
inline bool no_sandbox_here() {
    if (host().usable) return false;
    bool layers_are_there = true;
    for (const auto& layer : host().layers)
        for (const char* needed : {"all namespaces", "mounts", "landlock", "seccomp"})
            if (layer.name == needed && !layer.present) layers_are_there = false;
    if (layers_are_there)
        FAIL_CHECK("all layers are here, but the sandbox does not run: ", host().conclusion);
    else
        MESSAGE("not run, the sandbox is missing here: ", host().conclusion);
    return true;
}

// True where rules alone hold no guest; prints why.
inline bool no_rules_here() {
    constexpr unsigned version_flag = 1;
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, version_flag);
    if (abi >= 6) return false;
    MESSAGE("not run: tier C needs Landlock ABI 6, and here it is ", abi);
    return true;
}

// True where there is no bubblewrap to make guests; prints so.
inline bool no_bubblewrap_here() {
    if (::access("/usr/bin/bwrap", X_OK) == 0) return false;
    MESSAGE("not run: tier B needs bubblewrap, which is not installed at /usr/bin/bwrap");
    return true;
}

inline sandbox::Sandbox& shared_sandbox() {
    static sandbox::Sandbox sandbox = sandbox::Sandbox::start();
    return sandbox;
}

inline sandbox::Command bash(std::string script) {
    sandbox::Command command;
    command.argv = {"bash", "-c", std::move(script)};
    return command;
}

class Workspace {
 public:
    Workspace() { policy.workspace = folder_.path(); }

    const std::filesystem::path& path() const { return folder_.path(); }
    std::string read(const std::string& name) const {
        std::ifstream in(path() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path() / name, std::ios::binary) << text;
    }
    // Puts a program of tests/guests into the workspace, where the guest can see it.
    void add_guest(const std::string& name) const {
        std::filesystem::copy_file(std::filesystem::path(HEDDLE_BINARY_DIR) / "guests" / name, path() / name);
    }

    sandbox::Result run(std::vector<std::string> argv) const {
        sandbox::Command command;
        command.argv = std::move(argv);
        return shared_sandbox().run(command, policy);
    }
    sandbox::Result bash(const std::string& script) const { return run({"bash", "-c", script}); }
    sandbox::Result python(const std::string& script) const { return run({"python3", "-c", script}); }

    sandbox::Policy policy;

 private:
    TempFolder folder_;
};

// Copied on write, with a file and a folder to change.
struct CowWorkspace : Workspace {
    CowWorkspace() {
        policy.mode = sandbox::WorkspaceMode::cow;
        std::filesystem::create_directories(path() / "folder");
        write("file", "old\n");
        write("folder/below", "below\n");
    }
};

inline bool exited(const sandbox::Result& result, int status = 0) {
    if (result.outcome.kind == sandbox::Outcome::Kind::exited && result.outcome.code == status) return true;
    MESSAGE(sandbox::describe(result.outcome), "\n", result.out.text(), result.err.text());
    return false;
}

}  // namespace heddle::test
