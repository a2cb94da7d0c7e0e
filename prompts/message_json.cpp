// prompts/message_json.cpp: Messages in the JSON shape of chat completions, both ways.
#include "prompts/message_json.h"

#include <fmt/core.h>

#include <algorithm>

#include "prompts/error.h"
#include "prompts/json_text.h"

namespace heddle::prompts {

namespace {

constexpr Role roles[] = {Role::system, Role::developer, Role::user, Role::assistant, Role::tool};

const Json* find(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string string_at(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (!value) return {};
    if (!value->is_string()) throw Error(fmt::format("\"{}\" must be a string", key));
    return value->get<std::string>();
}

const Json& list_at(const Json& object, const char* key) {
    static const Json none = Json::array();
    const Json* value = find(object, key);
    if (value && !value->is_array()) throw Error(fmt::format("\"{}\" must be a list", key));
    return value ? *value : none;
}

// The "function" object of a tool or of a call, which must have a name.
const Json& function_of(const Json& json, const char* what) {
    const Json* function = json.is_object() ? find(json, "function") : nullptr;
    if (!function || !function->is_object() || !function->contains("name") || !function->at("name").is_string()) {
        throw Error(fmt::format("{} needs {{\"function\": {{\"name\": ...}}}}", what));
    }
    return *function;
}

std::string content_of(const Json& json) {
    const Json* content = find(json, "content");
    if (!content || !content->is_array()) return string_at(json, "content");
    std::string text;
    for (const auto& part : *content) {
        if (!part.is_object() || string_at(part, "type") != "text") throw Error("only text parts of content are known");
        text += string_at(part, "text");
    }
    return text;
}

std::vector<ToolCall> calls_of(const Json& json) {
    std::vector<ToolCall> calls;
    for (const auto& item : list_at(json, "tool_calls")) {
        const Json& function = function_of(item, "a tool call");
        ToolCall call;
        call.id = string_at(item, "id");
        if (call.id.empty()) call.id = fmt::format("call_{}", calls.size());
        call.name = function.at("name").get<std::string>();
        try {
            call.arguments = parse_json(string_at(function, "arguments"));
        } catch (const Error& error) {
            throw Error(fmt::format("the arguments of tool call {} are no JSON: {}", calls.size(), error.what()));
        }
        if (!call.arguments.is_object()) {
            throw Error(fmt::format("the arguments of tool call {} must be a JSON object", calls.size()));
        }
        calls.push_back(std::move(call));
    }
    return calls;
}

std::vector<ToolSpec> tools_of(const Json& json) {
    std::vector<ToolSpec> tools;
    for (const auto& item : list_at(json, "tools")) tools.push_back({function_of(item, "a tool")});
    return tools;
}

}  // namespace

Message message_of(const Json& json) {
    if (!json.is_object()) throw Error("a message must be an object");
    const std::string role = string_at(json, "role");
    const auto known = std::find_if(std::begin(roles), std::end(roles), [&](Role r) { return role == name_of(r); });
    if (known == std::end(roles)) throw Error(fmt::format("there is no role \"{}\"", role));
    Message message;
    message.role = *known;
    message.content = content_of(json);
    message.reasoning = string_at(json, "reasoning_content");
    message.calls = calls_of(json);
    message.call_id = string_at(json, "tool_call_id");
    message.tools = tools_of(json);
    if (const Json* format = find(json, "response_format"); format && !format->empty()) {
        message.response_format = *format;
    }
    return message;
}

std::vector<Message> conversation_of(const Json& request) {
    if (!request.is_object() || !request.contains("messages")) {
        throw Error("cannot read the conversation: it must be an object with a list \"messages\"");
    }
    std::vector<Message> messages;
    for (const auto& json : list_at(request, "messages")) {
        try {
            messages.push_back(message_of(json));
        } catch (const Error& error) {
            throw Error(fmt::format("cannot read message {}: {}", messages.size(), error.what()));
        }
    }
    const auto tools = tools_of(request);
    if (tools.empty()) return messages;
    auto system = std::find_if(messages.begin(), messages.end(), [](const auto& m) { return m.role == Role::system; });
    if (system == messages.end()) {
        system = messages.insert(messages.begin(), Message{});
        system->role = Role::system;
    }
    if (!system->tools.empty()) {
        throw Error("cannot read the conversation: both the request and its system message have tools; keep one list");
    }
    system->tools = tools;
    return messages;
}

Json json_of(const Message& message) {
    Json json{{"role", name_of(message.role)}, {"content", message.content}};
    if (!message.reasoning.empty()) json["reasoning_content"] = message.reasoning;
    for (const auto& call : message.calls) {
        Json function{{"name", call.name}, {"arguments", json_text(call.arguments)}};
        json["tool_calls"].push_back({{"id", call.id}, {"type", "function"}, {"function", std::move(function)}});
    }
    if (!message.call_id.empty()) json["tool_call_id"] = message.call_id;
    for (const auto& tool : message.tools) json["tools"].push_back({{"type", "function"}, {"function", tool.function}});
    if (!message.response_format.is_null()) json["response_format"] = message.response_format;
    return json;
}

}  // namespace heddle::prompts
