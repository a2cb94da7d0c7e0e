// tools/web/reader/html.h: An HTML page as readable text.
#pragma once

#include <string>
#include <string_view>

#include "tools/web/page.h"

namespace heddle::tools::web {

// Headings as #, lists as * and numbers, tables as cells between |, code between ```; links and the text of pictures;
// without what a reader of the page would not see. Takes valid UTF-8 of any content and ends in seconds: a page that is
// made to take the parser long comes out as its text without its tags.
Document read_html(std::string_view utf8, const std::string& url);

}  // namespace heddle::tools::web
