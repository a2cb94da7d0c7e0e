// tools/code_tool.h: Runs code in the conversation's bash or Python, or alone where it has to be, and tells what came.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/policy.h"
#include "tools/interpreter.h"
#include "tools/tool.h"

namespace heddle::tools {

struct Code {
    const char* name;          // of what runs it, in words: "the shell"
    const std::string& text;   // no NUL in it
    sandbox::Command command;  // that would run it alone; the gate is asked about this one
    Interpreter* (Workbench::*interpreter)(const std::map<std::string, std::string>& environment);
    bool goes_on = false;  // past its yield time, for bash_input; else it is run to its end or its limit
};

// Asks the gate; what gets a policy of its own, or was approved by itself, runs in a guest or as a command of its own,
// since those of a running interpreter cannot be changed.
ToolResult run_code(const Code& code, ToolContext& context, const std::stop_token& stop);

// What came of it, in the text that the model reads; of what still runs, how to go on.
ToolResult told(const CodeReply& reply, const char* name, const sandbox::Limits& limits,
                std::vector<std::string> notes = {});

}  // namespace heddle::tools
