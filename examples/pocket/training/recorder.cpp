// examples/pocket/training/recorder.cpp: Runs real tool calls and renders conversations for the training data.
//
// Reads one JSON object a line from standard input and answers each with one line:
//   {"op":"begin","workspace":DIR,"tools":[NAME,...],"documents":FILE}  -> {}
//   {"op":"turn"}                                   -> {}
//   {"op":"call","name":N,"arguments":{...}}        -> {"text":"...","ok":true}
//   {"op":"render","messages":[...],"thinking":true,"retention":"until_user"}
//                                                   -> {"entries":[[{"kind":"control","text":"..."},...],...]}
// "begin" opens a conversation over a folder, whose calls share a shell, an interpreter and the pages that they opened;
// without "tools" it has the standard ones, and "documents" names an index that `heddle index` made. What is rendered
// has the message before it that every conversation of Heddle opens with. "turn" stands for a user's message. Messages
// have the shape of chat completions. What goes wrong is answered with {"error":"..."}.
#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "prompts/chat_format.h"
#include "prompts/message_json.h"
#include "runtime/workshop.h"
#include "tools/standard_prompt.h"
#include "tools/tool_set.h"

namespace {

using namespace heddle;
using prompts::Json;

std::unique_ptr<Workshop> begin(const Json& request, const std::string& outputs) {
    WorkshopOptions options;
    options.workspace = request.at("workspace").get<std::string>();
    options.tools = request.value("tools", tools::standard_tools());
    options.documents = request.value("documents", "");
    options.outputs = outputs;
    return std::make_unique<Workshop>(options, tools::web::TokenCount{});
}

Json call(tools::Dispatcher& dispatcher, const Json& request) {
    prompts::ToolCall wanted;
    wanted.id = "call_0";
    wanted.name = request.at("name");
    wanted.arguments = request.at("arguments");
    const auto result = dispatcher.call(wanted, {});
    return {{"text", result.text}, {"ok", result.ok}};
}

Json render(const tools::Dispatcher& dispatcher, const Json& request) {
    std::vector<prompts::Message> messages = {tools::system_message(dispatcher)};
    for (const auto& message : request.at("messages")) messages.push_back(prompts::message_of(message));
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

Json answer(std::unique_ptr<Workshop>& workshop, const std::string& line, const std::string& outputs) {
    const Json request = Json::parse(line);
    const std::string op = request.at("op");
    if (op == "begin") {
        workshop.reset();
        workshop = begin(request, outputs);
        return Json::object();
    }
    if (!workshop) throw std::runtime_error("the first op is begin");
    if (op == "turn") {
        workshop->dispatcher().begin_turn();
        return Json::object();
    }
    if (op == "call") return call(workshop->dispatcher(), request);
    if (op == "render") return render(workshop->dispatcher(), request);
    throw std::runtime_error("no op named " + op + "; there are begin, turn, call, render");
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        fmt::print(stderr, "usage: pocket_recorder FOLDER   (for outputs too long for a model)\n");
        return 2;
    }
    std::unique_ptr<Workshop> workshop;
    for (std::string line; std::getline(std::cin, line);) {
        Json reply;
        try {
            reply = answer(workshop, line, arguments[1]);
        } catch (const std::exception& error) {
            reply = {{"error", error.what()}};
        }
        std::cout << reply.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
    }
    return 0;
}
