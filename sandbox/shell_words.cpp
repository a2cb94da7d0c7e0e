// sandbox/shell_words.cpp: One word of a shell's script: quotes, and what the shell puts in its place when it runs.
#include <algorithm>

#include "sandbox/shell_reader.h"

namespace heddle::sandbox::shell {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool ends_word(char c) {
    return is_blank(c) || std::string_view("\n;&|<>()").find(c) != std::string_view::npos;
}

std::size_t Reader::read_word(std::size_t at, Word& word) {
    const bool has_tilde = next(at) == '~';
    if (has_tilde) word.is_known = false;
    while (at < text_.size() && !ends_word(text_[at])) {
        const char c = text_[at];
        if (c == '\'') {
            word.is_quoted = true;
            const std::size_t end = text_.find('\'', at + 1);
            if (end == text_.npos) return unclear(text_.size());
            word.text += text_.substr(at + 1, end - at - 1);
            at = end + 1;
        } else if (c == '"') {
            at = double_quoted(at + 1, word);
        } else if (is_continued(at)) {
            at += 2;  // as if it were not there
        } else if (c == '\\') {
            word.is_quoted = true;
            word.text += next(at + 1);
            if (at + 1 == text_.size()) unclear(at);
            at = std::min(at + 2, text_.size());
        } else if (c == '$') {
            at = dollar(at, word);
        } else if (c == '`') {
            at = backquoted(at + 1, word, false);
        } else {
            word.brackets += c == '[' ? 1 : c == ']' && word.brackets > 0 ? -1 : 0;
            word.may_be_glob = word.may_be_glob || c == '*' || c == '?' || c == '[';
            word.has_brace = word.has_brace || c == '{';
            word.has_list = word.has_list || c == ',' || (c == '.' && next(at + 1) == '.');
            word.text += c;
            ++at;
        }
    }
    return at;
}

// From behind its first quote to behind its last.
std::size_t Reader::double_quoted(std::size_t at, Word& word) {
    word.is_quoted = true;
    while (at < text_.size() && text_[at] != '"') {
        const char c = text_[at];
        if (c == '\\' && std::string_view("$`\"\\\n").find(next(at + 1)) != std::string_view::npos &&
            at + 1 < text_.size()) {
            if (next(at + 1) != '\n') word.text += next(at + 1);
            at += 2;
        } else if (c == '$' && next(at + 1) != '\'' && next(at + 1) != '"') {
            at = dollar(at, word);
        } else if (c == '`') {
            at = backquoted(at + 1, word, true);
        } else {
            word.text += c;
            ++at;
        }
    }
    return at < text_.size() ? at + 1 : unclear(at);
}

std::size_t Reader::dollar(std::size_t at, Word& word) {
    if (is_continued(at + 1)) unclear(at);  // what is behind may belong to it
    switch (next(at + 1)) {
        case '(':
            word.is_known = false;
            return nested(at + 2);
        case '{':
            word.is_known = false;
            if (within_ == depth_max) return unclear(text_.size());
            ++within_;
            at = braces(at + 2, word);
            --within_;
            return at;
        case '\'': {
            word.is_known = false;
            word.is_quoted = true;
            for (at += 2; at < text_.size() && text_[at] != '\''; ++at) {
                if (text_[at] != '\\') continue;
                if (next(++at) == '\'') unclear(at);  // for sh, where the dollar is nothing special, it ends here
            }
            return at < text_.size() ? at + 1 : unclear(text_.size());
        }
        case '[':
            word.is_known = false;
            return unclear(at + 1);  // arithmetic to bash, and nothing to sh
        case '"':
            word.is_known = false;
            return double_quoted(at + 2, word);
        default:
            word.is_known = false;
            return at + 1;
    }
}

// What lies within may hold commands, too.
std::size_t Reader::braces(std::size_t at, Word& word) {
    if (std::string_view(" \t\n|").find(next(at)) != std::string_view::npos) unclear(at);  // commands, from bash 5.3 on
    while (at < text_.size() && text_[at] != '}') {
        const char c = text_[at];
        if (c == '\\')
            at = std::min(at + 2, text_.size());
        else if (c == '$')
            at = dollar(at, word);
        else if (c == '`')
            at = backquoted(at + 1, word, true);
        else if (c == '"')
            at = double_quoted(at + 1, word);
        else if (c == '\'' || ((c == '<' || c == '>') && next(at + 1) == '('))
            return unclear(text_.size());  // a quote, or commands, or nothing special, by what is around
        else
            ++at;
    }
    return at < text_.size() ? at + 1 : unclear(at);
}

std::size_t Reader::backquoted(std::size_t at, Word& word, bool is_in_quotes) {
    word.is_known = false;
    std::string inner;
    for (; at < text_.size() && text_[at] != '`'; ++at) {
        if (text_[at] == '\\' && at + 1 < text_.size()) {
            ++at;
            if (is_in_quotes && text_[at] == '"') unclear(at);  // shells differ on who takes the backslash away
            if (std::string_view("$`\\").find(text_[at]) == std::string_view::npos) inner += '\\';
        }
        inner += text_[at];
    }
    if (at == text_.size() || depth_ == depth_max) return unclear(at);
    Reader(inner, depth_ + 1, out_).commands(0, false);
    return at + 1;
}

}  // namespace heddle::sandbox::shell
