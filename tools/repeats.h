// tools/repeats.h: Notices a model that makes the same calls again and learns nothing new.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "prompts/message.h"

namespace heddle::tools {

// A call is a repeat if it was made before with the same result, and no call since has told anything new. Two calls in
// turn are noticed as well as one; a test that fails as before is none if a file was changed in between.
class Repeats {
 public:
    static constexpr int limit = 5;  // repeats in a row, after which no known call runs

    // The next user message may well want the same again.
    void begin_turn();

    // Before a call: why it is not to run, in words for the model; empty where it may.
    std::string refusal(const prompts::ToolCall& call);
    // After it, with what the model reads: a line for the model, empty where it was no repeat.
    std::string note(const prompts::ToolCall& call, const std::string& text);

    // Whether the model made calls that were refused as often as calls were repeated before: nothing will come of it.
    bool is_hopeless() const { return refused_ >= limit; }

 private:
    std::map<std::string, std::set<std::size_t>> seen_;  // hashes of results, by call
    int repeated_ = 0, refused_ = 0;                     // in a row
};

}  // namespace heddle::tools
