// runtime/json_line.h: JSON in one line, as the store, the exports and the event stream have it.
#pragma once

#include <string>

#include "prompts/message.h"

namespace heddle {

// Bytes that are no UTF-8 (a token may cut a character) become U+FFFD; in the store a node's runs keep the exact bytes.
inline std::string json_line(const prompts::Json& json) {
    return json.dump(-1, ' ', false, prompts::Json::error_handler_t::replace);
}

}  // namespace heddle
