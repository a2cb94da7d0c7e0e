// tools/standard_prompt.h: The system message that every conversation opens with: the standing text and the tools.
#pragma once

#include "prompts/message.h"
#include "tools/dispatcher.h"

namespace heddle::tools {

// One place for it: the embedded model is trained on this message byte for byte.
prompts::Message system_message(const Dispatcher& dispatcher);

}  // namespace heddle::tools
