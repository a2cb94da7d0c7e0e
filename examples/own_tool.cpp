// examples/own_tool.cpp: A tool of one's own beside the standard ones, called as a model would call it.
//
//   own_tool FOLDER
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <string>

#include "tools/dispatcher.h"
#include "tools/tool_set.h"

using namespace heddle;

namespace {

// Counts how often a word stands in a text that the model hands over. The specification is all that the model knows of
// it; the dispatcher holds every call against its schema before run() sees it.
class CountWord : public tools::Tool {
 public:
    CountWord()
        : Tool({prompts::Json::parse(R"({
            "name": "count_word",
            "description": "Count how often a word stands in a text.",
            "parameters": {"type": "object", "required": ["word", "text"], "properties": {
                "word": {"type": "string", "minLength": 1}, "text": {"type": "string"}}}})")}) {}

    tools::ToolResult run(const prompts::Json& arguments, tools::ToolContext&, std::stop_token) override {
        const auto word = arguments.at("word").get<std::string>();
        const auto text = arguments.at("text").get<std::string>();
        int count = 0;
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
        tools::ToolResult result;
        result.text = std::to_string(count);
        result.details["count"] = count;  // for the record; the model reads the text
        return result;
    }
};

void show(tools::Dispatcher& dispatcher, const std::string& name, const char* arguments) {
    prompts::ToolCall call;
    call.name = name;
    call.arguments = prompts::Json::parse(arguments);
    const auto result = dispatcher.call(call, {});
    fmt::print("{} {}\n  {}{}\n", name, arguments, result.ok ? "" : "(refused) ", result.text);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: own_tool FOLDER\n");
        return 2;
    }
    try {
        auto sandbox = sandbox::Sandbox::start();
        sandbox::Policy policy;
        policy.workspace = std::filesystem::absolute(argv[1]).lexically_normal();

        tools::Workbench bench(sandbox, policy);
        tools::Dispatcher dispatcher({bench});
        tools::add_tools(dispatcher, tools::standard_tools());
        dispatcher.add(std::make_unique<CountWord>());

        show(dispatcher, "count_word", R"({"word": "row", "text": "row by row, thread by thread"})");
        show(dispatcher, "count_word", R"({"word": "", "text": "row"})");
        show(dispatcher, "count_word", R"({"text": "row"})");
        show(dispatcher, "count_words", R"({})");
        show(dispatcher, "bash", R"({"command": "sh -c 'echo from the sandbox; exit 3'"})");
    } catch (const std::exception& error) {
        fmt::print(stderr, "own_tool: {}\n", error.what());
        return 3;
    }
    return 0;
}
