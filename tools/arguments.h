// tools/arguments.h: The arguments of a call held against the schema of its tool.
#pragma once

#include <string>
#include <vector>

#include "prompts/message.h"

namespace heddle::tools {

struct CheckedArguments {
    prompts::Json arguments = prompts::Json::object();  // holds to the schema when there is no error
    std::vector<std::string> coerced;                   // names whose numeric string or whole float became an integer
    std::string error;                                  // empty, or what is wrong with the first wrong argument, and an
                                                        // example of a right call; readable, of bounded length
};

// Checks against spec.function["parameters"] with its properties taken as closed. Any JSON may come in.
CheckedArguments check_arguments(const prompts::ToolSpec& spec, const prompts::Json& arguments);

// An object that holds to the schema: its required properties and the one named `also`, if it is one.
prompts::Json example_arguments(const prompts::ToolSpec& spec, const std::string& also = {});

}  // namespace heddle::tools
