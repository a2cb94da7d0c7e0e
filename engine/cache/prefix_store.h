// engine/cache/prefix_store.h: A folder of cache files, found by what they were computed from, within a byte budget.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/cache/cache_file.h"

namespace heddle::engine {

// The rule: what is kept is kept whole, under a name made of identity, first page and all tokens. Nothing shorter than
// `tokens_worth` is kept or looked for. A text that goes on where a kept one ended takes its place. When the files are
// larger than the budget, those go that were not kept or read for longest; other files in the folder are left alone.
//
// Several threads and processes may share a folder: a file appears whole or not at all, and one that is gone was not
// there. Nothing here throws for the folder's sake, since all can be computed again: `log` is told, a line a failure.
class PrefixStore {
 public:
    using Log = std::function<void(const std::string& line)>;
    static constexpr std::int64_t tokens_worth = 256;  // four pages: fewer are as fast computed as looked for

    // Makes the folder when it is not there, for its owner's eyes only.
    PrefixStore(std::filesystem::path folder, std::uint64_t bytes_max, const CacheIdentity& identity, Log log);

    // Appends to the cache what any file holds of `wanted`, which begins with the cache's tokens; returns how many
    // tokens that were. A damaged file is used as far as it is sound, and removed.
    std::int64_t restore(KvCache& cache, std::span<const Token> wanted) const;
    void keep(const KvCache& cache) const;

 private:
    struct Entry {
        std::filesystem::path path;
        std::uint64_t bytes = 0;
        std::filesystem::file_time_type used;
    };

    std::vector<Entry> entries(const std::string& name_prefix) const;  // the newest first
    std::string group_of(std::span<const Token> tokens) const;
    std::filesystem::path path_of(std::span<const Token> tokens) const;
    void remove_prefixes(std::span<const Token> tokens) const;
    void make_room() const;

    std::filesystem::path folder_;
    std::uint64_t bytes_max_;
    CacheIdentity identity_;
    Log log_;
};

}  // namespace heddle::engine
