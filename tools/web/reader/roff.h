// tools/web/reader/roff.h: The parts of roff's language that stand within a line: escapes and the arguments of
// requests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heddle::tools::web {

// What a line shows: characters for their escapes, no fonts, sizes or comments. Takes any UTF-8.
std::string roff_text(std::string_view line);

// The words behind a request's name; quotes hold words together. Escapes are still in them.
std::vector<std::string> roff_words(std::string_view rest);

}  // namespace heddle::tools::web
