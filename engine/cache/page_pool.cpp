// engine/cache/page_pool.cpp: A free list of pages, the counts that say when one goes back, and who holds them.
#include "engine/cache/page_pool.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "engine/error.h"

namespace heddle::engine {

namespace {

constexpr std::size_t slab_bytes = std::size_t{32} << 20;
constexpr std::size_t slab_pages_min = 32;  // whose keys lie side by side

}  // namespace

void copy_rows(const PageLayout& layout, const PagePlace& from, const PagePlace& to) {
    std::memcpy(to.rows, from.rows, layout.all_latents());
    for (int layer = 0; layer < layout.layers; ++layer) {
        std::memcpy(to.keys_of(layer), from.keys_of(layer), layout.keys_room());
    }
}

Page::Page(const Page& other) noexcept : pool_(other.pool_), slot_(other.slot_) {
    if (pool_ != nullptr) pool_->slots_[slot_].shares.fetch_add(1, std::memory_order_relaxed);
}

Page& Page::operator=(Page other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(slot_, other.slot_);
    return *this;
}

Page::~Page() {
    if (pool_ == nullptr) return;
    if (pool_->slots_[slot_].shares.fetch_sub(1, std::memory_order_acq_rel) == 1) pool_->give_back(slot_);
}

const PagePlace& Page::place() const {
    return pool_->slots_[slot_].place;
}

// Acquire: a former sharer's last reads come before whatever the sole owner writes next.
int Page::shares() const {
    return pool_->slots_[slot_].shares.load(std::memory_order_acquire);
}

PagePool::PagePool(Device& device, PageLayout layout, std::int64_t tokens_max)
    : device_(device),
      layout_(layout),
      tokens_max_(tokens_max),
      slots_max_(static_cast<std::size_t>((tokens_max + page_tokens - 1) / page_tokens)),
      slab_slots_(std::min(std::max(slab_bytes / layout.page_bytes(), slab_pages_min), slots_max_)) {
    ENGINE_CHECK(tokens_max > 0);
    slots_ = std::make_unique<Slot[]>(slots_max_);
    free_.reserve(slots_max_);  // giving back must not fail
}

Page PagePool::take() {
    if (auto page = try_take()) return *std::move(page);
    throw Error(fmt::format(
        "The cache is full: its room for {} tokens is in use by {}; shorten or close another conversation, or give "
        "the engine a larger cache_tokens_max",
        tokens_max_, holders()));
}

std::optional<Page> PagePool::try_take() {
    auto page = take_free();
    if (!page) page = index_.evict();
    if (page) std::memset(page->place().rows + layout_.all_latents(), 0, layout_.uses_bytes());
    return page;
}

std::optional<Page> PagePool::take_free() {
    const std::lock_guard lock(mutex_);
    std::size_t slot = 0;
    if (!free_.empty()) {
        std::ranges::pop_heap(free_, std::greater<>());
        slot = free_.back();
        free_.pop_back();
    } else if (slots_used_ < slots_max_) {
        slot = slots_used_;
        slots_[slot].place = place_of(slot);
        ++slots_used_;
    } else {
        return std::nullopt;
    }
    slots_[slot].shares.store(1, std::memory_order_relaxed);
    return Page(*this, slot);
}

PagePlace PagePool::place_of(std::size_t slot) {
    const std::size_t slab = slot / slab_slots_, at = slot % slab_slots_;
    if (slab == slabs_.size()) slabs_.emplace_back(device_, slab_slots_ * layout_.page_bytes());
    const std::size_t rows_bytes = layout_.all_latents() + layout_.uses_bytes();
    std::byte* const memory = slabs_[slab].data();
    return {memory + at * rows_bytes, memory + slab_slots_ * rows_bytes + at * layout_.keys_room(),
            slab_slots_ * layout_.keys_room()};
}

void PagePool::copy(const Page& from, const Page& to) const {
    copy_rows(layout_, from.place(), to.place());
    std::memcpy(to.place().rows + layout_.all_latents(), from.place().rows + layout_.all_latents(),
                layout_.uses_bytes());
}

void PagePool::give_back(std::size_t slot) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
    std::ranges::push_heap(free_, std::greater<>());
}

CacheUse PagePool::use() const {
    CacheUse use{.pages_max = static_cast<std::int64_t>(slots_max_),
                 .remembered = index_.remembered(),
                 .evicted = index_.evictions(),
                 .tokens_hit = tokens_hit_.load(std::memory_order_relaxed)};
    const std::lock_guard lock(mutex_);
    use.free = static_cast<std::int64_t>(slots_max_ - slots_used_ + free_.size());
    // Pages move while they are counted, one kind after the other.
    use.held = std::max<std::int64_t>(0, use.pages_max - use.free - use.remembered);
    return use;
}

void PagePool::forget() {
    while (index_.evict()) {
    }
}

// The longest first, and no more than a line has room for.
std::string PagePool::holders() const {
    constexpr std::size_t named_max = 4;
    std::vector<std::int64_t> tokens;
    {
        const std::lock_guard lock(mutex_);
        for (const auto* holding : holdings_) {
            if (const std::int64_t count = holding->load(std::memory_order_relaxed); count > 0) tokens.push_back(count);
        }
    }
    std::ranges::sort(tokens, std::greater<>());
    const std::size_t count = tokens.size();
    tokens.resize(std::min(count, named_max));
    return fmt::format("{} timeline{} of {}{} tokens", count, count == 1 ? "" : "s", fmt::join(tokens, ", "),
                       count > named_max ? ", ..." : "");
}

PagePool::Holding::Holding(PagePool& pool) : pool_(&pool), tokens_(std::make_unique<std::atomic<std::int64_t>>(0)) {
    const std::lock_guard lock(pool.mutex_);
    pool.holdings_.push_back(tokens_.get());
}

PagePool::Holding::~Holding() {
    if (tokens_ == nullptr) return;
    const std::lock_guard lock(pool_->mutex_);
    std::erase(pool_->holdings_, tokens_.get());
}

}  // namespace heddle::engine
