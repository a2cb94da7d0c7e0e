// tests/fuzz/call_parser_fuzz.cpp: Any completion, cut anywhere: no crash, one message, deltas that are its beginning.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "prompts/call_parser.h"
#include "prompts/message_json.h"

namespace {

using namespace heddle::prompts;

void require(bool condition, const char* claim) {
    if (condition) return;
    std::fprintf(stderr, "broken: %s\n", claim);
    std::abort();
}

Message parsed(const Pieces& pieces, bool thinking, bool in_bytes, std::size_t& repairs) {
    CallParser parser(thinking);
    std::string reasoning, content;
    const auto feed = [&](const Piece& piece) {
        const auto delta = parser.feed(piece);
        reasoning += delta.reasoning;
        content += delta.content;
    };
    for (const auto& piece : pieces) {
        if (!in_bytes || piece.kind == Piece::Kind::control) {
            feed(piece);
        } else {
            for (const char c : piece.text) feed({Piece::Kind::text, std::string(1, c)});
        }
    }
    Message message = parser.finish();
    require(message.reasoning.starts_with(reasoning), "shown reasoning is never taken back");
    require(message.content.starts_with(content), "shown content is never taken back");
    for (const auto& call : message.calls) require(call.arguments.is_object(), "arguments are an object");
    repairs = parser.repairs().size();
    return message;
}

}  // namespace

// The first byte chooses the mode; the rest is the completion, whose control tokens are spelled.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool thinking = (data[0] & 1) != 0;
    const Pieces pieces = split_controls({reinterpret_cast<const char*>(data) + 1, size - 1});
    std::size_t repairs_whole = 0, repairs_bytes = 0;
    const Message whole = parsed(pieces, thinking, false, repairs_whole);
    const Message bytes = parsed(pieces, thinking, true, repairs_bytes);
    require(whole.reasoning == bytes.reasoning && whole.content == bytes.content && whole.calls == bytes.calls &&
                repairs_whole == repairs_bytes,
            "where the stream is cut changes nothing");
    (void)json_of(whole);
    return 0;
}
