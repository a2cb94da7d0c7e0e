// examples/pocket/training/recorder.cpp: Runs real tool calls and renders conversations for the training data.
//
// Reads one JSON object a line from standard input and answers each with one line:
//   {"op":"specs"}                                    -> {"specs":[...]}
//   {"op":"call","workspace":DIR,"name":N,"arguments":{...}}
//                                                     -> {"text":"...","ok":true}
//   {"op":"render","messages":[...],"thinking":true,"retention":"until_user"}
//                                                     -> {"entries":[[{"kind":"control","text":"..."},...],...]}
// Messages have the shape of chat completions; {"role":"system","standard_system":true} stands for the message that
// every conversation of Heddle opens with. What goes wrong is answered with {"error":"..."}.
#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "prompts/chat_format.h"
#include "prompts/message_json.h"
#include "sandbox/sandbox.h"
#include "tools/dispatcher.h"
#include "tools/standard_prompt.h"
#include "tools/tool_set.h"

namespace {

using namespace heddle;
using prompts::Json;

// The tools of an agent in one folder.
struct Toolbox {
    Toolbox(sandbox::Sandbox& sandbox, const std::string& workspace) : bench(sandbox, policy_of(workspace)) {
        tools::add_tools(dispatcher, tools::standard_tools());
    }
    static sandbox::Policy policy_of(const std::string& workspace) {
        sandbox::Policy policy;
        policy.workspace = workspace;
        return policy;
    }
    tools::Workbench bench;
    tools::Dispatcher dispatcher{{bench}};
};

Json specs(const tools::Dispatcher& dispatcher) {
    Json list = Json::array();
    for (const auto& spec : dispatcher.specs()) list.push_back(spec.function);
    return {{"specs", list}};
}

Json call(sandbox::Sandbox& sandbox, const Json& request) {
    Toolbox toolbox(sandbox, request.at("workspace"));
    prompts::ToolCall wanted;
    wanted.id = "call_0";
    wanted.name = request.at("name");
    wanted.arguments = request.at("arguments");
    const auto result = toolbox.dispatcher.call(wanted, {});
    return {{"text", result.text}, {"ok", result.ok}};
}

Json render(const tools::Dispatcher& dispatcher, const Json& request) {
    std::vector<prompts::Message> messages;
    for (const auto& message : request.at("messages")) {
        const bool standard = message.value("standard_system", false);
        messages.push_back(standard ? tools::system_message(dispatcher) : prompts::message_of(message));
    }
    prompts::RenderOptions options;
    options.thinking = request.value("thinking", true);
    const std::string name = request.value("retention", "until_user");
    const auto retention = prompts::retention_named(name);
    if (!retention) throw std::runtime_error("no retention policy named " + name);
    options.retention = *retention;

    Json entries = Json::array();
    for (const auto& entry : prompts::render(messages, options)) {
        Json pieces = Json::array();
        for (const auto& piece : entry) {
            const bool is_control = piece.kind == prompts::Piece::Kind::control;
            pieces.push_back({{"kind", is_control ? "control" : "text"}, {"text", piece.text}});
        }
        entries.push_back(pieces);
    }
    return {{"entries", entries}};
}

Json answer(sandbox::Sandbox& sandbox, const tools::Dispatcher& standard, const std::string& line) {
    const Json request = Json::parse(line);
    const std::string op = request.at("op");
    if (op == "specs") return specs(standard);
    if (op == "call") return call(sandbox, request);
    if (op == "render") return render(standard, request);
    throw std::runtime_error("no op named " + op + "; there are specs, call, render");
}

}  // namespace

int main() {
    try {
        auto sandbox = sandbox::Sandbox::start();
        const Toolbox standard(sandbox, "/");  // for its specifications; nothing is called on it
        for (std::string line; std::getline(std::cin, line);) {
            Json reply;
            try {
                reply = answer(sandbox, standard.dispatcher, line);
            } catch (const std::exception& error) {
                reply = {{"error", error.what()}};
            }
            std::cout << reply.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "pocket_recorder: {}\n", error.what());
        return 3;
    }
    return 0;
}
