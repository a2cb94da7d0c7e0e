// tests/engine/cache/cache_file_test.cpp: Tests that a cache file gives back the rows that went in, or says why not.
#include "engine/cache/cache_file.h"

#include <doctest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>

#include "engine/error.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using heddle::test::TempFolder;

namespace {

const CacheIdentity identity{
    .weights = 1, .values = 2, .layout = {.layers = 2, .latent_row_bytes = 40, .keys_bytes = 100}};

std::vector<Token> text(std::int64_t tokens, Token first = 0) {
    std::vector<Token> made(static_cast<std::size_t>(tokens));
    std::iota(made.begin(), made.end(), first);
    return made;
}

void fill(KvCache& cache, std::span<const Token> tokens) {
    cache.reserve(static_cast<std::int64_t>(tokens.size()));
    std::int64_t position = cache.length();
    for (const Token token : tokens) {
        for (int layer = 0; layer < 2; ++layer) std::memset(cache.view().latent(layer, position), token % 251, 40);
        *cache.view().keys(1, position / page_tokens) = std::byte{7};
        ++position;
    }
    cache.advance(tokens);
}

// Whether each row of the cache is what `fill` writes for its token.
bool is_sound(const KvCache& cache) {
    bool sound = true;
    for (std::int64_t position = 0; position < cache.length(); ++position) {
        const auto mark = std::byte(cache.tokens()[static_cast<std::size_t>(position)] % 251);
        for (int layer = 0; layer < 2; ++layer) sound = sound && cache.view().latent(layer, position)[39] == mark;
        sound = sound && *cache.view().keys(1, position / page_tokens) == std::byte{7};
    }
    return sound;
}

struct Saved {
    TempFolder folder;
    std::filesystem::path path = folder.path() / "rows";
    std::vector<Token> tokens = text(150);

