// prompts/symbols.h: A completion as a string in which a control token is one symbol that no text can spell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prompts/chat_format.h"

namespace heddle::prompts {

// Below 256: a byte of text. From 256 on: a control token, known to the alphabet that made it.
using Symbols = std::u16string;
using SymbolsView = std::u16string_view;

namespace symbol {
inline constexpr char16_t begin = 256, end = 257, user = 258, assistant = 259, think = 260, think_end = 261, dsml = 262;
}  // namespace symbol

inline bool is_control(char16_t c) {
    return c >= 256;
}
inline bool is_blank(char16_t c) {
    return c == u' ' || c == u'\t' || c == u'\r' || c == u'\n';
}

class Alphabet {
 public:
    char16_t symbol_of(const std::string& control_name);
    const std::string& name_of(char16_t control) const { return names_.at(control - 256U); }
    std::string spelled(SymbolsView symbols) const;  // control tokens by name

 private:
    std::vector<std::string> names_{control::begin,     control::end,   control::user,       // in the order of
                                    control::assistant, control::think, control::think_end,  // namespace symbol
                                    control::dsml};
};

}  // namespace heddle::prompts
