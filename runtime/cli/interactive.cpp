// runtime/cli/interactive.cpp: heddle without a command: a conversation of several turns.
#include "runtime/cli/interactive.h"

#include <fmt/core.h>

#include <cstdio>

#include "runtime/app.h"
#include "runtime/cli/agent_changes.h"
#include "runtime/cli/approval.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/prompt_input.h"
#include "runtime/cli/turn_end.h"
#include "runtime/config.h"
#include "runtime/console.h"
#include "runtime/error.h"
#include "runtime/line_reader.h"
#include "runtime/terminal_text.h"

namespace heddle {

namespace {

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

int run_interactive(const RunFlags& flags) {
    if (flags.json || !flags.output_file.empty()) {
        throw CLI::ValidationError("--json and --output-last-message go with exec or -p");
    }
    LineReader reader(find_paths().history);
    const AppOptions options = app_options(flags, reader.on_terminal() ? ask_on_terminal : tools::Ask());
    AgentChanges changes(options);
    App app(options, false);
    Console view({stderr, stdout, wants_colours(stderr)});
    if (reader.on_terminal()) {
        fmt::print(stderr, "Heddle with {} in {}. Ctrl-C stops a turn, Ctrl-D leaves.\n",
                   printable_line(app.model().name()), printable_line(app.workspace().string()));
    }
    bool asked = false;
    int exit_code = exit_done;
    try {
        while (const auto line = reader.read()) {
            if (is_blank(*line)) continue;
            asked = true;
            const TurnEnd end = app.run(valid_utf8(*line), view);
            exit_code = exit_code_of(end);
            if (std::ferror(stdout) != 0) {
                throw Error(fmt::format(
                    "cannot write to standard output; the record has the answer: heddle log show {}", app.session()));
            }
            if (reader.on_terminal()) fmt::print(stderr, "\n");
        }
    } catch (...) {
        (void)changes.finish(app.end_tools(), false);
        throw;
    }
    if (reader.on_terminal()) fmt::print(stderr, "\n");
    if (!changes.finish(app.end_tools(), exit_code == exit_done)) exit_code = exit_failed;
    if (asked) fmt::print(stderr, "session {0}: heddle log show {0}\n", app.session());
    return reader.on_terminal() ? exit_done : exit_code;
}

}  // namespace heddle
