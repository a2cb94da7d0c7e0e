// runtime/store/message_json.cpp: A message as the store and the exports hold it: the chat-completions shape.
#include "runtime/store/message_json.h"

#include <fmt/core.h>

#include "runtime/error.h"

namespace heddle {

using prompts::Json;
using prompts::Message;
using prompts::Role;

namespace {

Role role_named(const std::string& name) {
    for (const Role role : {Role::system, Role::developer, Role::user, Role::assistant, Role::tool}) {
        if (name == prompts::name_of(role)) return role;
    }
    throw Error(fmt::format("cannot read a recorded message: no role is named {}", name));
}

}  // namespace

Json message_json(const Message& message) {
    Json json{{"role", prompts::name_of(message.role)}, {"content", message.content}};
    if (!message.reasoning.empty()) json["reasoning_content"] = message.reasoning;
    for (const auto& call : message.calls) {
        json["tool_calls"].push_back({{"id", call.id},
                                      {"type", "function"},
                                      {"function", {{"name", call.name}, {"arguments", dumped(call.arguments)}}}});
    }
    if (message.role == Role::tool) json["tool_call_id"] = message.call_id;
    for (const auto& tool : message.tools) json["tools"].push_back({{"type", "function"}, {"function", tool.function}});
    if (!message.response_format.is_null()) json["response_format"] = message.response_format;
    return json;
}

Message message_of(const Json& json) {
    try {
        Message message;
        message.role = role_named(json.at("role").get<std::string>());
        message.content = json.at("content").get<std::string>();
        message.reasoning = json.value("reasoning_content", "");
        message.call_id = json.value("tool_call_id", "");
        for (const auto& call : json.value("tool_calls", Json::array())) {
            const auto& function = call.at("function");
            message.calls.push_back({call.at("id").get<std::string>(), function.at("name").get<std::string>(),
                                     Json::parse(function.at("arguments").get<std::string>())});
        }
        for (const auto& tool : json.value("tools", Json::array())) message.tools.push_back({tool.at("function")});
        message.response_format = json.value("response_format", Json());
        return message;
    } catch (const Json::exception& error) {
        throw Error(fmt::format("cannot read a recorded message: {}", error.what()));
    }
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace heddle
