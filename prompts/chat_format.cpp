// prompts/chat_format.cpp: Messages to the DSML chat text of DeepSeek-V3.2, control tokens kept apart from plain text.
//
// There is no generation prompt: a user message, a developer message and the last result of a group end with the token
// that opens or skips the model's reasoning. Which of the two it is depends on what the next reply keeps.
#include "prompts/chat_format.h"

#include <fmt/core.h>

#include <optional>

#include "prompts/entry.h"
#include "prompts/error.h"
#include "prompts/json_text.h"
#include "prompts/library.h"

namespace heddle::prompts {

namespace {

[[noreturn]] void fail(std::size_t index, std::string_view reason) {
    throw Error(fmt::format("cannot render message {}: {}", index, reason));
}

void add_tools_and_format(Entry& entry, const Message& message) {
    if (!message.tools.empty()) {
        entry.text("\n\n");
        entry.trusted(embedded_text("tools_block"));
        const char* separator = "";
        for (const auto& tool : message.tools) {
            entry.text(separator);
            entry.text(json_text(tool.function));
            separator = "\n";
        }
        entry.text("\n</functions>\n");
    }
    if (!message.response_format.is_null()) {
        entry.text("\n\n## Response Format:\n\nYou MUST strictly adhere to the following schema to reply:\n");
        entry.text(json_text(message.response_format));
    }
}

void add_calls(Entry& entry, const std::vector<ToolCall>& calls) {
    entry.tag("\n\n<", "function_calls>\n");
    for (const auto& call : calls) {
        entry.tag("<", fmt::format("invoke name=\"{}\">\n", call.name));
        const char* separator = "";
        for (const auto& [name, value] : call.arguments.items()) {
            entry.text(separator);
            const char* flag = value.is_string() ? "true" : "false";
            entry.tag("<", fmt::format("parameter name=\"{}\" string=\"{}\">", name, flag));
            entry.text(value.is_string() ? value.get_ref<const std::string&>() : json_text(value));
            entry.tag("</", "parameter>");
            separator = "\n";
        }
        entry.tag("\n</", "invoke>\n");
    }
    entry.tag("</", "function_calls>");
}

// One conversation while it is rendered: the messages that are left, and what the policy says of them.
class Renderer {
 public:
    Renderer(std::span<const Message> messages, const RenderOptions& options) : messages_(messages), options_(options) {
        const auto rule = effective(messages, options.retention);
        const auto question = last_question(messages);
        open_from_ = question.value_or(0);
        reply_from_ = question ? *question + 1 : 0;
        const bool drops = options.thinking && rule == Retention::until_user && !options.keep_developers;
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (!drops || messages[i].role != Role::developer || i == *question) shown_.push_back(i);
        }
        keeps_ = keeps_reasoning(messages, rule);
        must_reason_ = rule != Retention::none;
    }

    std::vector<Pieces> run() {
        std::vector<Entry> entries(messages_.size());
        if (!entries.empty()) entries[0].control(control::begin);
        for (std::size_t at = 0; at < shown_.size(); ++at) add(entries[shown_[at]], at);
        std::vector<Pieces> pieces;
        for (auto& entry : entries) pieces.push_back(entry.take());
        return pieces;
    }

 private:
    const Message& shown(std::size_t at) const { return messages_[shown_[at]]; }

    void add(Entry& entry, std::size_t at) const {
        const Message& message = shown(at);
        switch (message.role) {
            case Role::system:
                entry.text(message.content);
                add_tools_and_format(entry, message);
                break;
            case Role::developer:
                if (message.content.empty()) fail(shown_[at], "a developer message needs content");
                entry.control(control::user);
                add_tools_and_format(entry, message);
                entry.text("\n\n# The user's message is: ");
                entry.text(message.content);
                entry.control(control::assistant);
                entry.control(opening(at));
                break;
            case Role::user:
                entry.control(control::user);
                entry.text(message.content);
                entry.control(control::assistant);
                entry.control(opening(at));
                break;
            case Role::assistant:
                add_reply(entry, at);
                break;
            case Role::tool:
                add_result(entry, at);
                break;
        }
    }

    void add_reply(Entry& entry, std::size_t at) const {
        const std::size_t index = shown_[at];
        const Message& message = messages_[index];
        if (options_.thinking && must_reason_ && index >= reply_from_ && message.reasoning.empty() &&
            message.calls.empty()) {
            fail(index, "in thinking mode a reply to the last user message needs reasoning or tool calls");
        }
        if (options_.thinking && keeps_[index]) {
            entry.text(message.reasoning);
            entry.control(control::think_end);
        }
        entry.text(message.content);
        if (!message.calls.empty()) add_calls(entry, message.calls);
        entry.control(control::end);
    }

    void add_result(Entry& entry, std::size_t at) const {
        std::size_t caller = at;
        while (caller > 0 && shown(caller).role == Role::tool) --caller;
        const std::size_t calls = shown(caller).role == Role::assistant ? shown(caller).calls.size() : 0;
        const std::size_t number = at - caller;
        if (number == 0 || number > calls) {
            fail(shown_[at], fmt::format("a result without a call: the reply before it has {}; put the results after "
                                         "their reply, one a call",
                                         calls));
        }
        if (number == 1) entry.text("\n\n<function_results>");
        entry.text("\n<result>");
        entry.text(shown(at).content);
        entry.text("</result>");
        if (number < calls) return;
        entry.text("\n</function_results>\n\n");
        entry.control(opening(at));
    }

    // What the reply to this message begins with: the next reply tells, else whether it would be the model's own.
    const char* opening(std::size_t at) const {
        bool thinks = shown_[at] >= open_from_;
        for (std::size_t next = at + 1; next < shown_.size(); ++next) {
            const Role role = shown(next).role;
            if (role == Role::system) continue;
            if (role == Role::assistant) thinks = keeps_[shown_[next]];
            break;
        }
        return options_.thinking && thinks ? control::think : control::think_end;
    }

    std::span<const Message> messages_;
    RenderOptions options_;
    std::vector<std::size_t> shown_;  // indices of the messages that are rendered
    std::vector<bool> keeps_;         // by index
    std::size_t open_from_ = 0;       // the last question, and
    std::size_t reply_from_ = 0;      // what follows it
    bool must_reason_ = true;
};

}  // namespace

std::vector<Pieces> render(std::span<const Message> messages, const RenderOptions& options) {
    return Renderer(messages, options).run();
}

}  // namespace heddle::prompts
