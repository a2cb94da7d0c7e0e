// tools/web/reader/link.cpp: Links by curl, which knows more of them than is to be told here.
#include "tools/web/reader/link.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "tools/web/url.h"

namespace heddle::tools::web {

namespace {

constexpr std::string_view local_scheme = "file://";

struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, Free>;

std::string part_of(const Url& url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return "";
    const std::unique_ptr<char, Free> owner(text);
    return text;
}

bool is_pages_scheme(const std::string& scheme) {
    return scheme == "http" || scheme == "https";
}

// Of a local page: another document of the same collection. curl does not resolve file URLs with a host.
std::optional<std::string> resolve_local(const std::string& base, const std::string& link) {
    const std::string path = link.substr(0, link.find_first_of("?#"));
    if (path.empty()) return std::nullopt;
    const std::size_t root = base.find('/', local_scheme.size());
    return local_url_in(path.starts_with('/') ? base.substr(0, root) + path
                                              : base.substr(0, base.rfind('/')) + "/" + path);
}

}  // namespace

std::optional<std::string> resolve(const std::string& base, const std::string& link) {
    if (link.empty() || link.starts_with('#') || link.size() > url_bytes_max) return std::nullopt;
    const Url url(curl_url());
    const bool is_local = base.starts_with(local_scheme);
    if (!is_local && curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK) return std::nullopt;
    if (curl_url_set(url.get(), CURLUPART_URL, link.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
        if (!is_pages_scheme(part_of(url, CURLUPART_SCHEME))) return std::nullopt;
        curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
        curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
        curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
        return part_of(url, CURLUPART_URL);
    }
    const std::size_t colon = link.find(':');
    const bool has_scheme = colon != std::string::npos && colon < link.find_first_of("/?#");
    return is_local && !has_scheme ? resolve_local(base, link) : std::nullopt;
}

}  // namespace heddle::tools::web
