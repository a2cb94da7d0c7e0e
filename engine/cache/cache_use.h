// engine/cache/cache_use.h: How full the cache of an engine is, and what remembering has brought.
#pragma once

#include <cstdint>

namespace heddle::engine {

struct CacheUse {
    std::int64_t pages_max = 0;   // of 64 tokens each
    std::int64_t held = 0;        // pages that timelines hold; a shared one counts once
    std::int64_t remembered = 0;  // pages that hold rows of known tokens, and give way when there is no other room
    std::int64_t free = 0;
    std::int64_t evicted = 0;     // pages forgotten so far
    std::int64_t tokens_hit = 0;  // tokens so far whose rows a timeline took from another's pages
};

}  // namespace heddle::engine
