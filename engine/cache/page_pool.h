// engine/cache/page_pool.h: The pages of all timelines, up to a stated bound: in use, remembered, or free.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/cache/cache_use.h"
#include "engine/cache/page.h"
#include "engine/cache/prefix_index.h"
#include "engine/tensor/buffer.h"
#include "engine/tensor/device.h"

namespace heddle::engine {

// Safe from several threads. Outlives its pages. Memory is taken in slabs of many pages, so that huge pages cover them,
// when one is first used, and kept for reuse. A slab has the rows of its pages, then the keys, layer by layer; free
// pages are taken in the order of their places, so that a timeline's keys are read from one end to the other.
class PagePool {
 public:
    PagePool(Device& device, PageLayout layout, std::int64_t tokens_max);

    // A page of the caller's own; contents undefined but finite. When none is free, the one goes that was remembered
    // longest; when all are held, `take` throws Error that says by whom, and `try_take` returns none.
    Page take();
    std::optional<Page> try_take();

    const PageLayout& layout() const { return layout_; }
    void copy(const Page& from, const Page& to) const;  // rows and counters
    std::int64_t tokens_max() const { return tokens_max_; }
    PrefixIndex& index() { return index_; }
    CacheUse use() const;
    void count_hit(std::int64_t tokens) { tokens_hit_.fetch_add(tokens, std::memory_order_relaxed); }
    void forget();  // gives back every page that no timeline holds

    // How many tokens one cache holds, for whoever has to say why there is no room.
    class Holding {
     public:
        explicit Holding(PagePool& pool);
        Holding(Holding&&) noexcept = default;
        Holding& operator=(Holding&&) = delete;
        ~Holding();
        void set(std::int64_t tokens) { tokens_->store(tokens, std::memory_order_relaxed); }

     private:
        PagePool* pool_;
        std::unique_ptr<std::atomic<std::int64_t>> tokens_;  // none once moved from
    };

 private:
    friend class Page;
    struct Slot {
        PagePlace place;
        std::atomic<int> shares{0};
    };
    std::optional<Page> take_free();
    PagePlace place_of(std::size_t slot);
    void give_back(std::size_t slot) noexcept;
    std::string holders() const;

    Device& device_;
    PageLayout layout_;
    std::int64_t tokens_max_;
    mutable std::mutex mutex_;       // taken while the index holds its own, never the other way round
    std::unique_ptr<Slot[]> slots_;  // one a page that may exist; its memory comes later
    std::size_t slots_used_ = 0;     // slots that have memory
    std::size_t slots_max_;
    std::size_t slab_slots_;  // pages of one slab
    std::vector<Buffer> slabs_;
    std::vector<std::size_t> free_;  // a heap, the first place on top
    std::vector<const std::atomic<std::int64_t>*> holdings_;
    std::atomic<std::int64_t> tokens_hit_{0};
    PrefixIndex index_;  // last: its pages come back to what stands above
};

}  // namespace heddle::engine
