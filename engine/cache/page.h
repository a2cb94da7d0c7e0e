// engine/cache/page.h: What a page of cache rows holds, and a counted share of one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heddle::engine {

inline constexpr int page_tokens = 64;  // the vendor's kernels fix this number; so do we

// What one page holds: for each layer the latent rows of 64 tokens, and their indexer keys. Because a page is both, a
// page that is shared, copied, saved or freed always takes both along. The bytes are the back end's own; a row depends
// on the tokens up to its own alone, so the first rows of a page serve whoever has the same first tokens. Counters say
// how often each position was selected in each layer. They are no part of what a page says about its tokens, and
// whoever reads the page may count in it.
struct PageLayout {
    int layers = 0;
    std::size_t latent_row_bytes = 0;  // one token's latent and rotary key
    std::size_t keys_bytes = 0;        // all 64 indexer keys of a layer, in the back end's own order

    std::size_t latents_room() const { return rounded(latent_row_bytes * page_tokens); }  // of a layer
    std::size_t keys_room() const { return rounded(keys_bytes); }                         // of a layer
    std::size_t rows_bytes() const { return all_latents() + keys_room() * static_cast<std::size_t>(layers); }
    std::size_t all_latents() const { return latents_room() * static_cast<std::size_t>(layers); }
    std::size_t uses_bytes() const { return sizeof(std::uint32_t) * page_tokens * static_cast<std::size_t>(layers); }
    std::size_t page_bytes() const { return rows_bytes() + uses_bytes(); }
    bool operator==(const PageLayout&) const = default;

 private:
    static std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
};

// Where a page lies. Who selects reads the keys of a layer, page by page, and little else: so those of neighbouring
// pages lie side by side, apart from the rows of which few are read.
struct PagePlace {
    std::byte* rows = nullptr;    // all latents, layer by layer, then the counters
    std::byte* keys = nullptr;    // the first layer's,
    std::size_t keys_stride = 0;  // and from one layer's to the next
    bool operator==(const PagePlace&) const = default;

    std::byte* keys_of(int layer) const { return keys + keys_stride * static_cast<std::size_t>(layer); }
};

// Copies what a page says about its tokens: latents and keys.
void copy_rows(const PageLayout& layout, const PagePlace& from, const PagePlace& to);

class PagePool;

// A counted share of one page; copying it shares the page, the last share gives it back.
class Page {
 public:
    Page() = default;
    Page(const Page& other) noexcept;
    Page(Page&& other) noexcept : pool_(other.pool_), slot_(other.slot_) { other.pool_ = nullptr; }
    Page& operator=(Page other) noexcept;
    ~Page();

    const PagePlace& place() const;
    int shares() const;                              // this one included
    bool is_shared() const { return shares() > 1; }  // whether anybody else reads this page

 private:
    friend class PagePool;
    Page(PagePool& pool, std::size_t slot) : pool_(&pool), slot_(slot) {}

    PagePool* pool_ = nullptr;
    std::size_t slot_ = 0;
};

}  // namespace heddle::engine
