// tools/clip.cpp: UTF-8 repair, escapes for control characters, head and tail.
#include "tools/clip.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/printable.h"

namespace heddle::tools {

namespace {

constexpr std::size_t half = text_bytes_max / 2;

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// What a terminal or a reader acts upon instead of showing it: controls, and the marks that turn the direction of text.
bool is_hidden(char32_t point) {
    if (point == '\n' || point == '\t') return false;
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

std::string_view suffix_of(std::string_view text, std::size_t bytes_max) {
    std::size_t begin = text.size() - std::min(text.size(), bytes_max);
    while (begin > 0 && begin < text.size() && is_continuation(text[begin])) ++begin;
    return text.substr(begin);
}

}  // namespace

std::string readable(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const sandbox::Character next = sandbox::first_character(bytes);
        if (next.size == 0) {
            out += "\xef\xbf\xbd";
        } else if (!is_hidden(next.code)) {
            out += bytes.substr(0, next.size);
        } else if (next.code < 0x80) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(next.code));
        } else {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(next.code));
        }
        bytes.remove_prefix(next.size + next.wrong);
    }
    return out;
}

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const sandbox::Character next = sandbox::first_character(bytes);
        if (next.size == 0) return false;
        bytes.remove_prefix(next.size);
    }
    return true;
}

std::string one_line(std::string_view bytes, std::size_t bytes_max) {
    std::string out;
    for (const char c : readable(prefix_of(bytes, bytes_max))) {
        if (c == '\n' || c == '\t') {
            out += c == '\n' ? "\\n" : "\\t";
        } else {
            out += c;
        }
    }
    return bytes.size() > bytes_max ? out + "..." : out;
}

std::string_view prefix_of(std::string_view text, std::size_t bytes_max) {
    std::size_t end = std::min(text.size(), bytes_max);
    while (end > 0 && end < text.size() && is_continuation(text[end])) --end;
    return text.substr(0, end);
}

std::string_view trimmed(std::string_view text) {
    constexpr const char* blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == text.npos ? text.substr(0, 0) : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string clipped(std::string_view text) {
    Clip clip;
    clip.append(text);
    return clip.text();
}

void Clip::append(std::string_view text) {
    total_ += text.size();
    if (!head_full_) {
        const std::size_t room = text_bytes_max - head_.size();
        head_ += text.substr(0, room);
        if (text.size() <= room) return;
        text.remove_prefix(room);
        head_full_ = true;
    }
    tail_ += suffix_of(text, text_bytes_max);
    if (tail_.size() > 4 * text_bytes_max) tail_.erase(0, tail_.size() - text_bytes_max);
}

void Clip::skip(std::uint64_t bytes) {
    if (bytes == 0) return;
    total_ += bytes;
    head_.resize(prefix_of(head_, half).size());
    head_full_ = true;
    tail_.clear();
}

std::string Clip::text() const {
    if (total_ == head_.size()) return head_;
    // Without a skip the last half may reach back into the head; with one, the head has at most half.
    const std::string joined = head_.size() > half ? head_.substr(half) + tail_ : tail_;
    const std::string_view first = prefix_of(head_, half);
    const std::string_view last = suffix_of(joined, half);
    std::string out(first);
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    out += fmt::format("{}{}{}", gap_begin, total_ - first.size() - last.size(), gap_end);
    return out += last;
}

}  // namespace heddle::tools
