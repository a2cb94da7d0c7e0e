// tools/web/url.cpp: Cuts a URL at its signs, and leaves what a host is to the rules of the network.
#include "tools/web/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/net/host.h"
#include "tools/clip.h"

namespace heddle::tools::web {

namespace {

constexpr std::string_view local_scheme = "file://", plain_scheme = "http://", secure_scheme = "https://";
constexpr std::uint16_t plain_port = 80, secure_port = 443;

bool has_scheme(std::string_view url, std::string_view scheme) {
    return url.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), url.begin(), [](char a, char b) {
               return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b);
           });
}

// What stands between the scheme and the path; empty for what is no URL of the web.
std::string_view authority_of(std::string_view url) {
    for (const std::string_view scheme : {plain_scheme, secure_scheme}) {
        if (!has_scheme(url, scheme)) continue;
        url.remove_prefix(scheme.size());
        return url.substr(0, url.find_first_of("/?#\\"));
    }
    return {};
}

std::string escaped(unsigned char byte) {
    return fmt::format("%{:02X}", byte);
}

// Of a path or a query: what is there means what it means, and the rest is escaped.
std::string path_escaped(std::string_view text) {
    constexpr std::string_view never = "\"<>\\^`{|}";
    std::string out;
    for (const char c : text) {
        const bool fits = c > ' ' && c < 0x7f && never.find(c) == std::string_view::npos;
        out += fits ? std::string(1, c) : escaped(static_cast<unsigned char>(c));
    }
    return out;
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

}  // namespace

std::string WebAddress::text() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    const bool is_usual = port == (is_secure ? secure_port : plain_port);
    return fmt::format("{}{}{}{}", is_secure ? secure_scheme : plain_scheme, is_v6 ? "[" + host + "]" : host,
                       is_usual ? "" : fmt::format(":{}", port), path);
}

std::optional<WebAddress> web_address_in(std::string_view url, std::string* why) {
    const auto refused = [&](std::string words) {
        if (why != nullptr) *why = std::move(words);
        return std::nullopt;
    };
    url = trimmed(url);
    if (url.size() > url_bytes_max) return refused(fmt::format("it is longer than {} bytes", url_bytes_max));
    WebAddress address;
    address.is_secure = has_scheme(url, secure_scheme);
    if (!address.is_secure && !has_scheme(url, plain_scheme))
        return refused("only URLs that begin with https:// or http:// can be fetched");
    const std::string_view authority = authority_of(url);
    if (authority.find('@') != std::string_view::npos) return refused("it names a user; leave that out");
    std::string problem;
    auto named = sandbox::parse_authority(authority, &problem);
    if (!named) return refused("its host is not one: " + problem);
    address.host = std::move(named->host);
    address.port = named->port.value_or(address.is_secure ? secure_port : plain_port);
    std::string_view rest = url.substr(static_cast<std::size_t>(authority.data() - url.data()) + authority.size());
    rest = rest.substr(0, rest.find('#'));
    address.path = (rest.starts_with('/') ? "" : "/") + path_escaped(rest.substr(rest.starts_with('\\') ? 1 : 0));
    return address;
}

std::string query_escaped(std::string_view text) {
    constexpr std::string_view plain = "-._~";
    std::string out;
    for (const char c : text) {
        const bool fits = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          plain.find(c) != std::string_view::npos;
        out += fits ? std::string(1, c) : escaped(static_cast<unsigned char>(c));
    }
    return out;
}

std::string host_of(const std::string& url) {
    if (url.starts_with(local_scheme)) {
        const std::string_view rest = std::string_view(url).substr(local_scheme.size());
        return std::string(rest.substr(0, rest.find('/')));
    }
    std::string_view host = authority_of(url);
    if (const std::size_t user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
    return std::string(host.substr(0, host.find(':', bracket == std::string_view::npos ? 0 : bracket)));
}

std::string local_url(std::string_view collection, std::string_view path) {
    std::string url = fmt::format("{}{}/", local_scheme, collection);
    for (const char c : path) {
        if (stays(static_cast<unsigned char>(c))) {
            url += c;
        } else {
            url += escaped(static_cast<unsigned char>(c));
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
