// runtime/cli/model_bench.cpp: Flags, progress and interrupts around the measurement, and where its results go.
#include "runtime/cli/model_bench.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/measure/bench.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/model_bench_report.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/standard_output.h"
#include "runtime/load_bar.h"

namespace heddle {

namespace {

struct BenchFlags {
    engine::BenchOptions options{.engine = {}, .depths = {0, 4096, 16384, 32768, 65536, 131072}};
    bool sparse_only = false, json = false;
    std::string plot, csv;
};

// Ctrl-C asks for a stop; it is answered after the step or chunk that runs.
class StopOnInterrupt {
 public:
    StopOnInterrupt() {
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) stop_.request_stop();
        });
        thread_ = std::jthread([this] { loop_.run(); });
    }
    ~StopOnInterrupt() { loop_.stop(); }
    std::stop_token token() const { return stop_.get_token(); }

 private:
    std::stop_source stop_;
    boost::asio::io_context loop_{1};
    boost::asio::signal_set signals_{loop_, SIGINT, SIGTERM, SIGHUP};
    std::jthread thread_;
};

int run(BenchFlags& flags) {
    flags.options.dense = !flags.sparse_only;
    std::ranges::sort(flags.options.depths);
    std::optional<OutputFile> plot, csv;
    if (!flags.plot.empty()) plot.emplace(flags.plot);
    if (!flags.csv.empty()) csv.emplace(flags.csv);
    const StopOnInterrupt interrupt;
    const bool on_terminal = ::isatty(STDERR_FILENO) == 1;
    std::optional<engine::BenchReport> report;
    {
        std::unique_ptr<LoadBar> bar = std::make_unique<LoadBar>(stderr);
        report = engine::run_bench(
            flags.options,
            [&](std::uint64_t done, std::uint64_t total, const std::string& file) {
                if (bar) bar->show(done, total, file);
            },
            [&](const std::string& doing) {
                bar.reset();
                if (on_terminal) fmt::print(stderr, "\r{:60}", doing);
            },
            interrupt.token());
    }
    if (on_terminal) fmt::print(stderr, "\r{:60}\r", "");
    if (!report) {
        fmt::print(stderr, "heddle: interrupted; nothing was measured to the end\n");
        return exit_interrupted;
    }
    const auto fill = [](std::optional<OutputFile>& file, const std::string& text) {
        file->write(text);
        file->finish();
    };
    if (plot) fill(plot, bench_plot(*report));
    if (csv) fill(csv, bench_csv(*report));
    print_answer(flags.json ? bench_json(*report).dump() + "\n" : bench_table(*report));
    return exit_done;
}

}  // namespace

void add_model_bench(CLI::App& model, int& exit_code) {
    auto flags = std::make_shared<BenchFlags>();
    auto* bench = model.add_subcommand("bench", "Time prefill and decode at growing depth, sparse beside dense");
    bench->add_option("--model", flags->options.engine.model, "Folder with config.json and *.safetensors")
        ->required()
        ->check(CLI::ExistingDirectory);
    bench->add_option("--depths", flags->options.depths, "Tokens before those that are timed, with commas")
        ->delimiter(',')
        ->check(CLI::Range(0, 1 << 24))
        ->capture_default_str();
    bench->add_option("--alternations", flags->options.alternations, "How often each is timed, in turn with the others")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    bench->add_flag("--sparse-only", flags->sparse_only,
                    "No dense attention beside it: half the memory, far less time");
    bench->add_option("--batch", flags->options.batch, "Timelines that decode side by side on one prefix; 1: not timed")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    bench->add_option("--threads", flags->options.engine.threads, "Threads; 0: one per core")->capture_default_str();
    bench->add_flag("--json", flags->json, "One JSON object in place of the table");
    bench->add_option("--plot", flags->plot, "Also draw cost against depth here, as SVG")->type_name("FILE");
    bench->add_option("--csv", flags->csv, "Also write the medians and ratios here")->type_name("FILE");
    bench->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace heddle
