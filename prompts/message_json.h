// prompts/message_json.h: Messages in the JSON shape of chat completions, both ways.
#pragma once

#include <vector>

#include "prompts/message.h"

namespace heddle::prompts {

// A request: {"messages": [...], "tools"?: [...]}. Tools of the request are attached to its first system message; an
// empty one is put in front when there is none. Content is a string, null or a list of text parts; the arguments of a
// call are a JSON text that holds an object. Throws Error, naming the message by index and what is wrong with it.
std::vector<Message> conversation_of(const Json& request);
Message message_of(const Json& json);

// Role and content always, all else where there is any. message_of(json_of(message)) is the message.
Json json_of(const Message& message);

}  // namespace heddle::prompts
