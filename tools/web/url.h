// tools/web/url.h: Addresses of pages: made whole, told apart, and those of local documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace heddle::tools::web {

// `link` as a page at `base` means it, without a fragment; none if it leads to no page (mailto, javascript, a place on
// the page itself, bytes that are no URL).
std::optional<std::string> resolve(const std::string& base, const std::string& link);

// "docs.example.org" of an http URL, the collection's name of a local one; empty where there is none.
std::string host_of(const std::string& url);

// The URL of a local document: file://COLLECTION/PATH/BELOW/ITS/ROOT. Each document has exactly one. `collection` holds
// letters, digits, - and . alone; `path` is relative and any bytes.
std::string local_url(std::string_view collection, std::string_view path);

// That URL however a model spelled it (escaped more or less, with a fragment); none for a URL of another kind.
std::optional<std::string> local_url_in(const std::string& url);

}  // namespace heddle::tools::web
