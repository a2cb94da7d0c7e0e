// sandbox/net/http_head.cpp: RFC 9112 sections 2 to 6 and RFC 9110 7.6.1, in their strictest reading.
#include "sandbox/net/http_head.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "sandbox/net/host.h"

namespace heddle::sandbox {

namespace {

constexpr std::size_t method_size_max = 32, reason_size_max = 200;
constexpr std::uint16_t http_port = 80;
constexpr std::string_view line_end = "\r\n", http_scheme = "http://";

// Meant for one hop, this one; and the fields that are written anew from what was understood. "Close" is none of one
// hop, but would become one beside the "Connection: close" that is written (RFC 9110, 18.4 reserves the name for that).
constexpr std::string_view not_passed_on[] = {"connection",
                                              "close",
                                              "keep-alive",
                                              "proxy-connection",
                                              "proxy-authenticate",
                                              "proxy-authorization",
                                              "te",
                                              "trailer",
                                              "transfer-encoding",
                                              "upgrade",
                                              "host",
                                              "content-length"};

struct Malformed {
    std::string why;
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t";
    const std::size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find(line_end);
    if (end == std::string_view::npos) throw Malformed{"a line does not end in CR LF"};
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + line_end.size());
    for (const char c : line)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f)
            throw Malformed{"a line holds a control character (or a bare CR or LF)"};
    return line;
}

Authority read_authority(std::string_view text) {
    std::string why;
    auto authority = parse_authority(text, &why);
    if (!authority) throw Malformed{why};
    return std::move(*authority);
}

void read_target(HttpHead& head, std::string_view target) {
    if (target.find('#') != std::string_view::npos) throw Malformed{"the target holds a '#'"};
    for (const char c : target)
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
            throw Malformed{"the target holds a byte that must be percent-encoded"};
    if (head.is_connect()) {
        Authority authority = read_authority(target);
        if (!authority.port) throw Malformed{"CONNECT needs a host and a port"};
        head.host = std::move(authority.host);
        head.port = *authority.port;
        return;
    }
    if (lower(target.substr(0, http_scheme.size())) != http_scheme)
        throw Malformed{"this is a proxy: the target must be http://host/path, or use CONNECT host:port"};
    target.remove_prefix(http_scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (target.substr(0, end).find('@') != std::string_view::npos) throw Malformed{"the target names a user"};
    Authority authority = read_authority(target.substr(0, end));
    head.host = std::move(authority.host);
    head.port = authority.port.value_or(http_port);
    head.path = target.substr(end);
    if (head.path.empty() || head.path[0] != '/') head.path.insert(0, "/");
}

void read_request_line(HttpHead& head, std::string_view line) {
    const std::size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last)
        throw Malformed{"the first line is not 'METHOD target HTTP/1.1'"};
    head.method = line.substr(0, first);
    head.version = line.substr(last + 1);
    if (!is_token(head.method) || head.method.size() > method_size_max) throw Malformed{"the method is no token"};
    if (head.version != "HTTP/1.1" && head.version != "HTTP/1.0") throw Malformed{"the version is not HTTP/1.1"};
    read_target(head, line.substr(first + 1, last - first - 1));
}

void check_host(const HttpHead& head, std::string_view value) {
    const Authority authority = read_authority(value);
    // Of a CONNECT only the target counts and nothing is passed on; some clients leave the port out there.
    const std::uint16_t port = authority.port.value_or(head.is_connect() ? head.port : http_port);
    if (authority.host != head.host || port != head.port) throw Malformed{"Host is not the host of the target"};
}

void read_length(HttpHead& head, std::string_view value) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    constexpr std::size_t digits_max = 18;
    if (value.empty() || value.size() > digits_max || error != std::errc() || end != value.data() + value.size())
        throw Malformed{"Content-Length is no number"};
    head.content_length = length;
}

