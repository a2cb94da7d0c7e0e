// engine/cache/kv_cache.h: One timeline's rows, latents and indexer keys, page by page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/cache/page_pool.h"

namespace heddle::engine {

// Where the rows lie, for kernels; valid until the cache is changed.
struct CacheView {
    std::byte* const* pages = nullptr;
    PageLayout layout;

    std::byte* latent(int layer, std::int64_t position) const {
        return pages[position / page_tokens] + layout.layer_bytes() * static_cast<std::size_t>(layer) +
               layout.latent_row_bytes * static_cast<std::size_t>(position % page_tokens);
    }
    std::byte* keys(int layer, std::int64_t page) const {
        return pages[page] + layout.layer_bytes() * static_cast<std::size_t>(layer) + layout.latents_bytes();
    }
};

// Copying it is a fork: all pages are shared, and whoever writes first copies the page that it writes to.
class KvCache {
 public:
    // `tokens_max`: the longest that this cache may become; its page table never grows after this.
    KvCache(PagePool& pool, std::int64_t tokens_max);
    KvCache(const KvCache& other);
    KvCache& operator=(const KvCache&) = delete;
    KvCache(KvCache&&) noexcept = default;

    std::int64_t length() const { return length_; }

    // Makes the rows [length, length + tokens) writable, owned by nobody else. Throws Error when the pool is full,
    // and then holds what it held.
    void reserve(std::int64_t tokens);
    void advance(std::int64_t tokens);   // the reserved rows now hold what they must
    void truncate(std::int64_t length);  // frees the whole pages behind it
    CacheView view() const { return {bases_.data(), pool_->layout()}; }

 private:
    void push(Page page);

    PagePool* pool_;
    std::int64_t tokens_max_;
    std::int64_t length_ = 0;
    std::vector<Page> pages_;
    std::vector<std::byte*> bases_;  // the pages' memory, for kernels
};

}  // namespace heddle::engine
