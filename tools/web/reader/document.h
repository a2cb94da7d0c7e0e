// tools/web/reader/document.h: Bytes as a document that can be read: HTML, Markdown, a man page, or text.
#pragma once

#include <optional>

#include "tools/web/page.h"
#include "tools/web/reader_wire.h"

namespace heddle::tools::web {

// What it is says its type, and where that says nothing its name ("a/b.html", "ls.1.gz"), and of a man page what it
// begins with. None if it is no text.
std::optional<Document> read_document(const Source& source);

}  // namespace heddle::tools::web
