// tools/near_places.h: Where a text that was searched for in vain might have been meant.
#pragma once

#include <string>
#include <string_view>

namespace heddle::tools {

// The few places of `text` that are most like `wanted`, best first, each with its line numbers and lines; empty where
// nothing is alike. Looks at a bounded part of both, so that it takes some milliseconds at most.
std::string near_places(std::string_view text, std::string_view wanted);

// Lines [first, last] (1-based) of a text as "N<TAB>text", clipped, for a message.
std::string numbered_lines(std::string_view text, std::size_t first, std::size_t last);

}  // namespace heddle::tools
