// runtime/store/message_json.h: A message as the store and the exports hold it: the chat-completions shape.
#pragma once

#include "prompts/message.h"

namespace heddle {

// {"role", "content", "reasoning_content"?, "tool_calls"?, "tool_call_id"?, "tools"?, "response_format"?}; the
// arguments of a call are a string of JSON, as everywhere in that shape.
prompts::Json message_json(const prompts::Message& message);

// Throws Error for what message_json() cannot have made.
prompts::Message message_of(const prompts::Json& json);

// Bytes that are no UTF-8 (a token may cut a character) become U+FFFD; the exact bytes stay in the node's runs.
std::string dumped(const prompts::Json& json);

}  // namespace heddle
