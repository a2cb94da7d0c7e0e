// tools/web/url.cpp: URLs by curl, which knows more of them than is to be told here.
#include "tools/web/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

namespace heddle::tools::web {

namespace {

constexpr std::size_t url_bytes_max = 8'000;
constexpr std::string_view local_scheme = "file://";

struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, Free>;

std::string part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
    const std::unique_ptr<char, Free> owner(text);
    return text;
}

bool is_pages_scheme(const std::string& scheme) {
    return scheme == "http" || scheme == "https";
}

bool stays(unsigned char byte) {
    constexpr std::string_view plain = "-._~/!$&'()*+,;=:@";
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || plain.find(static_cast<char>(byte)) != std::string_view::npos;
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool escape =
            text[at] == '%' && at + 2 < text.size() && digit_of(text[at + 1]) >= 0 && digit_of(text[at + 2]) >= 0;
        out += escape ? static_cast<char>(digit_of(text[at + 1]) * 16 + digit_of(text[at + 2])) : text[at];
        if (escape) at += 2;
    }
    return out;
}

// "a/./b/../c" as "a/c"; what leads above the root stays at the root.
std::string without_dots(std::string_view path) {
    std::string out;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        const std::string_view name = path.substr(at, slash - at);
        if (name == "..") {
            const std::size_t last = out.rfind('/');
            out.resize(last == std::string::npos ? 0 : last);
        } else if (!name.empty() && name != ".") {
            out += (out.empty() ? "" : "/") + std::string(name);
        }
        at = slash + 1;
    }
    return out;
}

// Of a local page: another document of the same collection. curl does not resolve file URLs with a host.
std::optional<std::string> resolve_local(const std::string& base, std::string_view link) {
    const std::string_view rest = std::string_view(base).substr(local_scheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string path = unescaped(link.substr(0, link.find_first_of("?#")));
    if (path.empty()) return std::nullopt;
    const std::string folder = path.starts_with('/') ? "" : unescaped(rest.substr(slash, rest.rfind('/') - slash));
    return local_url(rest.substr(0, slash), without_dots(folder + "/" + path));
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

std::string host_of(const std::string& url) {
    if (url.starts_with(local_scheme)) {
        const std::string_view rest = std::string_view(url).substr(local_scheme.size());
        return std::string(rest.substr(0, rest.find('/')));
    }
    const Url parsed(curl_url());
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "";
    return part_of(parsed, CURLUPART_HOST);
}

std::string local_url(std::string_view collection, std::string_view path) {
    std::string url = fmt::format("{}{}/", local_scheme, collection);
    for (const char c : path) {
        if (stays(static_cast<unsigned char>(c))) {
            url += c;
        } else {
            url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return url;
}

std::optional<std::string> local_url_in(const std::string& url) {
    if (!url.starts_with(local_scheme)) return std::nullopt;
    std::string_view rest = std::string_view(url).substr(local_scheme.size());
    rest = rest.substr(0, rest.find('#'));
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return local_url(rest.substr(0, slash), without_dots(unescaped(rest.substr(slash + 1))));
}

}  // namespace heddle::tools::web
