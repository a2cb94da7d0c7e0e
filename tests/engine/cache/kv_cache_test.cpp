// tests/engine/cache/kv_cache_test.cpp: Tests that pages are shared until written to, and counted to the last.
#include "engine/cache/kv_cache.h"

#include <doctest.h>

#include <cstring>

#include "engine/error.h"

using namespace heddle::engine;

namespace {

const PageLayout layout{.layers = 2, .latent_row_bytes = 40, .keys_bytes = 100};

void fill(KvCache& cache, std::int64_t tokens, int mark) {
    cache.reserve(tokens);
    for (std::int64_t p = cache.length(); p < cache.length() + tokens; ++p) {
        std::memset(cache.view().latent(1, p), mark, layout.latent_row_bytes);
        std::memset(cache.view().keys(1, p / page_tokens), mark, 1);
    }
    cache.advance(tokens);
}

int mark_at(const KvCache& cache, std::int64_t position) {
    return int(*cache.view().latent(1, position));
}

}  // namespace

TEST_CASE("kv_cache: layers, latents and keys of a page do not overlap") {
    PagePool pool(host_device(), layout, 128);
    KvCache cache(pool, 128);
    cache.reserve(64);
    const CacheView view = cache.view();
    CHECK(view.latent(0, 63) + layout.latent_row_bytes <= view.keys(0, 0));
    CHECK(view.keys(0, 0) + layout.keys_bytes <= view.latent(1, 0));
    CHECK(view.keys(1, 0) + layout.keys_bytes <= view.pages[0] + layout.page_bytes());
}

TEST_CASE("kv_cache: a fork shares pages, and whoever writes first copies the page, latents and keys alike") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 100, 1);
    KvCache fork(cache);
    CHECK(pool.pages_in_use() == 2);
    fill(fork, 10, 2);
    CHECK(pool.pages_in_use() == 3);  // the first page is still shared
    fill(cache, 10, 3);
    CHECK(pool.pages_in_use() == 3);  // now its only owner
    CHECK(mark_at(fork, 99) == 1);
    CHECK(mark_at(fork, 100) == 2);
    CHECK(mark_at(cache, 100) == 3);
    CHECK(int(*fork.view().keys(1, 1)) == 2);
    CHECK(int(*cache.view().keys(1, 1)) == 3);
}

TEST_CASE("kv_cache: a rewind frees whole pages, and writing after it into a shared page copies") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 200, 1);
    CHECK(pool.pages_in_use() == 4);
    KvCache fork(cache);
    fork.truncate(70);
    CHECK(pool.pages_in_use() == 4);
    fill(fork, 1, 2);
    CHECK(mark_at(cache, 70) == 1);
    CHECK(mark_at(fork, 70) == 2);
    cache.truncate(0);
    CHECK(pool.pages_in_use() == 2);
}

TEST_CASE("kv_cache: pages reserved but never filled are not shared by a fork") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 64, 1);
    cache.reserve(10);
    KvCache fork(cache);
    fill(fork, 10, 2);
    fill(cache, 10, 3);
    CHECK(mark_at(fork, 64) == 2);
    CHECK(mark_at(cache, 64) == 3);
}

TEST_CASE("kv_cache: a full pool is an error that says its bound, and changes nothing") {
    PagePool pool(host_device(), layout, 128);
    KvCache cache(pool, 1024);
    fill(cache, 60, 1);
    CHECK_THROWS_WITH_AS(cache.reserve(100), doctest::Contains("room for 128 tokens"), Error);
    CHECK(cache.length() == 60);
    CHECK(pool.pages_in_use() == 1);
    fill(cache, 68, 1);
}

TEST_CASE("page_pool: pages end with their last share") {
    PagePool pool(host_device(), layout, 1024);
    {
        Page page = pool.take();
        CHECK(!page.is_shared());
        const Page other = page;
        CHECK(page.is_shared());
        page = pool.take();
        CHECK(pool.pages_in_use() == 2);
        CHECK(!other.is_shared());
    }
    CHECK(pool.pages_in_use() == 0);
}
