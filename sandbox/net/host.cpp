// sandbox/net/host.cpp: Strict where resolvers are lenient: RFC 1123 names, and addresses that inet_pton takes.
#include "sandbox/net/host.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace heddle::sandbox {

namespace {

constexpr std::size_t name_size_max = 253, label_size_max = 63;  // RFC 1035 2.3.4

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

std::nullopt_t refused(std::string* why, std::string sentence) {
    if (why) *why = std::move(sentence);
    return std::nullopt;
}

bool all_labels_are_valid(std::string_view name) {
    while (true) {
        const std::string_view label = name.substr(0, name.find('.'));
        if (label.empty() || label.size() > label_size_max || label.front() == '-' || label.back() == '-') return false;
        if (!std::all_of(label.begin(), label.end(), is_name_character)) return false;
        if (label.size() == name.size()) return true;
        name.remove_prefix(label.size() + 1);
    }
}

// What the URL standard calls "ends in a number": inet_aton() and browsers read such a name as an address.
bool ends_in_a_number(std::string_view name) {
    const std::string_view label = name.substr(name.rfind('.') + 1);
    return std::all_of(label.begin(), label.end(), is_digit) || label.substr(0, 2) == "0x";
}

}  // namespace

std::optional<std::string> normal_host(std::string_view text, std::string* why) {
    boost::system::error_code error;
    if (text.find(':') != std::string_view::npos) {
        if (text.find('%') != std::string_view::npos) return refused(why, "an address with a zone is not taken");
        if (text.find('\0') != std::string_view::npos) return refused(why, "the host holds a zero byte");
        const auto address = boost::asio::ip::make_address_v6(std::string(text), error);
        if (error) return refused(why, fmt::format("'{}' is no IPv6 address", plain_line(text)));
        return address.to_string();
    }
    const auto address = boost::asio::ip::make_address_v4(std::string(text), error);
    // A zero byte would end the text for inet_pton; the round trip shows it.
    if (!error && address.to_string() == text) return address.to_string();

    std::string name(text);
    if (!name.empty() && name.back() == '.') name.pop_back();
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (name.empty()) return refused(why, "the host is empty");
    if (name.size() > name_size_max) return refused(why, "the host is longer than 253 characters");
    if (!all_labels_are_valid(name))
        return refused(why, fmt::format("'{}' is no host name (ASCII letters, digits, '-' and dots; other scripts as "
                                        "xn--)",
                                        plain_line(text)));
    if (ends_in_a_number(name))
        return refused(why, fmt::format("'{}' is neither a host name nor an address in its usual spelling (four "
                                        "decimal numbers)",
                                        plain_line(text)));
    return name;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

std::optional<Authority> parse_authority(std::string_view text, std::string* why) {
    std::string_view host = text, port;
    bool has_port = false;
    const bool in_brackets = !text.empty() && text.front() == '[';
    if (in_brackets) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return refused(why, "a '[' has no ']'");
        host = text.substr(1, end - 1);
        if (host.find(':') == std::string_view::npos) return refused(why, "only an IPv6 address stands in brackets");
        port = text.substr(end + 1);
        has_port = !port.empty();
        if (has_port && port.front() != ':') return refused(why, "after ']' comes ':' and a port, or nothing");
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon);
        has_port = true;
        if (port.find(':', 1) != std::string_view::npos)
            return refused(why, "an IPv6 address is written in brackets, [::1]:443");
    }
    Authority authority;
    if (has_port) {
        authority.port = parse_port(port.substr(1));
        if (!authority.port)
            return refused(why, fmt::format("'{}' is no port (1 to 65535)", plain_line(port.substr(1))));
    }
    auto normal = normal_host(host, why);
    if (!normal) return std::nullopt;
    authority.host = std::move(*normal);
    return authority;
}

std::optional<boost::asio::ip::address> as_address(const std::string& host) {
    boost::system::error_code error;
    auto address = boost::asio::ip::make_address(host, error);
    if (error) return std::nullopt;
    return address;
}

std::string with_port(const std::string& host, std::uint16_t port) {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string plain_line(std::string_view hostile) {
    constexpr std::size_t shown_max = 100;
    std::string shown;
    for (const char c : hostile.substr(0, shown_max)) shown.push_back(c >= 0x20 && c < 0x7f ? c : '?');
    if (hostile.size() > shown_max) shown += "...";
    return shown;
}

}  // namespace heddle::sandbox
