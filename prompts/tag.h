// prompts/tag.h: One tag of a call block, read leniently; what was odd about it is named.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "prompts/symbols.h"

namespace heddle::prompts {

struct Tag {
    enum class Name { calls, invoke, parameter };
    enum class Flag { missing, yes, no };  // string="true|false"

    Name name = Name::calls;
    bool closing = false;
    bool marked = false;               // has the DSML control token
    bool self_closed = false;          // ends with "/>"
    bool unended = false;              // its ">" is missing
    std::size_t begin = 0, end = 0;    // its place; `end` is one past its last symbol
    std::optional<std::string> label;  // the value of the attribute name
    Flag flag = Flag::missing;
    std::vector<std::string> oddities;  // departures from the format that still leave its meaning clear
};

// The tag whose "<" stands at `at`, or nothing when no tag of a call block begins there. Looks at no more than the
// first two thousand symbols: a longer name is none.
std::optional<Tag> tag_at(SymbolsView text, std::size_t at, const Alphabet& alphabet);

// Whether `text`, from "<" to its end, may still become a tag of which only the end is missing.
bool starts_closing_tag(SymbolsView text);

}  // namespace heddle::prompts
