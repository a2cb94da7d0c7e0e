// tools/web/reader/man.h: A man page's source, man(7) or mdoc(7), as readable text.
#pragma once

#include <string>
#include <string_view>

#include "tools/web/page.h"

namespace heddle::tools::web {

// Whether it has one of the requests that a man page begins with among its first lines.
bool is_man(std::string_view utf8);

// Sections as headings, paragraphs filled, examples as they stand. Takes any UTF-8; a request that is not known is left
// out with its line.
Document read_man(std::string_view utf8, const std::string& url);

}  // namespace heddle::tools::web
