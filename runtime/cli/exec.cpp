// runtime/cli/exec.cpp: heddle exec: one task to its end, without a terminal.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <variant>

#include "runtime/app.h"
#include "runtime/cli/agent_changes.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/interactive.h"
#include "runtime/cli/prompt_input.h"
#include "runtime/cli/run_options.h"
#include "runtime/cli/turn_end.h"
#include "runtime/console.h"
#include "runtime/error.h"
#include "runtime/json_lines.h"
#include "runtime/terminal_text.h"

namespace heddle {

namespace {

std::unique_ptr<View> make_view(const RunFlags& flags, bool thinking, const App& app) {
    if (flags.json) {
        return std::make_unique<JsonLines>(stdout, app.session(), thinking, app.model().codec().think_end);
    }
    return std::make_unique<Console>(ConsoleOptions{stderr, nullptr, wants_colours(stderr)});
}

// To a terminal escaped; to a file or a pipe as the model said it.
void show_answer(const std::string& answer) {
    const std::string text = (::isatty(STDOUT_FILENO) == 1 ? printable_text(answer) : answer) + "\n";
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw Error("cannot write the answer to standard output; the record has it: heddle log show --last");
    }
}

void write_answer(const std::string& file, const std::string& answer) {
    std::ofstream out(file, std::ios::binary);
    out << answer << "\n";
    out.close();
    if (!out)
        throw Error(fmt::format("cannot write the answer to {}; the record has it: heddle log show --last", file));
}

int run_exec(const RunFlags& flags, const std::string& argument) {
    const std::string prompt = read_prompt(argument, STDIN_FILENO);
    const AppOptions options = app_options(flags);
    AgentChanges changes(options);
    App app(options, flags.json);
    const auto view = make_view(flags, options.thinking, app);
    TurnEnd end;
    try {
        end = app.run(prompt, *view);
    } catch (...) {
        (void)changes.finish(app.end_tools(), false);
        throw;
    }
    const bool is_taken = changes.finish(app.end_tools(), std::holds_alternative<TurnCompleted>(end));
    if (flags.json && std::ferror(stdout) != 0) {
        throw Error(fmt::format("cannot write all events to standard output; the record has them: heddle log show {}",
                                app.session()));
    }
    const auto* completed = std::get_if<TurnCompleted>(&end);
    const auto* failed = std::get_if<TurnFailed>(&end);
    if (!flags.json) fmt::print(stderr, "session {0}: heddle log show {0}\n", app.session());
    if (failed) {
        // The console has said so already.
        if (flags.json) fmt::print(stderr, "heddle: stopped: {}\n", printable_line(failed->reason));
        return exit_code_of(end);
    }
    if (!flags.json) show_answer(completed->answer);
    if (!flags.output_file.empty()) write_answer(flags.output_file, completed->answer);
    return is_taken ? exit_done : exit_failed;
}

}  // namespace

void add_exec(CLI::App& app, int& exit_code) {
    // One set of flags: they mean the same before and behind the word exec.
    const auto flags = std::make_shared<RunFlags>();
    const auto prompt = std::make_shared<std::string>();

    auto* exec = app.add_subcommand("exec", "Run one task to its end; the answer alone is on standard output");
    exec->add_option("prompt", *prompt, "What to do; - or nothing: standard input")->type_name("PROMPT");
    add_run_options(*exec, *flags);
    exec->callback([flags, prompt, &exit_code] { exit_code = run_exec(*flags, *prompt); });

    auto* option =
        app.add_option("-p,--prompt", *prompt, "The same as exec PROMPT")->type_name("PROMPT")->expected(0, 1);
    add_run_options(app, *flags);
    app.callback([&app, flags, prompt, option, &exit_code] {
        if (!app.get_subcommands().empty()) return;
        exit_code = option->count() > 0 ? run_exec(*flags, *prompt) : run_interactive(*flags);
    });
}

}  // namespace heddle
