// prompts/symbols.cpp: A completion as a string in which a control token is one symbol that no text can spell.
#include "prompts/symbols.h"

#include <algorithm>

#include "prompts/error.h"

namespace heddle::prompts {

char16_t Alphabet::symbol_of(const std::string& control_name) {
    const auto found = std::find(names_.begin(), names_.end(), control_name);
    const auto index = static_cast<std::size_t>(found - names_.begin());
    if (found == names_.end()) {
        if (index >= 0xf000) throw Error("cannot read a reply with more than 61440 different control tokens");
        names_.push_back(control_name);
    }
    return static_cast<char16_t>(256 + index);
}

std::string Alphabet::spelled(SymbolsView symbols) const {
    std::string text;
    text.reserve(symbols.size());
    for (const char16_t c : symbols) {
        if (is_control(c)) {
            text += name_of(c);
        } else {
            text += static_cast<char>(c);
        }
    }
    return text;
}

}  // namespace heddle::prompts
