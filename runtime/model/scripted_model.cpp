// runtime/model/scripted_model.cpp: A model that says what it was told to, through a toy tokenizer; for tests.
#include "runtime/model/scripted_model.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "runtime/context.h"
#include "runtime/model/reply_builder.h"

namespace heddle {

namespace asio = boost::asio;
using prompts::Piece;

namespace {

class ToyVocabulary {
 public:
    ToyVocabulary() {
        for (int byte = 0; byte < 256; ++byte) words_.emplace_back(1, static_cast<char>(byte));
        for (const char* merge : {"\n\n", ">\n", "</", "\n<result>", "</result>\n<", "result", " the", "er", "..."}) {
            words_.emplace_back(merge);
        }
        controls_ = static_cast<TokenId>(words_.size());
        for (const char* name :
             {prompts::control::begin, prompts::control::end, prompts::control::user, prompts::control::assistant,
              prompts::control::think, prompts::control::think_end, prompts::control::dsml}) {
            words_.emplace_back(name);
        }
    }

    TokenId control(std::string_view name) const {
        const auto found = std::find(words_.begin() + controls_, words_.end(), name);
        if (found == words_.end()) throw std::logic_error("the toy tokenizer has no such control token");
        return static_cast<TokenId>(found - words_.begin());
    }

    // Longest match from the left, over runs of adjacent text.
    std::vector<TokenId> encode(const prompts::Pieces& pieces) const {
        std::vector<TokenId> ids;
        std::string run;
        for (const auto& piece : pieces) {
            if (piece.kind == Piece::Kind::text) {
                run += piece.text;
                continue;
            }
            encode_text(run, ids);
            run.clear();
            ids.push_back(control(piece.text));
        }
        encode_text(run, ids);
        return ids;
    }

    std::string_view word(TokenId id) const { return words_.at(static_cast<std::size_t>(id)); }
    bool is_control(TokenId id) const { return id >= controls_; }

 private:
    void encode_text(std::string_view text, std::vector<TokenId>& ids) const {
        while (!text.empty()) {
            TokenId best = static_cast<unsigned char>(text[0]);
            for (TokenId id = 256; id < controls_; ++id) {
                if (text.substr(0, word(id).size()) == word(id) && word(id).size() > word(best).size()) best = id;
            }
            ids.push_back(best);
            text.remove_prefix(word(best).size());
        }
    }

    std::vector<std::string> words_;
    TokenId controls_ = 0;
};

}  // namespace

const Codec& toy_codec() {
    static const ToyVocabulary vocabulary;
    static const Codec codec{
        [](const prompts::Pieces& pieces) { return vocabulary.encode(pieces); },
        [](TokenId id) { return vocabulary.word(id); },
        [](TokenId id) { return vocabulary.is_control(id); },
        vocabulary.control(prompts::control::think),
        vocabulary.control(prompts::control::think_end),
        vocabulary.control(prompts::control::end),
    };
    return codec;
}

prompts::Pieces scripted_reply(const prompts::Message& message, bool thinking) {
    prompts::Message question;
    question.content = "?";
    const std::vector<prompts::Message> messages{question, message};
    return prompts::render(messages, {thinking, prompts::Retention::until_user}).back();
}

ScriptedModel::ScriptedModel(std::vector<prompts::Pieces> replies) : replies_(std::move(replies)) {}

asio::awaitable<Reply> ScriptedModel::generate(GenerateRequest request, const GenerateSink& sink,
                                               std::stop_token stop) {
    if (next_ == replies_.size()) throw std::runtime_error("the script has no more replies");
    const auto tokens = toy_codec().encode(replies_[next_++]);
    asked.emplace_back(request.prompt.begin(), request.prompt.end());

    Usage usage;
    usage.prompt_tokens = static_cast<std::int64_t>(request.prompt.size());
    usage.reused_tokens = static_cast<std::int64_t>(common_prefix(cache_, request.prompt));
    usage.evaluated_tokens = usage.prompt_tokens - usage.reused_tokens;
    cache_ = asked.back();
    co_await sink.prefilled(usage);

    ReplyBuilder builder(toy_codec(), request.thinking);
    auto reason = StopReason::length;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (const TokenId id : tokens) {
        if (static_cast<int>(builder.size()) == request.tokens_max) break;
        if (usage.prompt_tokens + static_cast<std::int64_t>(builder.size()) == context_max) break;
        timer.expires_after(pause);  // also lets timers and signals of the loop have their turn
        co_await timer.async_wait(asio::use_awaitable);
        if (stop.stop_requested()) {
            reason = StopReason::cancelled;
            break;
        }
        if (builder.size() > 0) cache_.push_back(tokens[builder.size() - 1]);
        const SampledToken token = builder.add(id, -0.5f);
        co_await sink.sampled(token);
        if (id == toy_codec().end) reason = StopReason::end;
    }
    co_return builder.finish(reason, usage);
}

}  // namespace heddle
