// tests/prompts/message_json_test.cpp: Messages in the chat-completions shape, both ways, and what is refused.
#include "prompts/message_json.h"

#include <doctest.h>

#include "prompts/error.h"
#include "tests/support/prompts.h"

namespace heddle::prompts {

namespace {

std::string refusal(const std::string& request) {
    try {
        conversation_of(parse_json(request));
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool refuses(const std::string& request, const std::string& reason) {
    const auto text = refusal(request);
    INFO(text);
    return text.find(reason) != std::string::npos;
}

std::string one_message(const std::string& fields) {
    return R"({"messages": [{)" + fields + "}]}";
}

}  // namespace

TEST_CASE("message_json: a message survives the way to JSON and back") {
    Message system = said(Role::system, "s\n\"é");
    system.tools.push_back({Json::parse(R"({"name": "f", "parameters": {"z": 1, "a": [2.5]}})")});
    system.response_format = Json{{"type", "object"}};
    Message result = said(Role::tool, "out");
    result.call_id = "call_7";
    const std::vector<Message> messages{
        system, said(Role::developer, "d"), said(Role::user, ""),
        reply("r", "c", {{"a", "f", Json::object()}, {"b", "g", Json::parse(R"({"z": "x", "a": {"k": null}})")}}),
        result};
    for (const auto& message : messages) {
        const Message back = message_of(parse_json(json_text(json_of(message))));
        CHECK(back.role == message.role);
        CHECK(back.content == message.content);
        CHECK(back.reasoning == message.reasoning);
        CHECK(back.calls == message.calls);
        CHECK(back.call_id == message.call_id);
        CHECK(back.response_format == message.response_format);
        REQUIRE(back.tools.size() == message.tools.size());
        if (!message.tools.empty()) CHECK(json_text(back.tools[0].function) == json_text(message.tools[0].function));
    }
}

TEST_CASE("message_json: tools of the request go to the first system message, which is invented if need be") {
    const std::string tools = R"(, "tools": [{"type": "function", "function": {"name": "f"}}]})";
    auto messages = conversation_of(
        parse_json(R"({"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "s"}])" + tools));
    REQUIRE(messages.size() == 2);
    CHECK(messages[1].tools.at(0).name() == "f");
    messages = conversation_of(parse_json(R"({"messages": [{"role": "user", "content": "a"}])" + tools));
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].role == Role::system);
    CHECK(messages[0].content.empty());
    CHECK(messages[0].tools.size() == 1);
    CHECK(conversation_of(parse_json(R"({"messages": [], "tools": []})")).empty());
}

TEST_CASE("message_json: null content is empty, text parts are joined, a call without id gets one") {
    const auto messages = conversation_of(parse_json(
        R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": null, "reasoning_content": null,
             "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}]})"));
    CHECK(messages[0].content == "ab");
    CHECK(messages[1].content.empty());
    CHECK(messages[1].calls.at(0).id == "call_0");
}

TEST_CASE("message_json: what is wrong is said in one line with the message's index") {
    CHECK(refuses("[]", "\"messages\""));
    CHECK(refuses("{}", "\"messages\""));
    CHECK(refuses(R"({"messages": {}})", "must be a list"));
    CHECK(refuses(R"({"messages": [{"role": "user", "content": "a"}, 7]})", "message 1"));
    CHECK(refuses(one_message(R"("role": "wizard")"), "no role \"wizard\""));
    CHECK(refuses(one_message(R"("role": 3)"), "\"role\" must be a string"));
    CHECK(refuses(one_message(R"("role": "user", "content": 3)"), "\"content\" must be a string"));
    CHECK(refuses(one_message(R"("role": "user", "content": [{"type": "image_url"}])"), "only text parts"));
    const auto with_call = [](const std::string& arguments) {
        return one_message(R"("role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": )" +
                           arguments + "}}]");
    };
    CHECK(refuses(with_call(R"("{")"), "no JSON"));
    CHECK(refuses(with_call(R"("[1]")"), "must be a JSON object"));
    CHECK(refuses(with_call(R"({"a": 1})"), "\"arguments\" must be a string"));
    CHECK(refuses(one_message(R"("role": "assistant", "tool_calls": [{"name": "f"}])"), "a tool call needs"));
    CHECK(refuses(R"({"messages": [], "tools": [{"function": {}}]})", "a tool needs"));
    CHECK(refuses(R"({"messages": [{"role": "system", "tools": [{"function": {"name": "f"}}]}],
                      "tools": [{"function": {"name": "f"}}]})",
                  "keep one list"));
    for (const auto& line : {refusal("{}"), refusal("{\n\n7"), refusal(with_call("\"{\\n\\n\""))}) {
        CHECK(line.find('\n') == std::string::npos);
    }
}

}  // namespace heddle::prompts