    Saved() {
        PagePool pool(host_device(), identity.layout, 1024);
        KvCache cache(pool, 1024);
        fill(cache, tokens);
        save_cache(path, identity, cache);
    }
    std::string bytes() const {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
};

}  // namespace

TEST_CASE("cache_file: what was saved comes back, latents and keys, the last page in part") {
    const Saved saved;
    PagePool pool(host_device(), identity.layout, 1024);
    KvCache cache(pool, 1024);
    const std::vector<Token> wanted = text(200);
    const CacheLoad load = load_cache(saved.path, identity, cache, wanted);
    CHECK(load.problem == "");
    CHECK(load.tokens == 150);
    CHECK(std::ranges::equal(cache.tokens(), saved.tokens));
    CHECK(is_sound(cache));
    fill(cache, text(50, 150));
    CHECK(is_sound(cache));
}

TEST_CASE("cache_file: only what is wanted is taken, and what is in memory is not read") {
    const Saved saved;
    PagePool pool(host_device(), identity.layout, 1024);
    std::vector<Token> wanted = text(140);
    wanted[130] = 9999;
    KvCache cache(pool, 1024);
    CHECK(load_cache(saved.path, identity, cache, wanted).tokens == 130);
    CHECK(cache.length() == 130);
    KvCache other(pool, 1024);
    CHECK(load_cache(saved.path, identity, other, text(140)).tokens == 10);  // the first 130 from the other's pages
    CHECK(other.view().pages[1] == cache.view().pages[1]);
    CHECK(is_sound(other));
    KvCache third(pool, 1024);
    fill(third, text(70));
    CHECK(load_cache(saved.path, identity, third, text(70)).tokens == 0);
    wanted[0] = 9999;
    KvCache fourth(pool, 1024);
    CHECK(load_cache(saved.path, identity, fourth, wanted).tokens == 0);
    CHECK(is_sound(third));
}

TEST_CASE("cache_file: the file is its owner's alone, and nothing lies beside it") {
    const Saved saved;
    namespace fs = std::filesystem;
    CHECK(fs::status(saved.path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(std::distance(fs::directory_iterator(saved.folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("cache_file: a file that is foreign, or of another version, is refused with one line that says why") {
    const Saved saved;
    PagePool pool(host_device(), identity.layout, 1024);
    const auto problem = [&](const CacheIdentity& reader, std::int64_t tokens_max = 1024) {
        KvCache cache(pool, tokens_max);
        const CacheLoad load = load_cache(saved.path, reader, cache, text(tokens_max));
        CHECK(load.tokens == 0);
        CHECK(cache.length() == 0);
        CHECK(load.problem.find('\n') == std::string::npos);
        return load.problem;
    };
    CacheIdentity other = identity;
    other.weights = 3;
    CHECK(problem(other).find("other weights") != std::string::npos);
    other = identity;
    other.values = 3;
    CHECK(problem(other).find("other settings") != std::string::npos);
    CHECK(problem(identity, 149).find("holds 150 tokens, and there is room for 149") != std::string::npos);
    std::string bytes = saved.bytes();
    bytes[8] = 9;
    saved.write(bytes);
    CHECK(problem(identity).find("it has version 9") != std::string::npos);
    bytes[0] = 'x';
    saved.write(bytes);
    CHECK(problem(identity).find("not a cache file") != std::string::npos);
    saved.write("short");
    CHECK(problem(identity).find("too short") != std::string::npos);
    std::filesystem::remove(saved.path);
    CHECK(problem(identity).find("No such file") != std::string::npos);
    std::filesystem::create_directory(saved.path);
    CHECK(problem(identity).find("not a regular file") != std::string::npos);
}

TEST_CASE(
    "cache_file: a byte that flipped anywhere costs its page and those behind it, never more, never a wrong row") {
    const Saved saved;
    const std::string whole = saved.bytes();
    const std::size_t data = whole.size() - 3 * identity.layout.rows_bytes();
    CHECK(data % 4096 == 0);
    const std::vector<Token> wanted = text(150);
    for (std::size_t at = 0; at < whole.size(); at += at < 900 ? 1 : 977) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        saved.write(bytes);
        PagePool pool(host_device(), identity.layout, 1024);
        KvCache cache(pool, 1024);
        const CacheLoad load = load_cache(saved.path, identity, cache, wanted);
        INFO("byte ", at);
        const bool is_padding = at >= 80 + 150 * 4 + 3 * 8 && at < data;
        const std::size_t sound = is_padding ? 150 : at < data ? 0 : (at - data) / identity.layout.rows_bytes() * 64;
        CHECK(load.tokens == static_cast<std::int64_t>(sound));
        CHECK(load.problem.empty() == is_padding);
        CHECK(cache.length() == load.tokens);
        CHECK(is_sound(cache));
    }
}

TEST_CASE("cache_file: a file cut short gives what is whole of it") {
    const Saved saved;
    const std::string whole = saved.bytes();
    const std::size_t page = identity.layout.rows_bytes(), data = whole.size() - 3 * page;
    for (const std::size_t size : {data + 2 * page + 5, data + page, data + page - 1, data, data - 1, std::size_t{0}}) {
        saved.write(whole.substr(0, size));
        PagePool pool(host_device(), identity.layout, 1024);
        KvCache cache(pool, 1024);
        const CacheLoad load = load_cache(saved.path, identity, cache, text(150));
        INFO(size, " bytes");
        CHECK(load.tokens == (size < data ? 0 : static_cast<std::int64_t>((size - data) / page * 64)));
        CHECK(!load.problem.empty());
        CHECK(is_sound(cache));
    }
}

TEST_CASE("cache_file: neither a damaged page nor a full pool costs what the cache held before") {
    const Saved saved;
    {
        PagePool pool(host_device(), identity.layout, 128);
        KvCache cache(pool, 1024);
        fill(cache, text(70));
        CHECK_THROWS_AS(load_cache(saved.path, identity, cache, text(150)), Error);
        CHECK(cache.length() == 70);
        CHECK(is_sound(cache));
    }
    std::string bytes = saved.bytes();
    char& byte = bytes[bytes.size() - 2 * identity.layout.rows_bytes() + 5000];  // of the page that is held in part
    byte = static_cast<char>(byte ^ 1);
    saved.write(bytes);
    PagePool pool(host_device(), identity.layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, text(70));
    const CacheLoad load = load_cache(saved.path, identity, cache, text(150));
    CHECK(load.tokens == 0);
    CHECK(load.problem.find("checksum of page 1") != std::string::npos);
    CHECK(cache.length() == 70);
    CHECK(is_sound(cache));
}

TEST_CASE("cache_file: a file that cannot be written is an Error that names it, and the old one stays") {
    const Saved saved;
    PagePool pool(host_device(), identity.layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, text(10));
    CHECK_THROWS_WITH_AS(save_cache(saved.folder.path() / "none" / "rows", identity, cache),
                         doctest::Contains("none/rows: No such file"), Error);
    const std::filesystem::path taken = saved.folder.path() / "taken";
    std::filesystem::create_directory(taken);
    CHECK_THROWS_WITH_AS(save_cache(taken, identity, cache), doctest::Contains("cannot rename"), Error);
    CHECK(std::distance(std::filesystem::directory_iterator(saved.folder.path()), {}) == 2);
}
