// tests/support/prompts.h: Short ways to write messages down, and the vendor's goldens.
#pragma once

#include <doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "prompts/json_text.h"
#include "prompts/message_json.h"

namespace heddle::prompts {

inline Message said(Role role, std::string content) {
    Message message;
    message.role = role;
    message.content = std::move(content);
    return message;
}

inline Message reply(std::string reasoning, std::string content, std::vector<ToolCall> calls = {}) {
    Message message = said(Role::assistant, std::move(content));
    message.reasoning = std::move(reasoning);
    message.calls = std::move(calls);
    return message;
}

inline std::string golden(const std::string& name) {
    std::ifstream in(std::string(HEDDLE_SOURCE_DIR "/tests/vectors/dsml-v3.2/") + name, std::ios::binary);
    INFO(name);
    REQUIRE(in.good());
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline std::vector<Message> golden_conversation(const std::string& name) {
    return conversation_of(parse_json(golden(name)));
}

}  // namespace heddle::prompts
