// engine/tokenizer/pattern_dialect.cpp: Carries patterns from Oniguruma's dialect to PCRE2's, or says what it cannot.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/io/file.h"
#include "engine/tokenizer/split_pattern.h"

namespace heddle::engine {

namespace {

// White_Space as Unicode has it. PCRE2's own \s holds the Mongolian vowel separator too, which was one long ago.
constexpr std::string_view space = "\\t-\\r\\x{85}\\p{Z}";

// Most of a pattern means the same in both dialects and is copied. What does not is rewritten, or refused by name:
// a pattern that cuts otherwise than its author meant would give a model tokens that it has never seen.
class Translator {
 public:
    Translator(std::string_view pattern, const std::string& place) : pattern_(pattern), place_(place) {}

    std::string run() {
        while (at_ < pattern_.size()) in_class_ ? class_step() : outer_step();
        return std::move(out_);
    }

 private:
    [[noreturn]] void refuse(const std::string& what) const {
        throw Error(fmt::format("cannot load {}: its pattern {} has {} at byte {}, which this engine does not read",
                                place_, in_quotes(pattern_), in_quotes(what), at_));
    }

    bool ahead(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
    void copy(std::size_t count) {
        out_ += pattern_.substr(at_, count);
        at_ += count;
    }

    void outer_step() {
        switch (pattern_[at_]) {
            case '\\':
                return escape();
            case '[':
                return open_class();
            case '(':
                return open_group();
            case '^':
            case '$':
            case '.':
                refuse(std::string(1, pattern_[at_]));
            case '{':
                if (ahead("{,")) refuse("{,");
                return copy(1);
            case '}':
                if (ahead("}+")) refuse("}+");
                return copy(1);
            default:
                return copy(1);
        }
    }

    void open_class() {
        copy(1);
        in_class_ = true;
        if (ahead("^")) copy(1);
        if (ahead("]")) refuse("]");
    }

    void class_step() {
        if (pattern_[at_] == '\\') return escape();
        if (ahead("[")) refuse("[");
        if (ahead("&&")) refuse("&&");
        if (ahead("]")) in_class_ = false;
        copy(1);
    }

    void open_group() {
        if (ahead("(*")) refuse("(*");
        if (!ahead("(?")) return copy(1);
        for (const std::string_view known : {"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
            if (ahead(known)) return copy(known.size());
        }
        refuse(std::string(pattern_.substr(at_, 3)));
    }

    void escape() {
        if (at_ + 1 == pattern_.size()) refuse("\\");
        const char letter = pattern_[at_ + 1];
        const auto byte = static_cast<unsigned char>(letter);
        const bool is_word = byte >= 0x80 || std::isalnum(byte) != 0;
        if (ahead("\\p{") || ahead("\\P{") || ahead("\\x{")) {
            return copy(std::min(pattern_.find('}', at_), pattern_.size() - 1) + 1 - at_);
        }
        if (!is_word || std::string_view("rntf").find(letter) != std::string_view::npos) return copy(2);
        std::string whole;
        if (letter == 's') whole = in_class_ ? std::string(space) : fmt::format("[{}]", space);
        if (letter == 'S' && !in_class_) whole = fmt::format("[^{}]", space);
        if (letter == 'd') whole = "\\p{Nd}";
        if (letter == 'D') whole = "\\P{Nd}";
        if (whole.empty()) refuse(std::string(pattern_.substr(at_, 2)));
        out_ += whole;
        at_ += 2;
    }

    std::string_view pattern_;
    const std::string& place_;
    std::string out_;
    std::size_t at_ = 0;
    bool in_class_ = false;
};

}  // namespace

std::string to_pcre2(std::string_view pattern, const std::string& place) {
    return Translator(pattern, place).run();
}

}  // namespace heddle::engine
