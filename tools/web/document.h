// tools/web/document.h: A file's bytes as a document that can be read: HTML, Markdown, a man page, or text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tools/web/page.h"

namespace heddle::tools::web {

inline constexpr std::size_t document_bytes_max = 8 << 20;  // of a file, and of what a compressed one holds

// What it is says its name ("a/b.html", "ls.1.gz"), and of a man page what it begins with. None if it is no text.
// `url` is where it stands: its links are meant from there.
std::optional<Document> read_document(std::string_view bytes, const std::string& name, const std::string& url);

}  // namespace heddle::tools::web
