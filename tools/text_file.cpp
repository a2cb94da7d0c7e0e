// tools/text_file.cpp: Takes line ends apart and puts them together again.
#include "tools/text_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/printable.h"
#include "tools/error.h"

namespace heddle::tools {

namespace {

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = sandbox::first_character(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace

TextFile::TextFile(std::string bytes, const std::string& shown) : shown_(shown) {
    std::string_view left = bytes;
    if (left.starts_with("\xff\xfe") || left.starts_with("\xfe\xff"))
        throw Error(fmt::format("{} is in UTF-16, which cannot be changed in place; convert it with iconv", shown));
    if (left.find('\0') != std::string_view::npos)
        throw Error(fmt::format("not a text file: {} ({} bytes)", shown, bytes.size()));
    has_mark_ = left.starts_with(utf8_mark);
    if (has_mark_) left.remove_prefix(utf8_mark.size());
    is_utf8_ = is_utf8(left);
    text_.reserve(left.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i] == '\r' && i + 1 < left.size() && left[i + 1] == '\n')
            crlf_.push_back(text_.size());
        else
            text_ += left[i];
    }
}

bool TextFile::ends_in_crlf(std::size_t at) const {
    std::size_t end = text_.find('\n', at);
    if (end == std::string::npos) end = text_.rfind('\n');  // the last line has no end: as the one before it
    return end != std::string::npos && std::ranges::binary_search(crlf_, end);
}

void TextFile::add_original(std::string& out, std::size_t begin, std::size_t end) const {
    auto next = std::ranges::lower_bound(crlf_, begin);
    for (; next != crlf_.end() && *next < end; ++next) {
        out.append(text_, begin, *next - begin);
        out += "\r\n";
        begin = *next + 1;
    }
    out.append(text_, begin, end - begin);
}

std::string TextFile::with(std::span<const Splice> splices) const {
    std::string out(has_mark_ ? utf8_mark : "");
    std::size_t at = 0;
    for (const Splice& splice : splices) {
        if (!is_utf8_ && !is_ascii(splice.text))
            throw Error(
                fmt::format("{} is not in UTF-8, so only ASCII text can be put into it; use a command", shown_));
        add_original(out, at, splice.begin);
        const bool crlf = ends_in_crlf(splice.begin);
        for (const char c : splice.text) {
            if (c == '\n' && crlf) out += '\r';
            out += c;
        }
        at = splice.end;
    }
    add_original(out, at, text_.size());
    return out;
}

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace heddle::tools
