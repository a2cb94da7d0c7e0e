// runtime/main.cpp: Parses the command line, runs one subcommand, turns failures into one line and an exit code.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "runtime/cli/commands.h"
#include "runtime/terminal_text.h"

int main(int argc, char** argv) {
    std::signal(SIGXFSZ, SIG_IGN);  // a store that may not grow is an error that says so, not a death
    CLI::App app{"Heddle: an agent with an in-process DeepSeek-Sparse-Attention model and sandboxed tools"};
    app.set_version_flag("--version", HEDDLE_VERSION);
    int exit_code = 0;
    heddle::add_exec(app, exit_code);
    heddle::add_log(app, exit_code);
    heddle::add_index(app, exit_code);
    heddle::add_model(app, exit_code);
    heddle::add_sandbox(app, exit_code);
    heddle::add_tools(app, exit_code);
    heddle::add_prompt(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);              // --help, --version
        const bool says_what_to_do = error.get_name() == "ValidationError";  // ours, and values out of range
        fmt::print(stderr, "heddle: {}{}\n", heddle::printable_line(error.what()),
                   says_what_to_do ? "" : "; --help says what there is");
        return heddle::exit_usage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "heddle: {}\n", heddle::printable_line(error.what()));
        return heddle::exit_environment;
    }
    return exit_code;
}
