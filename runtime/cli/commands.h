// runtime/cli/commands.h: The subcommands of heddle, one file each; and the exit codes.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;  // the task failed
inline constexpr int exit_usage = 2;
inline constexpr int exit_environment = 3;  // no model, no sandbox layer
inline constexpr int exit_limit = 4;        // a budget or limit ended it
inline constexpr int exit_interrupted = 130;

// Each adds one subcommand; its callback writes the exit code. Errors leave as exceptions.
void add_prompt(CLI::App& app, int& exit_code);   // prompt render|parse
void add_model(CLI::App& app, int& exit_code);    // model info|tokenize|eval
void add_sandbox(CLI::App& app, int& exit_code);  // sandbox run|diff|commit|discard|explain|probe
void add_log(CLI::App& app, int& exit_code);      // log list|show|export
void add_index(CLI::App& app, int& exit_code);    // index
void add_tools(CLI::App& app, int& exit_code);    // tools list|show|call
void add_exec(CLI::App& app, int& exit_code);     // exec, and no command: interactive

}  // namespace heddle
