// sandbox/caches.h: The caches of package managers that a guest can keep: where each lies inside, and who is told.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sandbox {

struct CachePlace {
    std::string_view name, place;  // the place is below the guest's home
    std::vector<std::pair<std::string, std::string>> variables;
};

std::span<const CachePlace> all_caches();
const CachePlace* find_cache(std::string_view name);  // null where there is none of this name

}  // namespace heddle::sandbox
