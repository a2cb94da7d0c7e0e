// sandbox/shell_reader.h: Reads a text as bash reads its script, and keeps the commands: for shell_line alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/shell_line.h"

namespace heddle::sandbox::shell {

inline constexpr int depth_max = 8;  // of substitutions in substitutions, and of braces in braces

bool is_blank(char c);
bool ends_word(char c);

// It is read to find more than there is rather than less: words are taken for commands wherever a command may stand.
// Only what is skipped, which are comments, quotes, bodies of here-documents, and targets of redirections, has to be
// skipped exactly as the shell does, and where that is in doubt, or differs between bash and sh, the line is unclear.
class Reader {
 public:
    Reader(std::string_view text, int depth, ShellLine& out) : text_(text), depth_(depth), out_(out) {}

    // To the end, or behind the ')' that closes a substitution. Returns the place behind.
    std::size_t commands(std::size_t at, bool in_substitution);
    bool only_words() const { return only_words_; }

 private:
    struct Word {
        std::string text;
        bool is_known = true, is_quoted = false, may_be_glob = false, has_brace = false, has_list = false;
        int brackets = 0;  // that are open
    };
    struct Heredoc {
        std::string end;
        bool is_quoted, strips_tabs;
    };

    char next(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
    std::size_t word(std::size_t at);
    std::size_t read_word(std::size_t at, Word& word);
    std::size_t double_quoted(std::size_t at, Word& word);
    std::size_t dollar(std::size_t at, Word& word);
    std::size_t braces(std::size_t at, Word& word);
    std::size_t backquoted(std::size_t at, Word& word, bool is_in_quotes);
    std::size_t opened(std::size_t at);
    std::size_t redirection(std::size_t at);
    std::size_t bodies(std::size_t at);
    std::size_t nested(std::size_t at);
    bool is_continued(std::size_t at) const { return text_.substr(at, 2) == "\\\n"; }
    bool touches_word(std::size_t at) const {
        return at > 0 && (!ends_word(text_[at - 1]) || (at > 1 && is_continued(at - 2)));
    }
    void keep(Word word, const std::string& raw);
    void end_command();
    std::size_t unclear(std::size_t at) {
        out_.is_clear = false;
        return at;
    }

    std::string_view text_;
    int depth_;
    ShellLine& out_;
    ShellCommand command_;
    bool in_header_ = false, only_words_ = true;
    bool is_split_ = false;                         // behind "&>"
    bool is_arithmetic_ = false, is_list_ = false;  // or may be: "((", and "=(" or the like
    int cases_ = 0, parentheses_ = 0, within_ = 0;  // within_: braces in braces
    enum class Target { none, file, heredoc } target_ = Target::none;
    bool strips_tabs_ = false;
    std::vector<Heredoc> heredocs_;
};

}  // namespace heddle::sandbox::shell
