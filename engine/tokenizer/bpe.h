// engine/tokenizer/bpe.h: Byte-pair merges: the best-ranked neighbours join, the leftmost first, until none can.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/token.h"

namespace heddle::engine {

class Bpe {
 public:
    // A merge's rank is its place in the file: the earlier, the stronger. A pair that is added again takes the new
    // rank.
    void set_byte(unsigned char byte, Token token) { byte_tokens_[byte] = token; }
    void add_merge(Token left, Token right, Token joined);
    void reserve(std::size_t merges) { merges_.reserve(merges); }

    // Space that encode() works in; one for each thread that calls it.
    struct Scratch {
        struct Symbol {
            Token token;
            std::int64_t previous, next;  // -1 at the ends; a symbol that was joined to its left has token -1
        };
        struct Candidate {
            std::uint32_t rank;
            std::int64_t at;
            Token left, right, joined;
        };
        std::vector<Symbol> symbols;
        std::vector<Candidate> heap;
    };

    // Appends the tokens of one piece of text. A queue of candidates keeps it at n log n for any text.
    void encode(std::string_view piece, Scratch& scratch, std::vector<Token>& tokens) const;

 private:
    struct Merge {
        std::uint32_t rank;
        Token joined;
    };
    struct PairHash {
        std::size_t operator()(std::uint64_t pair) const {
            pair *= 0x9e3779b97f4a7c15ull;  // ids are small: spreads them over the upper bits, then folds these down
            return pair ^ (pair >> 32);
        }
    };

    static std::uint64_t pair_of(Token left, Token right) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
    }
    void consider(std::int64_t left, Scratch& scratch) const;

    std::array<Token, 256> byte_tokens_{};
    std::unordered_map<std::uint64_t, Merge, PairHash> merges_;
    std::uint32_t next_rank_ = 0;
};

}  // namespace heddle::engine
