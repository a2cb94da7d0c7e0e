// sandbox/caches.cpp: The table of caches. Of cargo only what it downloads is kept: its home also holds credentials.
#include "sandbox/caches.h"

#include <algorithm>

namespace heddle::sandbox {

std::span<const CachePlace> all_caches() {
    static const std::vector<CachePlace> all = {
        {"cargo", "/home/guest/.cargo/registry", {{"CARGO_HOME", "/home/guest/.cargo"}}},
        {"go",
         "/home/guest/.cache/go",
         {{"GOMODCACHE", "/home/guest/.cache/go/mod"}, {"GOCACHE", "/home/guest/.cache/go/build"}}},
        {"npm", "/home/guest/.npm", {{"npm_config_cache", "/home/guest/.npm"}}},
        {"pip", "/home/guest/.cache/pip", {{"PIP_CACHE_DIR", "/home/guest/.cache/pip"}}},
        {"uv", "/home/guest/.cache/uv", {{"UV_CACHE_DIR", "/home/guest/.cache/uv"}}},
    };
    return all;
}

const CachePlace* find_cache(std::string_view name) {
    const auto all = all_caches();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace heddle::sandbox
