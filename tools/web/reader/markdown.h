// tools/web/reader/markdown.h: Markdown as readable text with numbered links.
#pragma once

#include <string>
#include <string_view>

#include "tools/web/page.h"

namespace heddle::tools::web {

// By way of HTML, so that a page reads the same in either form. Takes valid UTF-8.
Document read_markdown(std::string_view utf8, const std::string& url);

}  // namespace heddle::tools::web
