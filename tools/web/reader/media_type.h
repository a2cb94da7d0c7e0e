// tools/web/reader/media_type.h: What a server says that it sends.
#pragma once

#include <string>
#include <string_view>

namespace heddle::tools::web {

struct MediaType {
    std::string name;     // "text/html", in lower case; empty: it says nothing
    std::string charset;  // of its parameter; may be empty

    bool is_html() const;
    bool is_markdown() const;
    bool is_plain() const;  // text of a kind that a file's name may say
    // Whether it says nothing of the kind: only the bytes tell.
    bool is_vague() const;
    bool is_readable() const;  // text of any kind
};

MediaType media_type_of(std::string_view content_type);  // any bytes

std::string lower_case(std::string_view text);  // of ASCII letters

}  // namespace heddle::tools::web
