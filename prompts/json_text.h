// prompts/json_text.h: JSON as the chat format prints it, and read with a bound on its depth.
#pragma once

#include <string>
#include <string_view>

#include "prompts/message.h"

namespace heddle::prompts {

// One line with ", " and ": " between, keys in their order, non-ASCII as it is, floats in their shortest form that
// reads back the same (as Python's json.dumps with ensure_ascii off). Bytes that are no UTF-8 become U+FFFD.
std::string json_text(const Json& json);

// Reads JSON that may come from a model. Throws Error with the reason and the position; also for text that nests
// deeper than 100 levels, since all who walk the value later recurse.
Json parse_json(std::string_view text);

}  // namespace heddle::prompts
