// engine/cache/kv_cache.h: One timeline's tokens and their rows, latents and indexer keys, page by page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/cache/page_pool.h"
#include "engine/token.h"

namespace heddle::engine {

// Where the rows lie, for kernels; valid until the cache is changed.
struct CacheView {
    const PagePlace* pages = nullptr;
    PageLayout layout;

    std::byte* latent(int layer, std::int64_t position) const {
        return pages[position / page_tokens].rows + layout.latents_room() * static_cast<std::size_t>(layer) +
               layout.latent_row_bytes * static_cast<std::size_t>(position % page_tokens);
    }
    std::byte* keys(int layer, std::int64_t page) const { return pages[page].keys_of(layer); }
    std::uint32_t* uses(int layer, std::int64_t page) const {  // [page_tokens]
        return reinterpret_cast<std::uint32_t*>(pages[page].rows + layout.all_latents()) + layer * page_tokens;
    }
    // All that a page says about its tokens, in one piece of layout.rows_bytes(): latents, then keys.
    void read_page(std::size_t page, std::span<std::byte> to) const;
    void write_page(std::size_t page, std::span<std::byte> from) const;
    void count_uses(int layer, std::span<const int> positions) const;  // each was selected once more
};

// Between two calls every row stands in the pool's index, where any cache finds it; pages that this one lets go of are
// remembered there while there is room. Copying a cache is a fork: all pages are shared. Whoever writes to a page that
// somebody else reads, or that is worth remembering, writes to a copy.
class KvCache {
 public:
    // `tokens_max`: the longest that this cache may become; its page table never grows after this.
    KvCache(PagePool& pool, std::int64_t tokens_max);
    KvCache(const KvCache& other);
    KvCache& operator=(const KvCache&) = delete;
    KvCache(KvCache&&) noexcept = default;

    std::int64_t tokens_max() const { return tokens_max_; }
    std::int64_t length() const { return static_cast<std::int64_t>(tokens_.size()); }
    std::span<const Token> tokens() const { return tokens_; }

    // Appends what is known of `wanted`, which begins with the tokens held: pages that other caches filled, the last
    // one perhaps in part. Returns how many tokens that were.
    std::int64_t extend(std::span<const Token> wanted);

    // Makes the rows [length, length + tokens) writable, read by nobody else. Throws Error when the pool is full, and
    // then holds what it held.
    void reserve(std::int64_t tokens);
    void advance(std::span<const Token> tokens);  // the reserved rows now hold what they must, for these tokens
    void truncate(std::int64_t length);           // lets go of the whole pages behind it
    CacheView view() const { return {places_.data(), pool_->layout()}; }

    // [length]: by how many tokens each position was selected in this layer: those of all timelines that share its
    // page, and those that were rewound since. A count may miss some where two passes read a page at the same moment.
    std::vector<std::uint32_t> uses(int layer) const;

    // Appends copies of the whole pages held, one after the other, up to `length`. For measurement alone: such rows are
    // not those of their tokens.
    void append_copies(std::int64_t length);

    PagePool& pool() const { return *pool_; }

 private:
    void push(Page page, PrefixIndex::Node* node);
    void own_last_page();
    void forget_uses();
    void offer(std::size_t page);

    PagePool* pool_;
    std::int64_t tokens_max_;
    std::vector<Token> tokens_;
    std::vector<Page> pages_;
    std::vector<PrefixIndex::Node*> nodes_;  // the pages' places in the index; none while one is written to
    std::vector<PagePlace> places_;          // the pages', for kernels
    PagePool::Holding holding_;
};

}  // namespace heddle::engine
