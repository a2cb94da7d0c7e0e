// tools/standard_prompt.cpp: prompts/system.md and the dispatcher's specifications as one message.
#include "tools/standard_prompt.h"

#include <string_view>

#include "prompts/library.h"

namespace heddle::tools {

prompts::Message system_message(const Dispatcher& dispatcher) {
    std::string_view text = prompts::embedded_text("system");
    if (text.ends_with('\n')) text.remove_suffix(1);
    prompts::Message message;
    message.role = prompts::Role::system;
    message.content = text;
    message.tools = dispatcher.specs();
    return message;
}

}  // namespace heddle::tools
