// tools/web/reader/roff.cpp: Escapes by their first character, as groff(7) has them.
#include "tools/web/reader/roff.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "tools/web/characters.h"

namespace heddle::tools::web {

namespace {

struct Special {
    std::string_view name, text;
};
constexpr std::array specials = {
    Special{"em", "—"}, Special{"en", "–"}, Special{"hy", "-"},  Special{"bu", "•"}, Special{"lq", "“"},
    Special{"rq", "”"}, Special{"oq", "‘"}, Special{"cq", "’"},  Special{"aq", "'"}, Special{"dq", "\""},
    Special{"co", "©"}, Special{"rg", "®"}, Special{"tm", "™"},  Special{"->", "→"}, Special{"<-", "←"},
    Special{"ha", "^"}, Special{"ti", "~"}, Special{"rs", "\\"}, Special{"bv", "|"}, Special{"or", "|"},
    Special{"mu", "×"}, Special{"+-", "±"}, Special{">=", "≥"},  Special{"<=", "≤"}, Special{"!=", "≠"},
    Special{"ga", "`"}, Special{"aa", "´"}, Special{"sc", "§"},  Special{"de", "°"}, Special{"mi", "−"},
    Special{"eq", "="}, Special{"pl", "+"}, Special{"Fo", "«"},  Special{"Fc", "»"}, Special{"sl", "/"},
    Special{"sh", "#"}, Special{"at", "@"}, Special{"lB", "["},  Special{"rB", "]"}, Special{"lC", "{"},
    Special{"rC", "}"}, Special{"la", "<"}, Special{"ra", ">"},  Special{"ss", "ß"}, Special{":a", "ä"},
    Special{":o", "ö"}, Special{":u", "ü"}, Special{":A", "Ä"},  Special{":O", "Ö"}, Special{":U", "Ü"},
    Special{"'e", "é"}, Special{"`e", "è"}, Special{"R", "®"},   Special{"Tm", "™"}, Special{"Lq", "“"},
    Special{"Rq", "”"}, Special{"S", ""},   Special{"o/", "ø"},  Special{"O/", "Ø"}, Special{"oa", "å"}};

std::string special(std::string_view name) {
    const auto* const found = std::ranges::find(specials, name, &Special::name);
    if (found != specials.end()) return std::string(found->text);
    std::uint32_t point = 0;
    const char* const end = name.data() + name.size();
    if (name.size() < 5 || name[0] != 'u') return "";
    const auto [at, error] = std::from_chars(name.data() + 1, end, point, 16);
    std::string out;
    if (error == std::errc() && at == end && point >= 0x20) append_utf8(out, point);
    return out;
}

class Line {
 public:
    explicit Line(std::string_view text) : rest_(text) {}

    std::string text() {
        std::string out;
        while (!rest_.empty()) {
            const std::size_t escape = std::min(rest_.find('\\'), rest_.size());
            out += rest_.substr(0, escape);
            rest_.remove_prefix(std::min(escape + 1, rest_.size()));
            if (!rest_.empty()) expand(out);
        }
        return out;
    }

 private:
    char take() {
        if (rest_.empty()) return '\0';
        const char c = rest_[0];
        rest_.remove_prefix(1);
        return c;
    }
    std::string_view take(std::size_t count) {
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    std::string_view until(char end) {
        const std::string_view taken = rest_.substr(0, rest_.find(end));
        rest_.remove_prefix(std::min(taken.size() + 1, rest_.size()));
        return taken;
    }
    // One character, (two, or [any].
    std::string_view name() {
        if (rest_.starts_with('(')) return take(3).substr(1);
        if (!rest_.starts_with('[')) return take(1);
        take();
        return until(']');
    }

    void expand(std::string& out) {
        const char c = take();
        switch (c) {
            case '(':
                out += special(take(2));
                break;
            case '[':
                out += special(until(']'));
                break;
            case '*':
                out += special(name());
                break;
            case 'f':
            case 'F':
            case 'm':
            case 'M':
            case 'n':
            case 'g':
            case 'k':
                name();
                break;
            case 's':
                if (rest_.starts_with('+') || rest_.starts_with('-')) take();
                name();
                break;
            case 'h':
            case 'v':
            case 'w':
            case 'o':
            case 'D':
            case 'l':
            case 'L':
            case 'b':
            case 'N':
            case 'X':
            case 'A':
                until(take());
                break;
            case '"':
            case '#':
                rest_ = {};
                break;
            case '-':
                out += '-';
                break;
            case 'e':
            case '\\':
                out += '\\';
                break;
            case '~':
            case ' ':
            case '0':
                out += ' ';
                break;
            case 't':
                out += '\t';
                break;
            case '\'':
            case '`':
            case '.':
                out += c;
                break;
            default:  // spacing, hyphenation, braces of conditions: nothing to see
                break;
        }
    }

    std::string_view rest_;
};

}  // namespace

std::string roff_text(std::string_view line) {
    return Line(line).text();
}

std::vector<std::string> roff_words(std::string_view rest) {
    std::vector<std::string> words;
    for (std::size_t at = rest.find_first_not_of(" \t"); at < rest.size();) {
        std::string word;
        const bool quoted = rest[at] == '"';
        at += quoted ? 1 : 0;
        for (; at < rest.size(); ++at) {
            if (quoted && rest[at] == '"') {
                if (at + 1 >= rest.size() || rest[at + 1] != '"') break;  // two of them stand for one
                ++at;
            } else if (!quoted && (rest[at] == ' ' || rest[at] == '\t')) {
                break;
            } else if (rest[at] == '\\' && at + 1 < rest.size()) {
                if (rest[at + 1] == '"') {  // a comment
                    if (!word.empty()) words.push_back(word);
                    return words;
                }
                word += rest[at++];
            }
            word += rest[at];
        }
        words.push_back(word);
        at = rest.find_first_not_of(" \t", at + (quoted ? 1 : 0));
    }
    return words;
}

}  // namespace heddle::tools::web
