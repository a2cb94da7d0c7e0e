// runtime/model/model.h: What the runtime asks for a reply: in process, scripted, later remote.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "prompts/call_parser.h"
#include "prompts/chat_format.h"
#include "prompts/message.h"

namespace heddle {

using TokenId = std::int32_t;

// The model's own view of text: the renderer's pieces to ids and back, and how to tell parts of a reply apart.
// A model without a tokenizer of its own (remote) returns no ids.
struct Codec {
    std::function<std::vector<TokenId>(const prompts::Pieces&)> encode;  // adjacent text pieces as one run
    std::function<std::string_view(TokenId)> bytes_of;                   // a control token's name; may cut UTF-8
    std::function<bool(TokenId)> is_control;
    TokenId think = -1, think_end = -1, end = -1;  // ids of the control tokens that the context must find again
};

struct GenerateRequest {
    std::span<const TokenId> prompt;  // exactly what the model shall see; owned by the caller
    bool thinking = true;             // the prompt ends with an open <think>
    int tokens_max = 4096;            // of this reply, at least 1
};

// One sampled token, reported before the next one is sampled. Whoever takes it stores it before showing it.
struct SampledToken {
    TokenId id = -1;
    float logprob = 0;
    std::string bytes;           // of this token; may cut a UTF-8 character
    prompts::ParserDelta shown;  // what became certain with it
};

// What a step took. A model fills in the prompt's part before it reports the first token.
struct Usage {
    std::int64_t prompt_tokens = 0, reused_tokens = 0, evaluated_tokens = 0, generated_tokens = 0;
    std::int64_t prefill_us = 0, decode_us = 0;
};

enum class StopReason { end, length, cancelled };  // the model ended its reply; tokens_max or room; stop was asked

struct Reply {
    prompts::Message message;          // parsed from exactly the sampled tokens
    std::vector<std::string> repairs;  // what the parser had to mend, in words
    std::vector<TokenId> tokens;       // sampled, with the end token when it was sampled
    std::vector<float> logprobs;       // one a token
    StopReason stop = StopReason::end;
    Usage usage;
};

// Told what happens during generate(), on the caller's executor, and waited for: when a call has returned, what it was
// told is on record, and only then does the model go on. What it throws ends generate().
struct GenerateSink {
    // Once, before the first token; not at all when stopped before it.
    std::function<boost::asio::awaitable<void>(const Usage&)> prefilled;
    std::function<boost::asio::awaitable<void>(const SampledToken&)> sampled;
};

class Model {
 public:
    virtual ~Model() = default;
    virtual std::string name() const = 0;          // for the log: the folder's name
    virtual std::string weights_hash() const = 0;  // for the log; empty when not known
    virtual const Codec& codec() const = 0;
    virtual std::int64_t context_tokens_max() const = 0;

    // Call on the executor that owns the runtime's state. The request's prompt and the sink outlive the call. A reply
    // that was stopped holds what was sampled until then. Throws what the engine throws.
    virtual boost::asio::awaitable<Reply> generate(GenerateRequest request, const GenerateSink& sink,
                                                   std::stop_token stop) = 0;
};

}  // namespace heddle
