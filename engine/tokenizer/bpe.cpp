// engine/tokenizer/bpe.cpp: A linked list of symbols, and a heap of the pairs that may join.
#include "engine/tokenizer/bpe.h"

#include <algorithm>

namespace heddle::engine {

namespace {

// The top of the heap is the lowest rank, then the leftmost.
bool comes_later(const Bpe::Scratch::Candidate& a, const Bpe::Scratch::Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
}

}  // namespace

void Bpe::add_merge(Token left, Token right, Token joined) {
    merges_.insert_or_assign(pair_of(left, right), Merge{next_rank_++, joined});
}

void Bpe::consider(std::int64_t left, Scratch& scratch) const {
    if (left < 0) return;
    const auto& symbol = scratch.symbols[static_cast<std::size_t>(left)];
    if (symbol.next < 0) return;
    const Token right = scratch.symbols[static_cast<std::size_t>(symbol.next)].token;
    const auto merge = merges_.find(pair_of(symbol.token, right));
    if (merge == merges_.end()) return;
    scratch.heap.push_back({merge->second.rank, left, symbol.token, right, merge->second.joined});
    std::push_heap(scratch.heap.begin(), scratch.heap.end(), comes_later);
}

void Bpe::encode(std::string_view piece, Scratch& scratch, std::vector<Token>& tokens) const {
    auto& symbols = scratch.symbols;
    symbols.clear();
    scratch.heap.clear();
    const auto size = static_cast<std::int64_t>(piece.size());
    for (std::int64_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(piece[static_cast<std::size_t>(i)]);
        symbols.push_back({byte_tokens_[byte], i - 1, i + 1 < size ? i + 1 : -1});
    }
    for (std::int64_t i = 0; i + 1 < size; ++i) consider(i, scratch);
    while (!scratch.heap.empty()) {
        std::pop_heap(scratch.heap.begin(), scratch.heap.end(), comes_later);
        const auto candidate = scratch.heap.back();
        scratch.heap.pop_back();
        auto& left = symbols[static_cast<std::size_t>(candidate.at)];
        // One of the two may have joined another since.
        if (left.token != candidate.left || left.next < 0) continue;
        auto& right = symbols[static_cast<std::size_t>(left.next)];
        if (right.token != candidate.right) continue;
        left.token = candidate.joined;
        right.token = -1;
        left.next = right.next;
        if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = candidate.at;
        consider(left.previous, scratch);
        consider(candidate.at, scratch);
    }
    for (std::int64_t i = size > 0 ? 0 : -1; i >= 0; i = symbols[static_cast<std::size_t>(i)].next) {
        tokens.push_back(symbols[static_cast<std::size_t>(i)].token);
    }
}

}  // namespace heddle::engine
