// sandbox/net/http_head.h: The head of one HTTP/1 request to a proxy, read strictly and written anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sandbox {

constexpr std::size_t http_head_size_max = 64 * 1024, http_fields_max = 200;

struct HttpHead {
    std::string method;
    std::string host;  // a normal host
    std::uint16_t port = 0;
    std::string path;                                         // of an absolute form, from its '/'; empty for CONNECT
    std::string version;                                      // "HTTP/1.1" or "HTTP/1.0"
    std::vector<std::pair<std::string, std::string>> fields;  // end to end; without Host and what says how long it is
    bool chunked = false;
    std::optional<std::uint64_t> content_length;

    bool is_connect() const { return method == "CONNECT"; }
};

// How many of the bytes are the head with its empty line; 0 while that has not come. Looks from `looked_at` on. An
// empty line of bare line feeds ends it too, so that parse_http_head() can refuse it in words.
std::size_t http_head_size(std::string_view bytes, std::size_t looked_at);

// Reads a whole head. Whatever two programs could read differently is refused, with the sentence in `why`: such
// differences are how a second request hides in the first (request smuggling).
std::optional<HttpHead> parse_http_head(std::string_view head, std::string* why);

// What goes to the server for an absolute form: origin form, its own Host, one request for this connection.
std::string to_origin_request(const HttpHead& head);

// A whole response with a text; the reason stands in the first line too, as many clients show nothing else.
std::string http_refusal(int status, std::string_view reason, std::string_view text);

}  // namespace heddle::sandbox
