// engine/cache/cache_file.h: The rows of a text on disk: written whole, checked page by page when they come back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/io/file.h"

namespace heddle::engine {

// What the bits of a row depend on besides the tokens before it. Rows of another identity are of no use.
struct CacheIdentity {
    std::uint64_t weights = 0;  // hash of the weights
    std::uint64_t values = 0;   // hash of all else: configuration, back end, precision, what kernels make of a probe
    PageLayout layout;

    bool operator==(const CacheIdentity&) const = default;
};

// The file, numbers little-endian: a fixed part (identity, token count, hash of the tokens, checksum), the token ids, a
// hash a page (XXH3, 64 bits), zeros up to a multiple of 4096; then the pages as they lie in memory, one by one.
struct CacheHeader {
    std::vector<Token> tokens;
    std::vector<std::uint64_t> page_hashes;
    std::uint64_t data_offset = 0;
};

// Throws Error that says what is wrong with the file: not one of these, damaged, of another version or identity, or
// with more than `tokens_max` tokens.
CacheHeader read_cache_header(const File& file, const CacheIdentity& identity, std::int64_t tokens_max);

// Writes all that the cache holds. Throws Error; an older file of that name stays what it was then.
void save_cache(const std::filesystem::path& path, const CacheIdentity& identity, const KvCache& cache);

struct CacheLoad {
    std::int64_t tokens = 0;  // so many came from the file
    std::string problem;      // one line, when the file or a part of it cannot be used; else empty
};

// Appends to the cache what the file holds of `wanted`, which begins with the tokens that the cache holds: the longest
// prefix whose pages are sound. What is known in memory is not read. Throws Error only when the pool has no room.
CacheLoad load_cache(const std::filesystem::path& path, const CacheIdentity& identity, KvCache& cache,
                     std::span<const Token> wanted);

std::uint64_t hash_of(std::span<const Token> tokens);

}  // namespace heddle::engine
