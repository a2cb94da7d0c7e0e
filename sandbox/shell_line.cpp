// sandbox/shell_line.cpp: Operators, redirections and here-documents; what lies beyond them is called unclear.
#include "sandbox/shell_line.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "sandbox/shell_reader.h"
#include "sandbox/word_list.h"

namespace heddle::sandbox {

namespace shell {

namespace {

constexpr std::size_t commands_max = 1000;  // of a line; a longer one has lost its way

// Before a command, without being one.
constexpr std::array<std::string_view, 12> reserved = {"!",    "{",  "}",  "do",   "done",  "elif",
                                                       "else", "fi", "if", "then", "until", "while"};
// Before words that are none.
constexpr std::array<std::string_view, 3> headers = {"case", "for", "select"};

bool is_name_sign(char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// NAME=..., NAME+=... or NAME[...]=...
bool is_assignment(std::string_view raw) {
    std::size_t at = 0;
    while (at < raw.size() && is_name_sign(raw[at])) ++at;
    if (at == 0 || std::isdigit(static_cast<unsigned char>(raw[0])) != 0) return false;
    if (at < raw.size() && raw[at] == '[') at = std::min(raw.find(']', at), raw.size() - 1) + 1;
    if (at < raw.size() && raw[at] == '+') ++at;
    return at < raw.size() && raw[at] == '=';
}

// 2 or {name}, if it touches a redirection.
bool is_descriptor(std::string_view raw) {
    if (!raw.empty() && raw.find_first_not_of("0123456789") == raw.npos) return true;
    if (raw.size() < 3 || raw.front() != '{' || raw.back() != '}') return false;
    return std::all_of(raw.begin() + 1, raw.end() - 1, [](char c) { return is_name_sign(c) || c == '[' || c == ']'; });
}

}  // namespace

void Reader::end_command() {
    if (!command_.empty() && !in_header_) {
        if (out_.commands.size() < commands_max)
            out_.commands.push_back(std::move(command_));
        else
            out_.is_clear = false;
    }
    command_.clear();
    in_header_ = is_split_ = false;
    if (target_ != Target::none) out_.is_clear = false;  // a redirection to nothing
    target_ = Target::none;
}

std::size_t Reader::commands(std::size_t at, bool in_substitution) {
    while (at < text_.size()) {
        const char c = text_[at];
        if (is_blank(c)) {
            ++at;
            continue;
        }
        if (is_continued(at)) {
            at += 2;
            continue;
        }
        if (!ends_word(c) && c != '#') {
            at = word(at);
            continue;
        }
        only_words_ = false;
        if (c == '#') {
            if (is_arithmetic_ || is_list_) unclear(at);
            at = std::min(text_.find('\n', at), text_.size());
        } else if (c == '<' || c == '>' || (c == '&' && next(at + 1) == '>')) {
            at = redirection(at);
        } else if (c == '\n') {
            end_command();
            at = bodies(at + 1);
        } else if (c == '(') {
            at = opened(at);
        } else if (c == ')') {
            ++at;
            if (parentheses_ > 0) {
                if (is_list_ && at < text_.size() && !ends_word(text_[at])) unclear(at);  // in the midst of a word
                if (--parentheses_ == 0) is_arithmetic_ = is_list_ = false;
            } else if (in_substitution) {
                end_command();
                if (!heredocs_.empty() || cases_ > 0) unclear(at);
                return at;
            } else if (cases_ > 0) {
                command_.clear();  // a pattern
            } else {
                unclear(at);
            }
            end_command();
        } else {
            end_command();
            ++at;
        }
    }
    end_command();
    if (in_substitution || parentheses_ > 0 || !heredocs_.empty()) unclear(at);
    return at;
}

// Behind a '('. Of a function or a list, what is in it is read as commands all the same.
std::size_t Reader::opened(std::size_t at) {
    if (!command_.empty()) unclear(at);
    end_command();
    is_arithmetic_ = is_arithmetic_ || (at > 0 && text_[at - 1] == '(') || (at > 1 && is_continued(at - 2));
    is_list_ = is_list_ || touches_word(at);
    ++parentheses_;
    return at + 1;
}

std::size_t Reader::word(std::size_t at) {
    Word found;
    const std::size_t end = read_word(at, found);
    std::string raw;
    for (std::size_t i = at; i < end; ++i) is_continued(i) ? void(++i) : raw.push_back(text_[i]);
    // A new line begins the bodies of here-documents, or not yet.
    if ((!heredocs_.empty() || target_ == Target::heredoc) && raw.find('\n') != raw.npos) unclear(at);
    if (is_arithmetic_ && raw.find_first_of("'\"`\\") != raw.npos) unclear(at);  // no quotes to some
    if ((next(end) == '<' || next(end) == '>') && is_descriptor(raw)) {
        only_words_ = false;
        return target_ == Target::none ? end : unclear(end);
    }
    keep(std::move(found), raw);
    return end;
}

void Reader::keep(Word word, const std::string& raw) {
    // NAME[...] goes on behind blanks and signs, if it is the name of a variable, and so does [...] in a list.
    if (word.brackets > 0 && (is_list_ || (raw != "[" && raw != "[["))) out_.is_clear = false;
    if (word.may_be_glob && raw != "[" && raw != "[[") word.is_known = false;
    if (word.has_brace && word.has_list) word.is_known = false;
    if (target_ == Target::heredoc) {
        if (!word.is_known) out_.is_clear = false;
        heredocs_.push_back({word.text, word.is_quoted, strips_tabs_});
    }
    if (target_ != Target::none) {
        target_ = Target::none;
        return;
    }
    const bool is_first = command_.empty() && !in_header_;
    if (is_first && is_assignment(raw)) {
        only_words_ = false;
        if (holds_substitution(word.text)) out_.is_clear = false;
        return;
    }
    if (is_first && !word.is_quoted && word.is_known) {
        if (holds(reserved, word.text) || holds(headers, word.text) || word.text == "esac") {
            only_words_ = false;
            in_header_ = holds(headers, word.text);
            cases_ += word.text == "case" ? 1 : word.text == "esac" && cases_ > 0 ? -1 : 0;
            return;
        }
        if (word.text == "function" || word.text == "coproc") out_.is_clear = only_words_ = false;
    }
    if (in_header_ && command_.size() == 1 && !word.is_quoted && (word.text == "do" || word.text == "{")) {
        command_.clear();  // "for x do", without a list
        in_header_ = false;
        return;
    }
    if (is_split_) out_.is_clear = false;
    if (!word.is_known) only_words_ = false;
    command_.push_back(word.is_known ? ShellWord(std::move(word.text)) : std::nullopt);
}

std::size_t Reader::nested(std::size_t at) {
    if (depth_ == depth_max) return unclear(text_.size());
    return Reader(text_, depth_ + 1, out_).commands(at, true);
}

std::size_t Reader::redirection(std::size_t at) {
    if (target_ != Target::none) unclear(at);
    if ((text_[at] == '<' || text_[at] == '>') && next(at + 1) == '(') {
        command_.push_back(std::nullopt);
        const std::size_t end = nested(at + 2);
        if (!heredocs_.empty() && text_.substr(at, end - at).find('\n') != text_.npos) unclear(at);
        if (touches_word(at) || (end < text_.size() && !ends_word(text_[end]))) unclear(at);  // a part of one
        return end;
    }
    target_ = Target::file;
    is_split_ = is_split_ || text_[at] == '&';  // to sh, a command ends with the first sign
    if (text_.substr(at, 3) == "<<<") return at + 3;
    if (text_.substr(at, 2) == "<<") {
        if (is_arithmetic_ || is_list_ || is_continued(at + 2)) unclear(at);  // a shift, or a longer sign
        target_ = Target::heredoc;
        strips_tabs_ = next(at + 2) == '-';
        return at + (strips_tabs_ ? 3 : 2);
    }
    for (const std::string_view sign : {"&>>", "&>", ">>", ">|", "<>", ">&", "<&"})
        if (text_.substr(at, sign.size()) == sign) return at + sign.size();
    return at + 1;
}

// Behind the here-documents that the line above has announced.
std::size_t Reader::bodies(std::size_t at) {
    for (const Heredoc& heredoc : heredocs_) {
        bool is_over = false;
        while (!is_over) {
            if (at >= text_.size()) return unclear(at);
            const std::size_t end = std::min(text_.find('\n', at), text_.size());
            std::string_view line = text_.substr(at, end - at);
            at = end + 1;
            if (heredoc.strips_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
            is_over = line == heredoc.end;
            // In a substitution bash takes its ')' behind the end of a body, too.
            if (!is_over && depth_ > 0 && line.starts_with(heredoc.end)) unclear(at);
            // The shell looks into these lines.
            if (!heredoc.is_quoted &&
                (holds_substitution(line) || line.find("${") != line.npos || line.ends_with('\\')))
                unclear(at);
        }
    }
    heredocs_.clear();
    return std::min(at, text_.size());
}

}  // namespace shell

bool holds_substitution(std::string_view text) {
    return text.find("$(") != text.npos || text.find('`') != text.npos;
}

ShellLine read_shell_line(std::string_view line) {
    while (!line.empty() && (shell::is_blank(line.back()) || line.back() == '\n')) line.remove_suffix(1);
    while (!line.empty() && (shell::is_blank(line.front()) || line.front() == '\n')) line.remove_prefix(1);
    ShellLine out;
    if (line.find('\0') != line.npos) out.is_clear = false;
    shell::Reader reader(line, 0, out);
    reader.commands(0, false);
    out.is_plain = out.is_clear && reader.only_words() && out.commands.size() == 1;
    return out;
}

}  // namespace heddle::sandbox
