// tests/fuzz/render_fuzz.cpp: Any JSON as a conversation: an error or a prompt, and no control token from its texts.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "prompts/call_parser.h"
#include "prompts/chat_format.h"
#include "prompts/error.h"
#include "prompts/json_text.h"
#include "prompts/message_json.h"

// The first byte chooses mode and policy; the rest is the request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace heddle::prompts;
    if (size == 0) return 0;
    constexpr Retention policies[] = {Retention::until_user, Retention::all_if_tools, Retention::all, Retention::none};
    const RenderOptions options{(data[0] & 1) != 0, policies[(data[0] >> 1) & 3], (data[0] & 8) != 0};
    try {
        const auto messages = conversation_of(parse_json({reinterpret_cast<const char*>(data) + 1, size - 1}));
        const auto entries = render(messages, options);
        bool good = entries.size() == messages.size();
        for (const auto& entry : entries) {
            for (const auto& piece : entry) {
                good = good && !piece.text.empty();
                if (piece.kind == Piece::Kind::control) good = good && split_controls(piece.text) == Pieces{piece};
            }
        }
        for (const auto& message : messages) (void)json_text(json_of(message));
        if (!good) {
            std::fprintf(stderr, "broken: one entry a message, control pieces by name\n");
            std::abort();
        }
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
