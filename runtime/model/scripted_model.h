// runtime/model/scripted_model.h: A model that says what it was told to, through a toy tokenizer; for tests.
#pragma once

#include <chrono>
#include <vector>

#include "runtime/model/model.h"

namespace heddle {

// Bytes are tokens 0 to 255, then come a few merges as a learnt vocabulary has them, some of which span what two
// messages render, then the control tokens. Lives as long as the program.
const Codec& toy_codec();

// What a model would say for `message`, in the chat format, with the end token.
prompts::Pieces scripted_reply(const prompts::Message& message, bool thinking = true);

class ScriptedModel : public Model {
 public:
    explicit ScriptedModel(std::vector<prompts::Pieces> replies);  // one a call; an exception when they run out

    std::int64_t context_max = 1 << 20;
    std::chrono::microseconds pause{0};       // before each token
    std::vector<std::vector<TokenId>> asked;  // what it was asked, call by call

    std::string name() const override { return "scripted"; }
    std::string weights_hash() const override { return {}; }
    const Codec& codec() const override { return toy_codec(); }
    std::int64_t context_tokens_max() const override { return context_max; }
    boost::asio::awaitable<Reply> generate(GenerateRequest request, const GenerateSink& sink,
                                           std::stop_token stop) override;

 private:
    std::vector<prompts::Pieces> replies_;
    std::size_t next_ = 0;
    std::vector<TokenId> cache_;  // what a timeline would hold
};

}  // namespace heddle
