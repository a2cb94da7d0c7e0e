// examples/generate.cpp: The engine alone: a prompt to tokens, tokens to a reply, and what a second look costs.
//
//   generate MODEL QUESTION [TOKENS]
#include <fmt/format.h>

#include <exception>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/sampler.h"
#include "prompts/chat_format.h"
#include "tools/clip.h"

using namespace heddle;

namespace {

// Control tokens come from the renderer by name. Neighbouring pieces of text are one run, tokenised together: where one
// message ends and the next begins is nothing that the tokenizer should see.
std::vector<engine::Token> tokens_of(const engine::Tokenizer& tokenizer, const std::vector<prompts::Pieces>& entries) {
    std::vector<engine::Token> tokens;
    std::string text;
    const auto flush = [&] {
        for (const auto token : tokenizer.encode(text)) tokens.push_back(token);
        text.clear();
    };
    for (const auto& entry : entries) {
        for (const auto& piece : entry) {
            if (piece.kind == prompts::Piece::Kind::text) {
                text += piece.text;
                continue;
            }
            flush();
            tokens.push_back(tokenizer.control(piece.text).value());
        }
    }
    flush();
    return tokens;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 && argc != 4) {
        fmt::print(stderr, "usage: generate MODEL QUESTION [TOKENS]\n");
        return 2;
    }
    try {
        engine::EngineOptions options;
        options.model = argv[1];
        const auto model = engine::Engine::load(options);

        prompts::Message question;
        question.content = argv[2];
        const auto prompt = tokens_of(model->tokenizer(), prompts::render({&question, 1}, {}));

        auto timeline = model->open();
        const auto first = timeline.sync(prompt);
        engine::Sampler sampler({.temperature = 0});  // the likeliest token each time
        std::string reply;
        const int tokens_max = argc == 4 ? std::stoi(argv[3]) : 64;
        const auto end = model->tokenizer().control(prompts::control::end);
        int generated = 0;
        for (; generated < tokens_max; ++generated) {
            const auto token = sampler.sample(timeline.logits()).token;
            if (token == end) break;
            reply += model->tokenizer().bytes_of(token);
            timeline.step(token);
        }
        // A model may write anything: what a terminal would act upon is shown instead.
        fmt::print("{}\n", tools::readable(reply));

        // Asking again rewinds to the end of the prompt: all but its last token is still in the cache.
        const auto second = timeline.sync(prompt);
        fmt::print(stderr, "prompt: {} tokens evaluated; reply: {} tokens; asked again: {} reused, {} evaluated\n",
                   first.evaluated, generated, second.reused, second.evaluated);
    } catch (const std::exception& error) {
        fmt::print(stderr, "generate: {}\n", error.what());
        return 3;
    }
    return 0;
}
