// engine/tokenizer/added_tokens.cpp: Narrows a sorted list byte by byte, so that a long list costs little a position.
#include "engine/tokenizer/added_tokens.h"

#include <algorithm>

namespace heddle::engine {

void AddedTokens::finish() {
    std::sort(texts_.begin(), texts_.end());
}

const AddedTokens::Entry* AddedTokens::longest_at(std::string_view text) const {
    const Entry* longest = nullptr;
    auto first = texts_.begin(), last = texts_.end();
    for (std::size_t depth = 0; first != last; ++depth) {
        // All of [first, last) share their first `depth` bytes with the text; one that ends there stands first.
        if (first->first.size() == depth) longest = &*first++;
        if (depth == text.size()) break;
        const auto wanted = static_cast<unsigned char>(text[depth]);
        const auto byte = [depth](const Entry& entry) { return static_cast<unsigned char>(entry.first[depth]); };
        first = std::partition_point(first, last, [&](const Entry& entry) { return byte(entry) < wanted; });
        last = std::partition_point(first, last, [&](const Entry& entry) { return byte(entry) == wanted; });
    }
    return longest;
}

void AddedTokens::cut(std::string_view text, const std::function<void(std::string_view)>& plain,
                      const std::function<void(Token)>& token) const {
    std::size_t done = 0, at = 0;
    while (at < text.size()) {
        const Entry* found = longest_at(text.substr(at));
        if (found == nullptr) {
            ++at;
            continue;
        }
        if (at > done) plain(text.substr(done, at - done));
        token(found->second);
        done = at += found->first.size();
    }
    if (at > done) plain(text.substr(done, at - done));
}

}  // namespace heddle::engine
