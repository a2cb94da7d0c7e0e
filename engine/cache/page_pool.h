// engine/cache/page_pool.h: Pages of cache rows with reference counts, up to a stated bound.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/tensor/buffer.h"
#include "engine/tensor/device.h"

namespace heddle::engine {

inline constexpr int page_tokens = 64;  // the vendor's kernels fix this number; so do we

// What one page holds: for each layer the latent rows of 64 tokens, then their indexer keys. Because both lie in the
// same page, a page that is shared, copied or freed always takes both along.
struct PageLayout {
    int layers = 0;
    std::size_t latent_row_bytes = 0;  // one token's latent and rotary key
    std::size_t keys_bytes = 0;        // all 64 indexer keys of a layer, in the back end's own order

    std::size_t latents_bytes() const { return rounded(latent_row_bytes * page_tokens); }
    std::size_t layer_bytes() const { return latents_bytes() + rounded(keys_bytes); }
    std::size_t page_bytes() const { return layer_bytes() * static_cast<std::size_t>(layers); }

 private:
    static std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
};

class PagePool;

// A counted share of one page; copying it shares the page, the last share gives it back.
class Page {
 public:
    Page() = default;
    Page(const Page& other) noexcept;
    Page(Page&& other) noexcept : pool_(other.pool_), slot_(other.slot_) { other.pool_ = nullptr; }
    Page& operator=(Page other) noexcept;
    ~Page();

    std::byte* data() const;
    bool is_shared() const;  // whether anybody else reads this page

 private:
    friend class PagePool;
    Page(PagePool& pool, std::size_t slot) : pool_(&pool), slot_(slot) {}

    PagePool* pool_ = nullptr;
    std::size_t slot_ = 0;
};

// Safe from several threads. Outlives its pages. Memory is taken when a page is first used and kept for reuse.
class PagePool {
 public:
    PagePool(Device& device, PageLayout layout, std::int64_t tokens_max);

    Page take();  // contents undefined but finite; throws Error when all are in use
    const PageLayout& layout() const { return layout_; }
    std::int64_t tokens_max() const { return tokens_max_; }
    std::int64_t pages_in_use() const;

 private:
    friend class Page;
    struct Slot {
        Buffer memory;
        std::atomic<int> shares{0};
    };
    void give_back(std::size_t slot) noexcept;

    Device& device_;
    PageLayout layout_;
    std::int64_t tokens_max_;
    mutable std::mutex mutex_;
    std::unique_ptr<Slot[]> slots_;  // one a page that may exist; its memory comes later
    std::size_t slots_used_ = 0;     // slots that have memory
    std::size_t slots_max_;
    std::vector<std::size_t> free_;
};

}  // namespace heddle::engine