// What the fields say about this connection; `names` are those that Connection lists.
void read_framing(HttpHead& head, std::vector<std::string>& names) {
    bool has_host = false;
    for (const auto& [field, value] : head.fields) {
        const std::string name = lower(field);
        if (name == "host") {
            if (std::exchange(has_host, true)) throw Malformed{"there are two Host fields"};
            check_host(head, value);
        } else if (name == "content-length") {
            if (head.content_length) throw Malformed{"there are two Content-Length fields"};
            read_length(head, value);
        } else if (name == "transfer-encoding") {
            if (head.chunked || lower(value) != "chunked") throw Malformed{"Transfer-Encoding is not just 'chunked'"};
            head.chunked = true;
        } else if (name == "connection") {
            for (std::string_view rest = value; !rest.empty();) {
                const std::size_t comma = std::min(rest.find(','), rest.size());
                names.push_back(lower(trimmed(rest.substr(0, comma))));
                rest.remove_prefix(std::min(comma + 1, rest.size()));
            }
        }
    }
    if (head.chunked && head.content_length) throw Malformed{"there are both Transfer-Encoding and Content-Length"};
    if (head.chunked && head.version == "HTTP/1.0") throw Malformed{"HTTP/1.0 has no Transfer-Encoding"};
    if (!has_host && head.version == "HTTP/1.1") throw Malformed{"there is no Host field"};
    if (head.is_connect() && (head.chunked || head.content_length.value_or(0) != 0))
        throw Malformed{"a CONNECT has no body"};
}

void read_fields(HttpHead& head, std::string_view rest) {
    while (true) {
        const std::string_view line = take_line(rest);
        if (line.empty()) break;
        if (line[0] == ' ' || line[0] == '\t') throw Malformed{"a field goes on in the next line"};
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
            throw Malformed{"a field is not 'Name: value'"};
        if (head.fields.size() == http_fields_max) throw Malformed{"there are more than 200 fields"};
        head.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    if (!rest.empty()) throw Malformed{"there is more behind the empty line"};

    std::vector<std::string> for_this_hop(std::begin(not_passed_on), std::end(not_passed_on));
    read_framing(head, for_this_hop);
    std::erase_if(head.fields, [&](const auto& field) {
        return std::find(for_this_hop.begin(), for_this_hop.end(), lower(field.first)) != for_this_hop.end();
    });
}

}  // namespace

std::size_t http_head_size(std::string_view bytes, std::size_t looked_at) {
    std::size_t at = looked_at < 3 ? 0 : looked_at - 3;  // an empty line has at most three bytes before its last
    while ((at = bytes.find('\n', at)) != std::string_view::npos) {
        ++at;
        if (bytes.substr(at, 1) == "\n") return at + 1;
        if (bytes.substr(at, 2) == line_end) return at + 2;
    }
    return 0;
}

std::optional<HttpHead> parse_http_head(std::string_view text, std::string* why) {
    try {
        if (text.size() > http_head_size_max) throw Malformed{"the head is longer than 64 KiB"};
        HttpHead head;
        read_request_line(head, take_line(text));
        read_fields(head, text);
        return head;
    } catch (const Malformed& malformed) {
        if (why) *why = malformed.why;
        return std::nullopt;
    }
}

std::string to_origin_request(const HttpHead& head) {
    const bool is_ipv6 = head.host.find(':') != std::string::npos;
    const std::string authority = head.port != http_port ? with_port(head.host, head.port)
                                  : is_ipv6              ? "[" + head.host + "]"
                                                         : head.host;
    std::string request = fmt::format("{} {} {}\r\nHost: {}\r\n", head.method, head.path, head.version, authority);
    for (const auto& [name, value] : head.fields) request += fmt::format("{}: {}\r\n", name, value);
    if (head.chunked) request += "Transfer-Encoding: chunked\r\n";
    if (head.content_length) request += fmt::format("Content-Length: {}\r\n", *head.content_length);
    return request + "Connection: close\r\n\r\n";
}

std::string http_refusal(int status, std::string_view reason, std::string_view text) {
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"
        "{}\n",
        status, reason.substr(0, reason_size_max), text.size() + 1, text);
}

}  // namespace heddle::sandbox
