// tests/bench/tools_bench.cpp: What a call of bash and of python costs once they run, beside a plain fork and exec.
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/bench/sandbox_peers.h"
#include "tests/bench/series.h"
#include "tools/dispatcher.h"
#include "tools/tool_set.h"

namespace fs = std::filesystem;
using namespace heddle;

namespace {

constexpr int rounds = 300;

void call(tools::Dispatcher& dispatcher, const char* tool, const char* argument, const char* code) {
    prompts::ToolCall call;
    call.name = tool;
    call.arguments = {{argument, code}};
    dispatcher.begin_turn();  // else it would not run the same again and again
    const tools::ToolResult result = dispatcher.call(call, {});
    if (result.details.value("exit_status", prompts::Json()) != 0) throw std::runtime_error(result.text);
}

void measure(const fs::path& folder) {
    sandbox::Sandbox sandbox = sandbox::Sandbox::start();
    sandbox::Policy policy;
    policy.workspace = folder;
    tools::Workbench workbench(sandbox, policy);
    tools::Dispatcher dispatcher({workbench});
    tools::add_tools(dispatcher, tools::standard_tools());
    const double first_bash = bench::microseconds([&] { call(dispatcher, "bash", "command", "true"); });
    const double first_python = bench::microseconds([&] { call(dispatcher, "python", "code", "1"); });

    bench::Series plain, bash, program, python;
    for (int round = 0; round < rounds; ++round) {  // interleaved, so that all meet the same load
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        plain.add(bench::microseconds([] { bench::run_plainly({"/bin/true"}); }));
        bash.add(bench::microseconds([&] { call(dispatcher, "bash", "command", "true"); }));
        program.add(bench::microseconds([&] { call(dispatcher, "bash", "command", "/bin/true"); }));
        python.add(bench::microseconds([&] { call(dispatcher, "python", "code", "1"); }));
    }
    workbench.end();

    const double base = plain.median();
    const auto report = [base](const char* what, double time) {
        fmt::print("{:<48} {:>6.0f} us  ratio {:.2f}\n", what, time, time / base);
    };
    fmt::print("fork and exec of /bin/true: {:.0f} us; ratios are to it\n", base);
    report("a call of bash: true", bash.median());
    report("a call of bash: /bin/true", program.median());
    report("a call of python: 1", python.median());
    report("the first call of bash, which opens the sandbox", first_bash);
    report("the first call of python", first_python);
}

}  // namespace

int main() {
    const fs::path folder = fs::temp_directory_path() / ("heddle-tools-bench-" + std::to_string(::getpid()));
    int status = 0;
    try {
        fs::create_directories(folder);
        measure(folder);
    } catch (const std::exception& error) {
        fmt::print(stderr, "tools_bench: {}\n", error.what());
        status = 1;
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return status;
}
