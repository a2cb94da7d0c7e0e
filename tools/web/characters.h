// tools/web/characters.h: Text as code points, what kind of character one is, and words found without regard to case.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::tools::web {

std::u32string to_code_points(std::string_view text);  // of valid UTF-8
std::string to_utf8(std::u32string_view text);
void append_utf8(std::string& out, char32_t point);  // U+FFFD for what is no character

bool is_word(char32_t point);    // a letter, a number of any kind, or _
bool is_letter(char32_t point);  // the same but for decimal digits

// A text to be found in valid UTF-8, letter for letter but for their case.
class Needle {
 public:
    explicit Needle(const std::string& text);  // valid UTF-8, not empty, of a few thousand bytes at most
    ~Needle();
    Needle(const Needle&) = delete;
    Needle& operator=(const Needle&) = delete;

    struct Match {
        std::size_t begin, end;  // bytes
    };
    std::optional<Match> find(std::string_view text, std::size_t from) const;  // `from`: where a character begins

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace heddle::tools::web
