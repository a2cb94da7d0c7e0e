// tools/web/reader/charset.h: Bytes in any charset to UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace heddle::tools::web {

// Which charset they are in says, in this order: a byte order mark; `declared` (of an HTTP header, may be empty); where
// `is_html`, a <meta> among the first bytes; that they are valid UTF-8; else windows-1252, as browsers take it. A name
// that iconv does not know counts as not said. What has no meaning becomes U+FFFD. Line ends become \n.
std::string to_utf8_text(std::string_view bytes, const std::string& declared, bool is_html);

// Whether they look like text: without NUL, or with the byte order mark of a charset that has them.
bool is_text(std::string_view bytes);

}  // namespace heddle::tools::web
