// prompts/message.h: The words of a conversation that all others speak: message, tool call, tool specification.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::prompts {

// Keeps the order of keys: rendered JSON must show what was given, byte for byte.
using Json = nlohmann::ordered_json;

enum class Role { system, developer, user, assistant, tool };

struct ToolCall {
    std::string id;                   // unique in its message; "call_0", "call_1", ... when the model gave none
    std::string name;                 // as the model wrote it; not checked here
    Json arguments = Json::object();  // always an object; string parameters are JSON strings with the raw bytes

    bool operator==(const ToolCall&) const = default;
};

// What the model may call: the "function" object of the OpenAI format, kept as it was given.
struct ToolSpec {
    Json function;  // {"name", "description", "parameters": JSON Schema}

    std::string name() const { return function.value("name", ""); }
};

struct Message {
    Role role = Role::user;
    std::string content;          // UTF-8; for a tool message: the result text
    std::string reasoning;        // assistant only
    std::vector<ToolCall> calls;  // assistant only, in the order of the reply
    std::string call_id;          // tool only: the call that it answers
    std::vector<ToolSpec> tools;  // system and developer only: tools that the model may call
    Json response_format;         // system and developer only: a JSON schema, or null
};

const char* name_of(Role role);  // "system", "developer", "user", "assistant", "tool"

}  // namespace heddle::prompts
