// runtime/model/reply_builder.cpp: Sampled tokens, one after the other, to a reply.
#include "runtime/model/reply_builder.h"

namespace heddle {

ReplyBuilder::ReplyBuilder(const Codec& codec, bool thinking) : codec_(codec), parser_(thinking) {}

SampledToken ReplyBuilder::add(TokenId id, float logprob) {
    SampledToken token{id, logprob, std::string(codec_.bytes_of(id)), {}};
    reply_.tokens.push_back(id);
    reply_.logprobs.push_back(logprob);
    // The end token too: after it the parser knows that nothing was cut off, and lets go of what it held back.
    const auto kind = codec_.is_control(id) ? prompts::Piece::Kind::control : prompts::Piece::Kind::text;
    token.shown = parser_.feed({kind, token.bytes});
    return token;
}

Reply ReplyBuilder::finish(StopReason stop, const Usage& usage) {
    reply_.message = parser_.finish();
    reply_.repairs = parser_.repairs();
    reply_.stop = stop;
    reply_.usage = usage;
    reply_.usage.generated_tokens = static_cast<std::int64_t>(reply_.tokens.size());
    return std::move(reply_);
}

}  // namespace heddle
