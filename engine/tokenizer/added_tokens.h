// engine/tokenizer/added_tokens.h: Finds added tokens in text that may spell them: the leftmost, then the longest.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/token.h"

namespace heddle::engine {

class AddedTokens {
 public:
    void add(std::string text, Token id) { texts_.emplace_back(std::move(text), id); }
    void finish();  // once, after the last add()

    // Calls `plain` for stretches without such a token (never empty) and `token` for each one, in order.
    void cut(std::string_view text, const std::function<void(std::string_view)>& plain,
             const std::function<void(Token)>& token) const;

 private:
    using Entry = std::pair<std::string, Token>;
    const Entry* longest_at(std::string_view text) const;

    std::vector<Entry> texts_;  // sorted once finished
};

}  // namespace heddle::engine
