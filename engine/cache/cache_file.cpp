// engine/cache/cache_file.cpp: Pages to a file and back, nothing believed that a checksum does not confirm.
#include "engine/cache/cache_file.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

#include "engine/error.h"
#include "engine/io/new_file.h"

namespace heddle::engine {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<char, 8> magic{'H', 'E', 'D', 'D', 'L', 'E', 'K', 'V'};
constexpr std::uint32_t version = 2;  // of this layout, and of what the back ends put into a page
constexpr std::uint64_t alignment = 4096;

struct FixedPart {
    std::array<char, 8> magic_bytes;
    std::uint32_t version_number, tokens_of_page;
    std::uint64_t weights, values;
    std::uint64_t layers, latent_row_bytes, keys_bytes;
    std::int64_t tokens;
    std::uint64_t prefix_hash;
    std::uint64_t checksum;  // of all before it, the tokens and the page hashes
};
static_assert(sizeof(FixedPart) == 80 && std::has_unique_object_representations_v<FixedPart>);

std::uint64_t hash_bytes(std::span<const std::byte> bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t checksum_of(const FixedPart& fixed, const CacheHeader& header) {
    const std::array hashes{hash_bytes(std::as_bytes(std::span(&fixed, 1)).first(offsetof(FixedPart, checksum))),
                            hash_bytes(std::as_bytes(std::span(header.tokens))),
                            hash_bytes(std::as_bytes(std::span(header.page_hashes)))};
    return hash_bytes(std::as_bytes(std::span(hashes)));
}

std::size_t pages_for(std::size_t tokens) {
    return (tokens + page_tokens - 1) / page_tokens;
}

std::uint64_t data_offset_for(std::size_t tokens) {
    const std::uint64_t bytes = sizeof(FixedPart) + tokens * sizeof(Token) + pages_for(tokens) * sizeof(std::uint64_t);
    return (bytes + alignment - 1) / alignment * alignment;
}

FixedPart fixed_part(const CacheIdentity& identity, std::span<const Token> tokens) {
    return {.magic_bytes = magic,
            .version_number = version,
            .tokens_of_page = page_tokens,
            .weights = identity.weights,
            .values = identity.values,
            .layers = static_cast<std::uint64_t>(identity.layout.layers),
            .latent_row_bytes = identity.layout.latent_row_bytes,
            .keys_bytes = identity.layout.keys_bytes,
            .tokens = static_cast<std::int64_t>(tokens.size()),
            .prefix_hash = hash_of(tokens),
            .checksum = 0};
}

[[noreturn]] void refuse(const File& file, const std::string& why) {
    throw Error(fmt::format("The cache file {} is not used: {}", file.path().string(), why));
}

// Whose file it is, before any number in it is believed.
void check_fixed(const File& file, const FixedPart& fixed, const CacheIdentity& identity, std::int64_t tokens_max) {
    if (fixed.magic_bytes != magic) refuse(file, "it is not a cache file");
    if (fixed.version_number != version) {
        refuse(file, fmt::format("it has version {}, and this program reads {}", fixed.version_number, version));
    }
    if (fixed.weights != identity.weights) refuse(file, "it was written for other weights");
    const FixedPart own = fixed_part(identity, {});
    if (fixed.values != own.values || fixed.layers != own.layers || fixed.latent_row_bytes != own.latent_row_bytes ||
        fixed.keys_bytes != own.keys_bytes || fixed.tokens_of_page != own.tokens_of_page) {
        refuse(file, "it was written with other settings of the engine, or on another kind of machine");
    }
    if (fixed.tokens < 1 || fixed.tokens > tokens_max) {
        refuse(file,
               fmt::format("it says that it holds {} tokens, and there is room for {}", fixed.tokens, tokens_max));
    }
}

// Fills the cache's own pages behind its rows, up to page `last`. Returns how many tokens of the file stand in sound
// pages then. Each is read aside first: what a page has that has rows already is not lost to a damaged one.
std::size_t read_pages(const File& file, const CacheHeader& header, const KvCache& cache, std::size_t last,
                       std::string& problem) {
    const CacheView view = cache.view();
    std::vector<std::byte> aside(view.layout.rows_bytes());
    for (std::size_t page = static_cast<std::size_t>(cache.length()) / page_tokens; page < last; ++page) {
        std::string wrong;
        try {
            file.read_at(header.data_offset + page * aside.size(), aside, fmt::format("page {}", page));
            if (hash_bytes(aside) != header.page_hashes[page])
                wrong = fmt::format("the checksum of page {} is wrong", page);
        } catch (const Error& error) {
            wrong = error.what();
        }
        if (!wrong.empty()) {
            problem = fmt::format("The cache file {} is used up to token {} only: {}", file.path().string(),
                                  page * page_tokens, wrong);
            return page * page_tokens;
        }
        view.write_page(page, aside);
    }
    return header.tokens.size();
}

}  // namespace

std::uint64_t hash_of(std::span<const Token> tokens) {
    return hash_bytes(std::as_bytes(tokens));
}

CacheHeader read_cache_header(const File& file, const CacheIdentity& identity, std::int64_t tokens_max) {
    FixedPart fixed{};
    if (file.size() < sizeof fixed) refuse(file, "it is too short for a cache file");
    file.read_at(0, std::as_writable_bytes(std::span(&fixed, 1)), "its header");
    check_fixed(file, fixed, identity, tokens_max);
    const auto tokens = static_cast<std::size_t>(fixed.tokens);
    CacheHeader header;
    header.data_offset = data_offset_for(tokens);
    if (file.size() < header.data_offset) refuse(file, "it ends in its header");
    header.tokens.resize(tokens);
    header.page_hashes.resize(pages_for(tokens));
    file.read_at(sizeof fixed, std::as_writable_bytes(std::span(header.tokens)), "its tokens");
    file.read_at(sizeof fixed + tokens * sizeof(Token), std::as_writable_bytes(std::span(header.page_hashes)),
                 "its page hashes");
    if (fixed.checksum != checksum_of(fixed, header) || fixed.prefix_hash != hash_of(std::span(header.tokens))) {
        refuse(file, "the checksum of its header is wrong");
    }
    return header;
}

void save_cache(const std::filesystem::path& path, const CacheIdentity& identity, const KvCache& cache) {
    ENGINE_CHECK(cache.view().layout == identity.layout);
    FixedPart fixed = fixed_part(identity, cache.tokens());
    CacheHeader header;
    header.tokens.assign(cache.tokens().begin(), cache.tokens().end());
    header.data_offset = data_offset_for(header.tokens.size());
    NewFile file(path);
    std::vector<std::byte> bytes(cache.view().layout.rows_bytes());
    for (std::size_t page = 0; page < pages_for(header.tokens.size()); ++page) {
        cache.view().read_page(page, bytes);
        header.page_hashes.push_back(hash_bytes(bytes));
        file.write_at(header.data_offset + page * bytes.size(), bytes);
    }
    fixed.checksum = checksum_of(fixed, header);
    file.write_at(0, std::as_bytes(std::span(&fixed, 1)));
    file.write_at(sizeof fixed, std::as_bytes(std::span(header.tokens)));
    file.write_at(sizeof fixed + header.tokens.size() * sizeof(Token), std::as_bytes(std::span(header.page_hashes)));
    file.commit();
}

CacheLoad load_cache(const std::filesystem::path& path, const CacheIdentity& identity, KvCache& cache,
                     std::span<const Token> wanted) {
    ENGINE_CHECK(cache.view().layout == identity.layout);
    cache.extend(wanted);
    CacheLoad load;
    std::unique_ptr<const File> file;
    CacheHeader header;
    try {
        file = std::make_unique<const File>(path);
        header = read_cache_header(*file, identity, cache.tokens_max());
    } catch (const Error& error) {
        load.problem = error.what();
        return load;
    }
    const auto common =
        static_cast<std::int64_t>(std::ranges::mismatch(header.tokens, wanted).in1 - header.tokens.begin());
    const std::int64_t held = cache.length();
    if (common <= held) return load;
    cache.reserve(common - held);
    const std::size_t sound =
        read_pages(*file, header, cache, pages_for(static_cast<std::size_t>(common)), load.problem);
    load.tokens = std::max<std::int64_t>(0, std::min(common, static_cast<std::int64_t>(sound)) - held);
    cache.advance(wanted.subspan(static_cast<std::size_t>(held), static_cast<std::size_t>(load.tokens)));
    cache.truncate(cache.length());  // the pages that were not filled
    return load;
}

}  // namespace heddle::engine
