// tools/web/url.h: Addresses of pages, taken apart without a library: those of the web, and those of local documents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::tools::web {

inline constexpr std::size_t url_bytes_max = 8'000;

struct WebAddress {
    bool is_secure = false;  // https
    std::string host;        // as a rule of the network has it: a name in lower case, or an address without brackets
    std::uint16_t port = 0;
    std::string path;  // with the query: begins with /, printable ASCII without spaces

    std::string text() const;  // the one spelling of it
};

// An http or https URL, its fragment left out; what no URL may hold is escaped. Refused are those with a user or a
// password, and hosts that are no plain name or address; `why` gets the end of a sentence.
std::optional<WebAddress> web_address_in(std::string_view url, std::string* why = nullptr);

// "docs.example.org" of an http URL, the collection's name of a local one; empty where there is none. To be shown, not
// to be decided by.
std::string host_of(const std::string& url);

// `text` as a value in a query: everything but letters, digits and -._~ escaped.
std::string query_escaped(std::string_view text);

// The URL of a local document: file://COLLECTION/PATH/BELOW/ITS/ROOT. Each document has exactly one. `collection` holds
// letters, digits, - and . alone; `path` is relative and any bytes.
std::string local_url(std::string_view collection, std::string_view path);

// That URL however a model spelled it (escaped more or less, with a fragment); none for a URL of another kind.
std::optional<std::string> local_url_in(const std::string& url);

}  // namespace heddle::tools::web
