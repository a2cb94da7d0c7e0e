// tools/secrets.cpp: Names that say that a value is secret, and each place where one stands.
#include "tools/secrets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tools/clip.h"

namespace heddle::tools {

namespace {

constexpr std::size_t half_bytes_min = 4;   // less of one says too little to tell it by
constexpr std::size_t value_bytes_min = 8;  // a shorter one is in half of all texts

// As words of a name, between underlines.
constexpr std::array<std::string_view, 13> secret_words = {"KEY",         "APIKEY", "TOKEN",  "SECRET", "SECRETS",
                                                           "PASSWORD",    "PASSWD", "PASS",   "PWD",    "COOKIE",
                                                           "CREDENTIALS", "AUTH",   "PRIVATE"};

std::string upper(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return made;
}

}  // namespace

bool Secrets::is_secret_name(std::string_view name) {
    if (name == "PWD" || name == "OLDPWD") return false;  // folders
    const std::string whole = upper(name);
    for (std::size_t at = 0; at <= whole.size();) {
        const std::size_t end = std::min(whole.find('_', at), whole.size());
        if (std::ranges::find(secret_words, std::string_view(whole).substr(at, end - at)) != secret_words.end()) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

Secrets::Secrets(const std::map<std::string, std::string>& environment) {
    for (const auto& [name, value] : environment) {
        // A path is where a secret lies, as in SSH_AUTH_SOCK.
        if (value.size() < value_bytes_min || value.starts_with('/') || !is_secret_name(name)) continue;
        values_.emplace_back(value, name);
    }
    std::ranges::sort(values_, [](const auto& one, const auto& other) {
        return one.first.size() != other.first.size() ? one.first.size() > other.first.size() : one < other;
    });
}

std::string Secrets::masked(std::string_view text) const {
    std::string out(text);
    for (const auto& [value, name] : values_) {
        const std::string mask = fmt::format("[secret {}]", name);
        for (std::size_t at = out.find(value); at != out.npos; at = out.find(value, at + mask.size())) {
            out.replace(at, value.size(), mask);
        }
    }
    mask_halves(out);
    return out;
}

template <class IsThere>
Secrets::Half Secrets::half_where(const IsThere& is_there) const {
    for (const auto& [value, name] : values_) {
        for (std::size_t size = value.size() - 1; size >= half_bytes_min; --size) {
            if (is_there(std::string_view(value), size)) return {size, fmt::format("[part of secret {}]", name)};
        }
    }
    return {};
}

// A clip puts its line where it likes, also amid a secret: there no whole one is left to be found.
void Secrets::mask_halves(std::string& text) const {
    for (std::size_t end = text.find(gap_end); end != text.npos; end = text.find(gap_end, end + 1)) {
        const std::size_t begin = text.rfind(gap_begin, end);
        if (begin == text.npos || begin == 0) continue;
        const std::string_view before = std::string_view(text).substr(0, begin - 1);  // and a new line
        const std::string_view after = std::string_view(text).substr(end + gap_end.size());
        const Half first =
            half_where([before](auto value, auto size) { return before.ends_with(value.substr(0, size)); });
        const Half last =
            half_where([after](auto value, auto size) { return after.starts_with(value.substr(value.size() - size)); });
        text.replace(end + gap_end.size(), last.size, last.mask);
        text.replace(begin - 1 - first.size, first.size, first.mask);
        end = end - first.size + first.mask.size();
    }
}

void Secrets::mask(prompts::Json& record) const {
    if (values_.empty()) return;
    if (record.is_string()) {
        record = masked(record.get_ref<const std::string&>());
    } else if (record.is_structured()) {
        for (auto& part : record) mask(part);
    }
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> variables;
    for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
        const std::string_view entry = *at;
        const std::size_t sign = entry.find('=');
        if (sign != entry.npos) variables.emplace(entry.substr(0, sign), entry.substr(sign + 1));
    }
    return variables;
}

}  // namespace heddle::tools
