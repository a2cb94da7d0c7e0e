// tools/patch_names.cpp: Undoes git's quoting, and cuts a header in two where its names are equal.
#include "tools/patch_names.h"

#include <algorithm>

namespace heddle::tools {

std::optional<std::string> unquoted_name(std::string_view text) {
    static constexpr std::string_view letters = "abtnvfr\"\\", meant = "\a\b\t\n\v\f\r\"\\";
    if (!text.starts_with('"')) return {};
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') return out;
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (++i == text.size()) return {};
        if (const auto letter = letters.find(text[i]); letter != std::string_view::npos) {
            out += meant[letter];
            continue;
        }
        unsigned code = 0;
        for (int digit = 0; digit < 3; ++digit, ++i) {
            if (i == text.size() || text[i] < '0' || text[i] > '7') return {};
            code = code * 8 + static_cast<unsigned>(text[i] - '0');
        }
        if (code > 255) return {};
        out += static_cast<char>(code);
        --i;
    }
    return {};
}

// With the same name twice its middle is known.
std::string name_in_git_header(std::string_view line) {
    const std::string_view both = line.substr(11);
    std::string one, other;
    if (both.starts_with('"')) {
        one = unquoted_name(both).value_or("");
        other = unquoted_name(both.substr(std::min(both.find("\" \"") + 2, both.size()))).value_or("");
    } else {
        one = both.substr(0, both.size() / 2);
        other = both.substr(std::min(both.size() / 2 + 1, both.size()));
    }
    const bool same = one.starts_with("a/") && other.starts_with("b/") && one.substr(2) == other.substr(2);
    return same ? one.substr(2) : "";
}

}  // namespace heddle::tools
