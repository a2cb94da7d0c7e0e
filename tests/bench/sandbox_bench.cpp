// tests/bench/sandbox_bench.cpp: What a guest costs, as a ratio to fork and exec of the same program in the same run.
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "sandbox/sandbox.h"

namespace {

constexpr int rounds = 300;

template <typename Work>
double microseconds(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + rounds / 2, values.end());
    return values[rounds / 2];
}

void fork_and_exec() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl("/usr/bin/true", "true", nullptr);
        ::_exit(127);
    }
    ::waitpid(child, nullptr, 0);
}

}  // namespace

int main() {
    using namespace heddle::sandbox;
    Sandbox sandbox = Sandbox::start();
    Policy policy;
    policy.workspace = std::filesystem::temp_directory_path() / "heddle-sandbox-bench";
    std::filesystem::create_directories(policy.workspace);
    Command command;
    command.argv = {"/usr/bin/true"};
    const auto expect_success = [](const Result& result) {
        if (result.outcome.exit_status() != 0) throw Error(describe(result.outcome));
    };
    Policy copied = policy, other = policy;
    copied.mode = WorkspaceMode::cow;
    other.limits.wall += std::chrono::milliseconds(1);  // not what is kept ready
    Session session = sandbox.open(policy);
    sandbox.keep_ready(policy);
    std::vector<double> plain, alone, overlaid, ready, within;
    for (int round = 0; round < rounds; ++round) {  // interleaved, so that all meet the same load
        plain.push_back(microseconds(fork_and_exec));
        alone.push_back(microseconds([&] { expect_success(sandbox.run(command, other)); }));
        overlaid.push_back(microseconds([&] { expect_success(sandbox.run(command, copied)); }));
        within.push_back(microseconds([&] { expect_success(session.run(command)); }));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // until the next one is ready
        ready.push_back(microseconds([&] { expect_success(sandbox.run(command, policy)); }));
    }
    session.close();
    std::filesystem::remove(policy.workspace);
    const double base = median(plain);
    fmt::print("fork and exec of the same program: {:.0f} us\n", base);
    for (const auto& [what, times] : {std::pair{"a guest for one command", &alone},
                                      {"the same, its workspace copied on write", &overlaid},
                                      {"the same, kept ready", &ready},
                                      {"a command in a session", &within}})
        fmt::print("{:<42} {:>6.0f} us  ratio {:.2f}\n", what, median(*times), median(*times) / base);
    return 0;
}
