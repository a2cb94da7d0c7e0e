// engine/cache/prefix_store.cpp: Looks cache files up by name and header, and removes what is old or outgrown.
#include "engine/cache/prefix_store.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/error.h"
#include "engine/io/new_file.h"

namespace heddle::engine {

namespace fs = std::filesystem;

namespace {

constexpr const char* suffix = ".heddle-cache";
constexpr std::size_t headers_read_max = 64;          // a look-up reads no more; a folder is not a data base
constexpr auto part_age_max = std::chrono::hours(1);  // whoever writes takes seconds

std::uint64_t key_of(const CacheIdentity& identity) {
    const std::array parts{identity.weights, identity.values};
    return XXH3_64bits(parts.data(), sizeof parts);
}

std::int64_t common(std::span<const Token> a, std::span<const Token> b) {
    return std::ranges::mismatch(a, b).in1 - a.begin();
}

// None when the file cannot be read or is no good: somebody removed it, or whoever loads it will say so.
std::optional<CacheHeader> header_of(const fs::path& path, const CacheIdentity& identity, std::int64_t tokens_max) {
    try {
        return read_cache_header(File(path), identity, tokens_max);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

PrefixStore::PrefixStore(fs::path folder, std::uint64_t bytes_max, const CacheIdentity& identity, Log log)
    : folder_(std::move(folder)), bytes_max_(bytes_max), identity_(identity), log_(std::move(log)) {
    std::error_code error;
    if (fs::create_directories(folder_, error)) fs::permissions(folder_, fs::perms::owner_all, error);
    if (error && log_) {
        log_(fmt::format("Nothing is kept in the cache folder {}: {}", folder_.string(), error.message()));
    }
}

std::int64_t PrefixStore::restore(KvCache& cache, std::span<const Token> wanted) const {
    if (static_cast<std::int64_t>(wanted.size()) - cache.length() < tokens_worth) return 0;
    std::int64_t most = cache.length() + tokens_worth - 1;
    const Entry* best = nullptr;
    std::vector<Entry> candidates = entries(group_of(wanted));
    candidates.resize(std::min(candidates.size(), headers_read_max));
    for (const Entry& entry : candidates) {
        const auto header = header_of(entry.path, identity_, cache.tokens_max());
        const std::int64_t shared = header ? common(header->tokens, wanted) : 0;
        if (shared <= most) continue;
        most = shared;
        best = &entry;
    }
    if (best == nullptr) return 0;
    const CacheLoad load = load_cache(best->path, identity_, cache, wanted);
    std::error_code ignored;
    if (load.problem.empty()) {
        fs::last_write_time(best->path, fs::file_time_type::clock::now(), ignored);
    } else if (fs::exists(best->path, ignored)) {  // else another process made room
        if (log_) log_(load.problem);
        fs::remove(best->path, ignored);
    }
    return load.tokens;
}

void PrefixStore::keep(const KvCache& cache) const {
    if (cache.length() < tokens_worth) return;
    const std::uint64_t pages = static_cast<std::uint64_t>((cache.length() + page_tokens - 1) / page_tokens);
    if (pages * identity_.layout.rows_bytes() > bytes_max_) return;
    const fs::path path = path_of(cache.tokens());
    std::error_code error;
    fs::last_write_time(path, fs::file_time_type::clock::now(), error);
    if (!error) return;  // kept already, and used again
    try {
        save_cache(path, identity_, cache);
    } catch (const Error& failure) {
        if (log_) log_(fmt::format("A conversation's cache is not kept: {}", failure.what()));
        return;
    }
    remove_prefixes(cache.tokens());
    make_room();
}

std::vector<PrefixStore::Entry> PrefixStore::entries(const std::string& name_prefix) const {
    std::vector<Entry> found;
    std::error_code error;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename();
        if (!name.starts_with(name_prefix) || !name.ends_with(suffix)) continue;
        std::error_code gone;
        Entry entry{at->path(), at->file_size(gone), at->last_write_time(gone)};
        if (!gone) found.push_back(std::move(entry));
    }
    std::ranges::sort(found, [](const Entry& a, const Entry& b) { return a.used > b.used; });
    return found;
}

// What the names of all files have in common that may hold a prefix of these tokens: identity and first page.
std::string PrefixStore::group_of(std::span<const Token> tokens) const {
    return fmt::format("{:016x}-{:016x}-", key_of(identity_), hash_of(tokens.first(page_tokens)));
}

fs::path PrefixStore::path_of(std::span<const Token> tokens) const {
    return folder_ / fmt::format("{}{:016x}{}", group_of(tokens), hash_of(tokens), suffix);
}

void PrefixStore::remove_prefixes(std::span<const Token> tokens) const {
    std::vector<Entry> others = entries(group_of(tokens));
    others.resize(std::min(others.size(), headers_read_max));
    for (const Entry& other : others) {
        const auto header = header_of(other.path, identity_, static_cast<std::int64_t>(tokens.size()));
        if (!header || header->tokens.size() >= tokens.size()) continue;
        std::error_code ignored;
        if (common(header->tokens, tokens) == static_cast<std::int64_t>(header->tokens.size())) {
            fs::remove(other.path, ignored);
        }
    }
}

void PrefixStore::make_room() const {
    std::error_code ignored;
    std::uint64_t bytes = 0;
    for (const Entry& entry : entries("")) {
        bytes += entry.bytes;
        if (bytes > bytes_max_) fs::remove(entry.path, ignored);
    }
    // What writers left that were killed.
    std::error_code error;
    const auto now = fs::file_time_type::clock::now();
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename();
        if (name.find(suffix) == std::string::npos || !name.ends_with(NewFile::temporary_suffix)) continue;
        const auto written = at->last_write_time(ignored);
        if (!ignored && now - written > part_age_max) fs::remove(at->path(), ignored);
    }
}

}  // namespace heddle::engine
