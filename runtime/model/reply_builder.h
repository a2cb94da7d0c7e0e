// runtime/model/reply_builder.h: Sampled tokens, one after the other, to a reply.
#pragma once

#include "prompts/call_parser.h"
#include "runtime/model/model.h"

namespace heddle {

// What every model that samples tokens does with them: bytes for the log, the parser's view of them, the whole reply.
class ReplyBuilder {
 public:
    ReplyBuilder(const Codec& codec, bool thinking);  // `codec` outlives the builder
    SampledToken add(TokenId id, float logprob);
    std::size_t size() const { return reply_.tokens.size(); }
    Reply finish(StopReason stop, const Usage& usage);  // call once

 private:
    const Codec& codec_;
    prompts::CallParser parser_;
    Reply reply_;
};

}  // namespace heddle
