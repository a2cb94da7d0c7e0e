// engine/tokenizer/split_pattern.h: Cuts text at the matches of one pattern of a tokenizer.json, by PCRE2.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace heddle::engine {

// What matching needs beside the pattern; one for each thread that splits, used again and again.
class MatchSpace {
 public:
    MatchSpace();
    ~MatchSpace();

 private:
    friend class SplitPattern;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// Every match becomes a piece, and so does what lies between matches ("Isolated"). Immutable; safe from several
// threads.
class SplitPattern {
 public:
    // Throws Error for a construct that Oniguruma, whose dialect such files are written in, and PCRE2 read otherwise,
    // and for a pattern that can match nothing. `place` names the file in it.
    SplitPattern(const std::string& pattern, const std::string& place);

    // Calls `piece` with non-empty stretches that together are `text`, which must be UTF-8. Throws Error when matching
    // takes more steps than any sane pattern needs.
    void split(std::string_view text, MatchSpace& space, const std::function<void(std::string_view)>& piece) const;

    SplitPattern(SplitPattern&&) noexcept;
    SplitPattern& operator=(SplitPattern&&) noexcept;
    ~SplitPattern();

 private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

// The pattern in PCRE2's dialect, with the same meaning. Throws Error as above.
std::string to_pcre2(std::string_view pattern, const std::string& place);

}  // namespace heddle::engine
