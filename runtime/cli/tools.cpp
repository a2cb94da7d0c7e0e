// runtime/cli/tools.cpp: heddle tools: the model's tools in a person's hands, under the same policy.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "prompts/json_text.h"
#include "runtime/cli/agent_changes.h"
#include "runtime/cli/approval.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/prompt_input.h"
#include "runtime/cli/run_options.h"
#include "runtime/cli/standard_output.h"
#include "runtime/json_line.h"
#include "runtime/terminal_text.h"
#include "runtime/workshop.h"
#include "tools/arguments.h"
#include "tools/tool_set.h"

namespace heddle {

namespace {

using prompts::Json;

Json property_of(const prompts::ToolSpec& spec, const std::string& name) {
    const auto& properties = spec.function.at("parameters").at("properties");
    return properties.contains(name) ? properties.at(name) : Json::object();
}

std::string first_sentence(const std::string& text) {
    const auto end = text.find(". ");
    return end == text.npos ? text : text.substr(0, end + 1);
}

void list(bool json) {
    const auto standard = tools::standard_tools();
    std::string text;
    for (const auto& spec : tools::specs_of(tools::tool_names())) {
        const bool is_standard = std::ranges::find(standard, spec.name()) != standard.end();
        const auto description = spec.function.value("description", "");
        if (json) {
            text += json_line({{"name", spec.name()}, {"standard", is_standard}, {"description", description}}) + "\n";
        } else {
            text += fmt::format("{:<12} {} {}\n", spec.name(), is_standard ? '*' : ' ', first_sentence(description));
        }
    }
    print_answer(text +
                 (json ? "" : "* those that a conversation has unless --tools or the configuration says others\n"));
}

void show(const std::string& name) {
    const auto spec = tools::specs_of(tools::tools_of(name)).front();
    const auto& properties = spec.function.at("parameters").at("properties");
    const std::string first = properties.empty() ? "" : properties.begin().key();  // none may be required
    print_answer(fmt::format("{}\n\nexample: heddle tools call {} '{}'\n", spec.function.dump(2), spec.name(),
                             prompts::json_text(tools::example_arguments(spec, first))));
}

// One JSON object; or NAME=VALUE, where a value is text, or what JSON makes of it where the tool wants no text.
Json arguments_in(const prompts::ToolSpec& spec, const std::vector<std::string>& words) {
    if (words.empty()) return Json::object();
    if (words.size() == 1 && (words[0] == "-" || words[0].starts_with('{'))) {
        const std::string text = words[0] == "-" ? read_prompt("-", STDIN_FILENO) : words[0];
        try {
            Json parsed = prompts::parse_json(text);
            if (parsed.is_object()) return parsed;
        } catch (const std::exception& wrong) {
            throw CLI::ValidationError("ARGUMENTS", fmt::format("they are no JSON: {}", wrong.what()));
        }
        throw CLI::ValidationError("ARGUMENTS", "they are no JSON object");
    }
    Json arguments = Json::object();
    for (const auto& word : words) {
        const auto sign = word.find('=');
        if (sign == word.npos || sign == 0)
            throw CLI::ValidationError("ARGUMENTS",
                                       fmt::format("\"{}\" is neither NAME=VALUE nor a JSON object", word));
        const std::string name = word.substr(0, sign), value = word.substr(sign + 1);
        const Json parsed = Json::parse(value, nullptr, false);
        const bool is_text = property_of(spec, name).value("type", Json("string")) == "string";
        arguments[name] = is_text || parsed.is_discarded() ? Json(value) : parsed;
    }
    return arguments;
}

struct CallFlags : WorkshopFlags {
    std::string name;
    std::vector<std::string> arguments;
    bool json = false;
};

int call(const CallFlags& flags) {
    prompts::ToolCall wanted{"", flags.name, {}};
    wanted.arguments = arguments_in(tools::specs_of(tools::tools_of(flags.name)).front(), flags.arguments);
    const bool has_person = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
    WorkshopOptions options = workshop_options(flags, has_person ? ask_on_terminal : tools::Ask());
    options.tools = {flags.name};
    AgentChanges changes(options);
    Workshop workshop(options, {});
    tools::ToolResult result;
    try {
        result = workshop.dispatcher().call(wanted, {});
    } catch (...) {
        (void)changes.finish(workshop.end(), false);
        throw;
    }
    const bool is_taken = changes.finish(workshop.end(), result.ok);
    if (flags.json) {
        print_answer(json_line({{"ok", result.ok}, {"text", result.text}, {"details", result.details}}) + "\n");
    } else {
        print_answer((::isatty(STDOUT_FILENO) == 1 ? printable_text(result.text) : result.text) + "\n");
    }
    return result.ok && is_taken ? exit_done : exit_failed;
}

std::string wrong_with_name(const std::string& name) {
    const auto names = tools::tool_names();
    if (std::ranges::find(names, name) != names.end()) return "";
    return fmt::format("there is no tool \"{}\"; the tools are {}", name, fmt::join(names, ", "));
}

}  // namespace

void add_tools(CLI::App& app, int& exit_code) {
    auto* tools = app.add_subcommand("tools", "The tools that a model may call, by hand");
    tools->require_subcommand(1);

    auto* all = tools->add_subcommand("list", "All tools, a line each");
    const auto json = std::make_shared<bool>(false);
    all->add_flag("--json", *json, "JSON Lines");
    all->callback([json, &exit_code] {
        list(*json);
        exit_code = exit_done;
    });

    auto* one = tools->add_subcommand("show", "What a model is told of a tool");
    const auto name = std::make_shared<std::string>();
    one->add_option("name", *name, "The tool")->required()->type_name("NAME")->check(wrong_with_name);
    one->callback([name, &exit_code] {
        show(*name);
        exit_code = exit_done;
    });

    auto* run = tools->add_subcommand("call", "Call a tool as a model would, and print what it would read");
    const auto flags = std::make_shared<CallFlags>();
    run->add_option("name", flags->name, "The tool")->required()->type_name("NAME")->check(wrong_with_name);
    run->add_option("arguments", flags->arguments, "One JSON object, - for one on standard input, or NAME=VALUE ...")
        ->type_name("ARGUMENTS");
    run->add_flag("--json", flags->json, "The whole result as JSON");
    add_workshop_options(*run, *flags);
    run->callback([flags, &exit_code] { exit_code = call(*flags); });
}

}  // namespace heddle
