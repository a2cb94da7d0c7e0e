// engine/cache/kv_cache.cpp: Shares pages until somebody writes, and leaves what lies behind a rewind to the index.
#include "engine/cache/kv_cache.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "engine/error.h"

namespace heddle::engine {

namespace {

std::size_t pages_for(std::int64_t tokens) {
    return static_cast<std::size_t>((tokens + page_tokens - 1) / page_tokens);
}

PagePlace in_one_piece(const PageLayout& layout, std::span<std::byte> bytes) {
    ENGINE_CHECK(bytes.size() == layout.rows_bytes());
    return {bytes.data(), bytes.data() + layout.all_latents(), layout.keys_room()};
}

}  // namespace

KvCache::KvCache(PagePool& pool, std::int64_t tokens_max) : pool_(&pool), tokens_max_(tokens_max), holding_(pool) {
    tokens_.reserve(static_cast<std::size_t>(tokens_max));
    pages_.reserve(pages_for(tokens_max));
    nodes_.reserve(pages_for(tokens_max));
    places_.reserve(pages_for(tokens_max));
}

KvCache::KvCache(const KvCache& other) : KvCache(*other.pool_, other.tokens_max_) {
    // Only pages that hold something: what was reserved and never filled stays with its owner.
    for (std::size_t page = 0; page < pages_for(other.length()); ++page) push(other.pages_[page], other.nodes_[page]);
    tokens_.assign(other.tokens_.begin(), other.tokens_.end());
    holding_.set(length());
}

std::int64_t KvCache::extend(std::span<const Token> wanted) {
    const std::int64_t before = length();
    ENGINE_CHECK(std::ranges::equal(tokens_, wanted.first(tokens_.size())));
    ENGINE_CHECK(static_cast<std::int64_t>(wanted.size()) <= tokens_max_);
    for (std::size_t page = tokens_.size() / page_tokens; page * page_tokens < wanted.size(); ++page) {
        PrefixIndex::Node* const parent = page == 0 ? nullptr : nodes_[page - 1];
        if (page > 0 && parent == nullptr) break;
        const std::size_t first = page * page_tokens;
        auto match = pool_->index().find(parent, wanted.subspan(first));
        if (!match || first + static_cast<std::size_t>(match->tokens) <= tokens_.size()) break;
        pages_.resize(page);  // what was held of this page, the match holds as well
        nodes_.resize(page);
        places_.resize(page);
        push(std::move(match->page), match->node);
        const auto added = wanted.subspan(tokens_.size()).first(first + std::size_t(match->tokens) - tokens_.size());
        tokens_.insert(tokens_.end(), added.begin(), added.end());
        if (match->tokens < page_tokens) break;
    }
    holding_.set(length());
    pool_->count_hit(length() - before);
    return length() - before;
}

void KvCache::reserve(std::int64_t tokens) {
    ENGINE_CHECK(length() + tokens <= tokens_max_);
    try {
        if (length() % page_tokens != 0) {
            own_last_page();
            forget_uses();
        }
        while (pages_.size() < pages_for(length() + tokens)) push(pool_->take(), nullptr);
    } catch (...) {
        truncate(length());
        throw;
    }
}

// Makes the page that is partly filled this cache's alone, in or out of the index. Where what is going to be
// overwritten is worth more than a copy of the page, that stays in the index and a copy is written to.
void KvCache::own_last_page() {
    const auto last = static_cast<std::size_t>(length() / page_tokens);
    const auto rows = static_cast<int>(length() % page_tokens);
    const auto withdrawn = [&] {
        if (nodes_[last] == nullptr || !pool_->index().withdraw(nodes_[last])) return false;
        nodes_[last] = nullptr;
        return true;
    };
    constexpr int rows_cheap = 1;  // a last token that is evaluated again for its logits
    if (nodes_[last] != nullptr && nodes_[last]->count <= rows + rows_cheap) withdrawn();
    if (!pages_[last].is_shared()) return;
    auto own = pool_->try_take();
    if (!own) {
        if (withdrawn() && !pages_[last].is_shared()) return;
        own = pool_->take();
    }
    pool_->copy(pages_[last], *own);
    places_[last] = own->place();
    pages_[last] = *std::move(own);
    nodes_[last] = nullptr;
}

// What was selected of rows that a rewind gave up says nothing about those that take their places.
void KvCache::forget_uses() {
    const std::int64_t page = length() / page_tokens, row = length() % page_tokens;
    for (int layer = 0; layer < pool_->layout().layers; ++layer) {
        std::uint32_t* counts = view().uses(layer, page);
        std::fill(counts + row, counts + page_tokens, 0u);
    }
}

void KvCache::push(Page page, PrefixIndex::Node* node) {
    places_.push_back(page.place());
    pages_.push_back(std::move(page));
    nodes_.push_back(node);
}

void KvCache::advance(std::span<const Token> tokens) {
    const auto first = static_cast<std::size_t>(length() / page_tokens);
    ENGINE_CHECK(pages_for(length() + static_cast<std::int64_t>(tokens.size())) <= pages_.size());
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    holding_.set(length());
    for (std::size_t page = first; page < pages_for(length()); ++page) offer(page);
}

void KvCache::truncate(std::int64_t length) {
    ENGINE_CHECK(length >= 0 && length <= this->length());
    tokens_.resize(static_cast<std::size_t>(length));
    holding_.set(length);
    pages_.resize(pages_for(length));
    nodes_.resize(pages_.size());
    places_.resize(pages_.size());
    if (!nodes_.empty() && nodes_.back() == nullptr) offer(pages_.size() - 1);
}

void CacheView::read_page(std::size_t page, std::span<std::byte> to) const {
    copy_rows(layout, pages[page], in_one_piece(layout, to));
}

void CacheView::write_page(std::size_t page, std::span<std::byte> from) const {
    copy_rows(layout, in_one_piece(layout, from), pages[page]);
}

// Relaxed, and not one step: a lock for each of thousands of positions would cost more than a lost count matters.
void CacheView::count_uses(int layer, std::span<const int> positions) const {
    for (const int position : positions) {
        const std::atomic_ref<std::uint32_t> count(uses(layer, position / page_tokens)[position % page_tokens]);
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
}

std::vector<std::uint32_t> KvCache::uses(int layer) const {
    std::vector<std::uint32_t> counts;
    counts.reserve(tokens_.size());
    for (std::int64_t position = 0; position < length(); ++position) {
        std::uint32_t& count = view().uses(layer, position / page_tokens)[position % page_tokens];
        counts.push_back(std::atomic_ref(count).load(std::memory_order_relaxed));
    }
    return counts;
}

void KvCache::append_copies(std::int64_t length) {
    const std::int64_t sources = this->length() / page_tokens;
    ENGINE_CHECK(sources > 0 && this->length() % page_tokens == 0);
    while (this->length() < length) {
        const auto page = static_cast<std::size_t>(this->length() / page_tokens);
        const std::size_t source = page % static_cast<std::size_t>(sources);
        const auto count = std::min<std::int64_t>(page_tokens, length - this->length());
        reserve(count);
        pool_->copy(pages_[source], pages_[page]);
        const std::vector<Token> text(tokens_.begin() + std::ptrdiff_t(source) * page_tokens,
                                      tokens_.begin() + std::ptrdiff_t(source) * page_tokens + count);
        advance(text);
    }
}

void KvCache::offer(std::size_t page) {
    PrefixIndex::Node* const parent = page == 0 ? nullptr : nodes_[page - 1];
    if (page > 0 && parent == nullptr) return;
    const auto text = std::span<const Token>(tokens_).subspan(page * page_tokens);
    nodes_[page] =
        pool_->index().add(parent, text.first(std::min<std::size_t>(text.size(), page_tokens)), pages_[page]);
    places_[page] = pages_[page].place();
}

}  // namespace heddle::engine
