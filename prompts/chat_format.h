// prompts/chat_format.h: Messages to the DSML chat text of DeepSeek-V3.2, control tokens kept apart from plain text.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "prompts/message.h"
#include "prompts/retention.h"

namespace heddle::prompts {

// A stretch of rendered text. A control piece is exactly one control token by name (such as "<think>") and comes only
// from the renderer; a text piece is text whatever it spells, and never becomes a control token.
struct Piece {
    enum class Kind { text, control };
    Kind kind = Kind::text;
    std::string text;

    bool operator==(const Piece&) const = default;
};
using Pieces = std::vector<Piece>;

// The control tokens of DeepSeek-V3.2 by name; a checkpoint's tokenizer.json gives their ids.
namespace control {
inline constexpr const char* begin = "<｜begin▁of▁sentence｜>";
inline constexpr const char* end = "<｜end▁of▁sentence｜>";
inline constexpr const char* user = "<｜User｜>";
inline constexpr const char* assistant = "<｜Assistant｜>";
inline constexpr const char* think = "<think>";
inline constexpr const char* think_end = "</think>";
inline constexpr const char* dsml = "｜DSML｜";
}  // namespace control

struct RenderOptions {
    bool thinking = true;                         // one mode for the whole prompt
    Retention retention = Retention::until_user;  // which earlier reasoning stays
    // The vendor drops old developer messages together with old reasoning. Set, they stay while the reasoning still
    // goes: with until_user this is the vendor's drop_thinking=false, whose renderer never prints old reasoning.
    bool keep_developers = false;
};

// Renders a whole conversation: one entry a message, in order; their concatenation is the prompt. The last entry ends
// where the model goes on (there is no separate generation prompt). Adjacent text pieces, also across messages, belong
// to one run of text and must be tokenised together. Format: the vendor's encoding of DeepSeek-V3.2 (MIT), section 3 of
// its rules: position of results by order, reasoning printed only after the last user or developer message.
// A developer message that the policy drops gives an empty entry. Reasoning that a policy keeps before that last
// message is printed as the model wrote it: <think> at the end of the message before, then the reasoning and </think>.
// Throws Error, naming the message by index, when a conversation cannot be rendered (more results than calls, ...).
std::vector<Pieces> render(std::span<const Message> messages, const RenderOptions& options);

std::string text_of(const Pieces& pieces);  // for people and for the goldens
std::string text_of(std::span<const Pieces> entries);

}  // namespace heddle::prompts
