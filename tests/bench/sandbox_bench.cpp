// tests/bench/sandbox_bench.cpp: What a guest costs, as a ratio to fork and exec of the same program in the same run.
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
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
    const Command command{{"/usr/bin/true"}, "", {}, false};
    std::vector<double> plain, guests;
    for (int round = 0; round < rounds; ++round) {  // interleaved, so that both meet the same load
        plain.push_back(microseconds(fork_and_exec));
        guests.push_back(microseconds([&] {
            const Result result = sandbox.run(command, policy);
            if (result.outcome.exit_status() != 0) throw Error(describe(result.outcome));
        }));
    }
    std::filesystem::remove(policy.workspace);
    fmt::print("fork and exec {:.0f} us, guest {:.0f} us, ratio {:.2f}\n", median(plain), median(guests),
               median(guests) / median(plain));
    return 0;
}
