// tools/web/reader/charset.cpp: Detection in the order of the HTML standard; iconv does the rest.
#include "tools/web/reader/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "tools/clip.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t meta_bytes = 1024;  // the HTML standard has it within these
constexpr std::size_t name_bytes_max = 40;
constexpr std::string_view replacement = "\xef\xbf\xbd";

struct Mark {
    std::string_view bytes;
    const char* charset;
};
constexpr std::array marks = {Mark{"\xef\xbb\xbf", "UTF-8"}, Mark{"\xff\xfe", "UTF-16LE"},
                              Mark{"\xfe\xff", "UTF-16BE"}};

class Converter {
 public:
    explicit Converter(const std::string& from) : handle_(::iconv_open("UTF-8", from.c_str())) {}
    ~Converter() {
        if (is_known()) ::iconv_close(handle_);
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;

    bool is_known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

    std::string run(std::string_view bytes) const {
        std::string out;
        std::array<char, 16 * 1024> chunk;
        char* in = const_cast<char*>(bytes.data());  // iconv's signature; it writes nothing there
        std::size_t left = bytes.size();
        while (left > 0) {
            char* to = chunk.data();
            std::size_t room = chunk.size();
            const bool failed = ::iconv(handle_, &in, &left, &to, &room) == static_cast<std::size_t>(-1);
            const int error = errno;
            out.append(chunk.data(), chunk.size() - room);
            if (!failed || error == E2BIG) continue;
            out += replacement;
            if (error == EINVAL) break;  // a character that is cut off
            ++in;
            --left;
        }
        return out;
    }

 private:
    iconv_t handle_;
};

// The name behind "charset=" in a <meta> or in its content attribute.
std::string charset_in_meta(std::string_view html) {
    std::string head(html.substr(0, meta_bytes));
    std::ranges::transform(head, head.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    for (std::size_t at = head.find("<meta"); at != std::string::npos; at = head.find("<meta", at + 1)) {
        const std::size_t end = std::min(head.find('>', at), head.size());
        const std::size_t found = head.find("charset=", at);
        if (found >= end) continue;
        const std::size_t begin = std::min(head.find_first_not_of(" \"'", found + 8), end);
        return head.substr(begin, std::min(head.find_first_of(" \"';/>", begin), end) - begin);
    }
    return "";
}

bool is_utf8(std::string_view bytes) {
    // A text in which nothing had to be repaired, but for what the text itself spells.
    const std::string clean = readable(bytes);
    std::size_t of_text = 0, of_clean = 0;
    for (std::size_t at = bytes.find(replacement); at != std::string_view::npos; at = bytes.find(replacement, at + 3))
        ++of_text;
    for (std::size_t at = clean.find(replacement); at != std::string::npos; at = clean.find(replacement, at + 3))
        ++of_clean;
    return of_text == of_clean;
}

// A page whose <meta> could be read is in no charset of two bytes, whatever it says there.
bool is_wide(const std::string& name) {
    return name.starts_with("utf-16") || name.starts_with("utf-32") || name.starts_with("ucs");
}

std::string with_plain_line_ends(std::string text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\r') out += text[at];
        if (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n')) out += '\n';
    }
    return out;
}

std::string converted(std::string_view bytes, const std::string& declared, bool is_html) {
    for (const Mark& mark : marks) {
        if (bytes.starts_with(mark.bytes)) return Converter(mark.charset).run(bytes.substr(mark.bytes.size()));
    }
    const std::string meta = is_html ? charset_in_meta(bytes) : "";
    for (const std::string& name : {declared, is_wide(meta) ? "" : meta}) {
        if (name.empty() || name.size() > name_bytes_max || name.find('/') != std::string::npos) continue;
        const Converter converter(name);
        if (converter.is_known()) return converter.run(bytes);
    }
    return Converter(is_utf8(bytes) ? "UTF-8" : "CP1252").run(bytes);
}

}  // namespace

std::string to_utf8_text(std::string_view bytes, const std::string& declared, bool is_html) {
    return with_plain_line_ends(converted(bytes, declared, is_html));
}

bool is_text(std::string_view bytes) {
    return bytes.starts_with(marks[1].bytes) || bytes.starts_with(marks[2].bytes) ||
           bytes.find('\0') == std::string_view::npos;
}

}  // namespace heddle::tools::web
