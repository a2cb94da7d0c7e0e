// engine/tokenizer.cpp: Puts the parts together: added tokens, splits, bytes, merges; and the way back.
#include "engine/tokenizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/error.h"
#include "engine/io/file.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/byte_symbols.h"
#include "engine/tokenizer/split_pattern.h"
#include "engine/tokenizer/tokenizer_file.h"
#include "engine/tokenizer/utf8.h"

namespace heddle::engine {

namespace {

struct Work {
    MatchSpace matching;
    Bpe::Scratch merging;
};

}  // namespace

struct Tokenizer::State {
    Bpe bpe;
    std::vector<SplitPattern> splits;
    AddedTokens first, second;  // as the file orders them: those found in raw text, then the "normalized" ones
    std::unordered_map<std::string, Token> added;
    std::vector<bool> special;       // by id
    std::vector<std::string> bytes;  // by id

    State(const TokenizerFile& file, const std::string& place);

    void split_from(std::size_t stage, std::string_view text, Work& work, std::vector<Token>& tokens) const;
    void encode_plain(std::string_view text, Work& work, std::vector<Token>& tokens) const;

 private:
    void fill_tables(const TokenizerFile& file);
    void fill_merges(const TokenizerFile& file, const std::string& place);
};

Tokenizer::State::State(const TokenizerFile& file, const std::string& place) {
    for (const auto& pattern : file.patterns) splits.emplace_back(pattern, place);
    fill_tables(file);
    fill_merges(file, place);
}

void Tokenizer::State::fill_tables(const TokenizerFile& file) {
    Token highest = -1;
    for (const auto& [text, id] : file.vocabulary) highest = std::max(highest, id);
    for (const auto& token : file.added) highest = std::max(highest, token.id);
    bytes.resize(static_cast<std::size_t>(highest) + 1);
    special.resize(bytes.size());
    // A text with a character that stands for no byte is out of reach of the merges: it is one of the added tokens, or
    // an entry that is never used.
    for (const auto& [text, id] : file.vocabulary) {
        bytes[static_cast<std::size_t>(id)] = bytes_of_symbols(text).value_or(text);
    }
    for (const auto& token : file.added) {
        bytes[static_cast<std::size_t>(token.id)] = token.text;
        special[static_cast<std::size_t>(token.id)] = token.special;
        added.emplace(token.text, token.id);
        (token.normalized ? second : first).add(token.text, token.id);
    }
    first.finish();
    second.finish();
}

void Tokenizer::State::fill_merges(const TokenizerFile& file, const std::string& place) {
    // An id that plain text can reach must not be a control token's: text would turn into control.
    const auto check = [&](Token id) {
        const auto& text = bytes[static_cast<std::size_t>(id)];
        const auto found = added.find(text);
        if (found == added.end() || found->second != id) return;
        throw Error(
            fmt::format("cannot load {}: plain text reaches the added token {} by merges", place, in_quotes(text)));
    };
    for (int byte = 0; byte < 256; ++byte) {
        const auto found = file.vocabulary.find(symbol_of_byte(static_cast<unsigned char>(byte)));
        if (found == file.vocabulary.end()) {
            throw Error(fmt::format("cannot load {}: its vocabulary has no token for the byte {:#04x}", place, byte));
        }
        check(found->second);
        bpe.set_byte(static_cast<unsigned char>(byte), found->second);
    }
    bpe.reserve(file.merges.size());
    for (const auto& merge : file.merges) {
        check(merge.joined);
        bpe.add_merge(merge.left, merge.right, merge.joined);
    }
}

void Tokenizer::State::split_from(std::size_t stage, std::string_view text, Work& work,
                                  std::vector<Token>& tokens) const {
    if (stage == splits.size()) return bpe.encode(text, work.merging, tokens);
    splits[stage].split(text, work.matching,
                        [&](std::string_view piece) { split_from(stage + 1, piece, work, tokens); });
}

// Patterns are about characters. A byte that belongs to none stands alone: it cuts the text, and no merge touches it.
void Tokenizer::State::encode_plain(std::string_view text, Work& work, std::vector<Token>& tokens) const {
    while (!text.empty()) {
        const std::size_t valid = valid_utf8_length(text);
        if (valid > 0) split_from(0, text.substr(0, valid), work, tokens);
        text.remove_prefix(valid);
        if (text.empty()) break;
        bpe.encode(text.substr(0, 1), work.merging, tokens);
        text.remove_prefix(1);
    }
}

Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::load(const std::filesystem::path& file) {
    return Tokenizer(std::make_unique<const State>(TokenizerFile::read(file), file.string()));
}

std::vector<Token> Tokenizer::encode(std::string_view text) const {
    Work work;
    std::vector<Token> tokens;
    state_->encode_plain(text, work, tokens);
    return tokens;
}

std::vector<Token> Tokenizer::encode_with_control(std::string_view text) const {
    Work work;
    std::vector<Token> tokens;
    const auto put = [&](Token token) { tokens.push_back(token); };
    const auto plain = [&](std::string_view part) { state_->encode_plain(part, work, tokens); };
    state_->first.cut(
        text, [&](std::string_view part) { state_->second.cut(part, plain, put); }, put);
    return tokens;
}

std::optional<Token> Tokenizer::control(std::string_view name) const {
    const auto found = state_->added.find(std::string(name));
    return found == state_->added.end() ? std::nullopt : std::optional(found->second);
}

bool Tokenizer::is_control(Token token) const {
    return token >= 0 && token < vocabulary_size() && state_->special[static_cast<std::size_t>(token)];
}

std::string Tokenizer::decode(std::span<const Token> tokens) const {
    std::string text;
    for (const Token token : tokens) text += bytes_of(token);
    return text;
}

std::string_view Tokenizer::bytes_of(Token token) const {
    if (token < 0 || token >= vocabulary_size()) return {};
    return state_->bytes[static_cast<std::size_t>(token)];
}

int Tokenizer::vocabulary_size() const {
    return static_cast<int>(state_->bytes.size());
}

}  // namespace heddle::engine
