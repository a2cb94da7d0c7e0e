// tests/fuzz/cache_file_fuzz.cpp: Any bytes as a cache file: rows that a checksum confirms, or one line that says why.
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/cache/cache_file.h"
#include "engine/error.h"

namespace {

namespace engine = heddle::engine;

// What the seeds were written for: 70 tokens 0, 1, 2, ... in two pages of 576 bytes.
const engine::CacheIdentity identity{
    .weights = 1, .values = 2, .layout = {.layers = 1, .latent_row_bytes = 8, .keys_bytes = 64}};
constexpr std::int64_t tokens_max = 256;
constexpr std::size_t fixed_bytes = 80, checksum_at = 72;

std::uint64_t hash(const void* data, std::size_t size) {
    return XXH3_64bits(data, size);
}

// Makes the header's checksums right, as a hand that means harm would: what lies behind them is reached, too.
void sign(std::string& bytes) {
    std::int64_t tokens = 0;
    if (bytes.size() < fixed_bytes) return;
    std::memcpy(&tokens, bytes.data() + 56, sizeof tokens);
    if (tokens < 1 || tokens > tokens_max) return;
    const auto count = static_cast<std::size_t>(tokens), pages = (count + 63) / 64;
    if (bytes.size() < fixed_bytes + count * 4 + pages * 8) return;
    const char* const ids = bytes.data() + fixed_bytes;
    const std::uint64_t prefix = hash(ids, count * 4);
    std::memcpy(bytes.data() + 64, &prefix, sizeof prefix);
    const std::uint64_t parts[] = {hash(bytes.data(), checksum_at), prefix, hash(ids + count * 4, pages * 8)};
    const std::uint64_t all = hash(parts, sizeof parts);
    std::memcpy(bytes.data() + checksum_at, &all, sizeof all);
}

struct MemoryFile {
    int descriptor = ::memfd_create("cache", MFD_CLOEXEC);
    ~MemoryFile() { ::close(descriptor); }
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }
};

}  // namespace

// The first byte says whether to sign; the file is what follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 2 == 1) sign(bytes);
    const MemoryFile file;
    ENGINE_CHECK(::write(file.descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));

    engine::PagePool pool(engine::host_device(), identity.layout, tokens_max);
    engine::KvCache cache(pool, tokens_max);
    std::vector<engine::Token> wanted(100);
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = static_cast<engine::Token>(i);
    const engine::CacheLoad load = engine::load_cache(file.path(), identity, cache, wanted);
    ENGINE_CHECK(load.tokens == cache.length() && load.tokens <= 100);
    ENGINE_CHECK(load.tokens > 0 || !load.problem.empty() || bytes.size() > fixed_bytes);
    // Rows that were taken are rows that a page hash of the file confirms.
    std::vector<std::byte> held(identity.layout.rows_bytes());
    for (std::int64_t page = 0; page * 64 < load.tokens; ++page) {
        cache.view().read_page(static_cast<std::size_t>(page), held);
        const std::uint64_t rows = hash(held.data(), held.size());
        ENGINE_CHECK(bytes.find(std::string(reinterpret_cast<const char*>(&rows), sizeof rows)) != std::string::npos);
    }
    return 0;
}
