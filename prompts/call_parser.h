// prompts/call_parser.h: A completion, as it streams in, to reasoning, content and tool calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prompts/chat_format.h"
#include "prompts/message.h"

namespace heddle::prompts {

// What became certain with the last bytes: safe to show, never taken back, never part of a tag.
struct ParserDelta {
    std::string reasoning;
    std::string content;
    bool call_opened = false;  // a call block has begun; its calls come with finish()
};

// One completion, from the first generated token on. Tolerant, but never guessing: each departure from the format is
// named in repairs(). Control pieces are tags; text pieces are text, whatever they spell, except where the model left
// out the DSML marker of a whole tag (a repair).
class CallParser {
 public:
    explicit CallParser(bool thinking);               // thinking: the prompt ended with an open <think>
    ParserDelta feed(const Piece& piece);             // any split of the text gives the same message
    Message finish();                                 // call once, at the end or wherever the stream broke off
    const std::vector<std::string>& repairs() const;  // valid after finish(); empty for a well-formed completion

    CallParser(CallParser&&) noexcept;
    CallParser& operator=(CallParser&&) noexcept;
    ~CallParser();

 private:
    struct State;
    std::unique_ptr<State> state_;
};

// Cuts text at the control tokens that it spells: for texts that are trusted to be a completion (tests, the command
// line), never for what a user, a tool or a page said.
Pieces split_controls(std::string_view text);

}  // namespace heddle::prompts
