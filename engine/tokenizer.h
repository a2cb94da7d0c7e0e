// engine/tokenizer.h: Text and tokens, as tokenizer.json says; control tokens never come from plain text.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/token.h"

namespace heddle::engine {

// Byte-level BPE with a sequence of split patterns before it, and added tokens. Immutable; safe from several threads.
class Tokenizer {
 public:
    static Tokenizer load(const std::filesystem::path& file);  // throws Error: which file, what in it, what to do

    std::vector<Token> encode(std::string_view text) const;  // plain: text that spells an added token stays text
    std::vector<Token> encode_with_control(std::string_view text) const;  // text may spell added tokens
    std::optional<Token> control(std::string_view name) const;            // id of an added token by its exact text
    bool is_control(Token token) const;                                   // an added token that is marked special

    std::string decode(std::span<const Token> tokens) const;  // bytes; control tokens as their text; may cut UTF-8
    std::string_view bytes_of(Token token) const;             // the bytes of one token; its name for a control token
    int vocabulary_size() const;                              // highest id + 1

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

 private:
    struct State;
    explicit Tokenizer(std::unique_ptr<const State> state);
    std::unique_ptr<const State> state_;
};

}  // namespace heddle::engine
