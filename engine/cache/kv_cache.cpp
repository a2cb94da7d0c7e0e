// engine/cache/kv_cache.cpp: Shares pages until somebody writes, and gives back what lies behind a rewind.
#include "engine/cache/kv_cache.h"

#include <cstring>
#include <utility>

#include "engine/error.h"

namespace heddle::engine {

namespace {

std::size_t pages_for(std::int64_t tokens) {
    return static_cast<std::size_t>((tokens + page_tokens - 1) / page_tokens);
}

}  // namespace

KvCache::KvCache(PagePool& pool, std::int64_t tokens_max) : pool_(&pool), tokens_max_(tokens_max) {
    pages_.reserve(pages_for(tokens_max));
    bases_.reserve(pages_for(tokens_max));
}

KvCache::KvCache(const KvCache& other) : KvCache(*other.pool_, other.tokens_max_) {
    // Only pages that hold something: what was reserved and never filled stays with its owner.
    const auto held = static_cast<std::ptrdiff_t>(pages_for(other.length_));
    pages_.insert(pages_.end(), other.pages_.begin(), other.pages_.begin() + held);
    bases_.insert(bases_.end(), other.bases_.begin(), other.bases_.begin() + held);
    length_ = other.length_;
}

void KvCache::reserve(std::int64_t tokens) {
    ENGINE_CHECK(length_ + tokens <= tokens_max_);
    const std::size_t first = static_cast<std::size_t>(length_ / page_tokens);  // the first page that is written to
    if (first < pages_.size() && length_ % page_tokens != 0 && pages_[first].is_shared()) {
        Page own = pool_->take();
        std::memcpy(own.data(), pages_[first].data(), pool_->layout().page_bytes());
        bases_[first] = own.data();
        pages_[first] = std::move(own);
    }
    try {
        while (pages_.size() < pages_for(length_ + tokens)) push(pool_->take());
    } catch (...) {
        truncate(length_);
        throw;
    }
}

void KvCache::push(Page page) {
    bases_.push_back(page.data());
    pages_.push_back(std::move(page));
}

void KvCache::advance(std::int64_t tokens) {
    ENGINE_CHECK(pages_for(length_ + tokens) <= pages_.size());
    length_ += tokens;
}

void KvCache::truncate(std::int64_t length) {
    ENGINE_CHECK(length >= 0 && length <= length_);
    length_ = length;
    pages_.resize(pages_for(length));
    bases_.resize(pages_.size());
}

}  // namespace heddle::engine
