// examples/run_in_sandbox.cpp: Runs one command in a sandbox and says how it ended and what it took.
//
//   run_in_sandbox FOLDER COMMAND [ARGUMENT...]
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"

using namespace heddle;

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: run_in_sandbox FOLDER COMMAND [ARGUMENT...]\n");
        return 2;
    }
    try {
        // The launcher is a small process that does every clone. A program that is going to be large or to have
        // threads starts it first.
        auto sandbox = sandbox::Sandbox::start();

        // The guest sees the folder at its own path, a private /tmp, a read-only system, and no network.
        sandbox::Policy policy;
        policy.workspace = std::filesystem::absolute(argv[1]).lexically_normal();
        policy.limits.wall = std::chrono::seconds(10);
        policy.limits.memory_bytes = 256 << 20;

        // No shell reads the arguments: each arrives as it is.
        sandbox::Command command;
        command.argv.assign(argv + 2, argv + argc);

        const sandbox::Result result = sandbox.run(command, policy);
        fmt::print("{}", result.out.text());
        fmt::print(stderr, "{}", result.err.text());
        fmt::print(stderr, "{}: {} ms, {} KiB of memory at most, {} bytes printed\n", sandbox::describe(result.outcome),
                   result.usage.wall.count() / 1000, result.usage.memory_peak_bytes / 1024, result.out.total_bytes);
        return result.outcome.exit_status();
    } catch (const std::exception& error) {
        fmt::print(stderr, "run_in_sandbox: {}\n", error.what());
        return 3;
    }
}
