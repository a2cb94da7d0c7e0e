// runtime/cli/prompt.cpp: heddle prompt render|parse: the chat format as text, for scripts and for the curious.
#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "prompts/call_parser.h"
#include "prompts/chat_format.h"
#include "prompts/error.h"
#include "prompts/json_text.h"
#include "prompts/message_json.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/standard_output.h"
#include "runtime/terminal_text.h"

namespace heddle {

namespace {

struct PromptOptions {
    bool thinking = true;
    bool keep_thinking = false;
    std::string file;
};

std::string everything(std::istream& in) {
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What is wrong with the file is the user's to mend: a usage error.
std::string rendered_file(const PromptOptions& options) {
    if (std::error_code ignored; std::filesystem::is_directory(options.file, ignored)) {
        throw CLI::ValidationError(fmt::format("cannot read {}: it is a folder", options.file));
    }
    std::ifstream in(options.file, std::ios::binary);
    if (!in) throw CLI::ValidationError(fmt::format("cannot read {}: {}", options.file, std::strerror(errno)));
    try {
        const auto messages = prompts::conversation_of(prompts::parse_json(everything(in)));
        const prompts::RenderOptions how{options.thinking, prompts::Retention::until_user, options.keep_thinking};
        const auto entries = prompts::render(messages, how);
        return entries.empty() ? prompts::control::begin : prompts::text_of(entries);
    } catch (const prompts::Error& error) {
        throw CLI::ValidationError(fmt::format("{}: {}", options.file, error.what()));
    }
}

void parse_input(bool thinking) {
    prompts::CallParser parser(thinking);
    for (const auto& piece : prompts::split_controls(everything(std::cin))) parser.feed(piece);
    const auto message = parser.finish();
    const auto json = prompts::json_of(message);
    prompts::Json out{{"role", "assistant"}, {"content", message.content}, {"reasoning_content", message.reasoning}};
    out["tool_calls"] = json.value("tool_calls", prompts::Json::array());
    if (!parser.repairs().empty()) out["repairs"] = parser.repairs();
    print_answer(printable_json(prompts::json_text(out)) + "\n");
}

}  // namespace

void add_prompt(CLI::App& app, int& exit_code) {
    const auto options = std::make_shared<PromptOptions>();
    auto* prompt = app.add_subcommand("prompt", "Show the chat format: what a model reads, and how its reply is read");
    prompt->require_subcommand(1);

    auto* render = prompt->add_subcommand("render", "Print the exact prompt of a conversation, no newline added");
    render->add_flag("--thinking,!--no-thinking", options->thinking, "The model reasons before it answers (default)");
    render->add_flag("--keep-thinking", options->keep_thinking, "The vendor's drop_thinking=false");
    render->add_option("FILE", options->file, "JSON: an object with \"messages\", and \"tools\" if any")->required();
    render->callback([options, &exit_code] {
        print_answer(rendered_file(*options));
        exit_code = exit_done;
    });

    auto* parse = prompt->add_subcommand("parse", "Read a completion from standard input and print it as JSON");
    const auto thinking = std::make_shared<bool>(false);
    parse->add_flag("--thinking", *thinking, "The prompt ended with an open <think>");
    parse->callback([thinking, &exit_code] {
        parse_input(*thinking);
        exit_code = exit_done;
    });
}

}  // namespace heddle
