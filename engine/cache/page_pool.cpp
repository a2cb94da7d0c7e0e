// engine/cache/page_pool.cpp: A free list of pages and the counts that say when one goes back.
#include "engine/cache/page_pool.h"

#include <fmt/core.h>

#include <utility>

#include "engine/error.h"

namespace heddle::engine {

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

std::byte* Page::data() const {
    return pool_->slots_[slot_].memory.data();
}

// Acquire: a former sharer's last reads come before whatever the sole owner writes next.
bool Page::is_shared() const {
    return pool_->slots_[slot_].shares.load(std::memory_order_acquire) > 1;
}

PagePool::PagePool(Device& device, PageLayout layout, std::int64_t tokens_max)
    : device_(device),
      layout_(layout),
      tokens_max_(tokens_max),
      slots_max_(static_cast<std::size_t>((tokens_max + page_tokens - 1) / page_tokens)) {
    ENGINE_CHECK(tokens_max > 0);
    slots_ = std::make_unique<Slot[]>(slots_max_);
    free_.reserve(slots_max_);  // giving back must not fail
}

Page PagePool::take() {
    const std::lock_guard lock(mutex_);
    std::size_t slot = 0;
    if (!free_.empty()) {
        slot = free_.back();
        free_.pop_back();
    } else if (slots_used_ < slots_max_) {
        slot = slots_used_;
        slots_[slot].memory = Buffer(device_, layout_.page_bytes());
        ++slots_used_;
    } else {
        throw Error(fmt::format(
            "The cache is full: its room for {} tokens is in use; shorten or close another conversation, or give the "
            "engine a larger cache_tokens_max",
            tokens_max_));
    }
    slots_[slot].shares.store(1, std::memory_order_relaxed);
    return Page(*this, slot);
}

std::int64_t PagePool::pages_in_use() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(slots_used_ - free_.size());
}

void PagePool::give_back(std::size_t slot) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
}

}  // namespace heddle::engine
