// tests/engine/cache/kv_cache_test.cpp: Tests that pages are shared until written to, remembered, and found again.
#include "engine/cache/kv_cache.h"

#include <doctest.h>

#include <algorithm>

#include <cstring>
#include <numeric>
#include <vector>

#include "engine/error.h"

using namespace heddle::engine;

namespace {

const PageLayout layout{.layers = 2, .latent_row_bytes = 40, .keys_bytes = 100};

std::vector<Token> text(std::int64_t tokens, int mark) {
    std::vector<Token> made(static_cast<std::size_t>(tokens));
    std::iota(made.begin(), made.end(), 1000 * mark);
    return made;
}

void fill(KvCache& cache, std::int64_t tokens, int mark) {
    cache.reserve(tokens);
    for (std::int64_t p = cache.length(); p < cache.length() + tokens; ++p) {
        std::memset(cache.view().latent(1, p), mark, layout.latent_row_bytes);
        std::memset(cache.view().keys(1, p / page_tokens), mark, 1);
    }
    cache.advance(text(tokens, mark));
}

int mark_at(const KvCache& cache, std::int64_t position) {
    return int(*cache.view().latent(1, position));
}

}  // namespace

TEST_CASE("kv_cache: layers, latents and keys of a page do not overlap") {
    PagePool pool(host_device(), layout, 128);
    KvCache cache(pool, 128);
    cache.reserve(128);
    const CacheView view = cache.view();
    std::vector<std::span<std::byte>> pieces;
    for (int layer = 0; layer < layout.layers; ++layer) {
        for (std::int64_t page = 0; page < 2; ++page) {
            pieces.emplace_back(view.latent(layer, page * page_tokens), layout.latent_row_bytes * page_tokens);
            pieces.emplace_back(view.keys(layer, page), layout.keys_bytes);
            pieces.push_back(std::as_writable_bytes(std::span(view.uses(layer, page), page_tokens)));
        }
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) std::ranges::fill(pieces[i], std::byte(i));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        CHECK(std::ranges::count(pieces[i], std::byte(i)) == std::ssize(pieces[i]));
    }
}

TEST_CASE("kv_cache: a fork shares pages, and whoever writes first copies the page, latents and keys alike") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 100, 1);
    KvCache fork(cache);
    CHECK(pool.use().held == 2);
    fill(fork, 10, 2);
    CHECK(pool.use().held == 3);  // the first page is still shared
    fill(cache, 10, 3);
    CHECK(pool.use().held == 3);  // what both began with is a part of each
    CHECK(mark_at(fork, 99) == 1);
    CHECK(mark_at(fork, 100) == 2);
    CHECK(mark_at(cache, 100) == 3);
    CHECK(int(*fork.view().keys(1, 1)) == 2);
    CHECK(int(*cache.view().keys(1, 1)) == 3);
}

TEST_CASE("kv_cache: a rewind lets go of whole pages, and writing after it leaves others' rows alone") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 200, 1);
    CHECK(pool.use().held == 4);
    KvCache fork(cache);
    fork.truncate(70);
    CHECK(pool.use().held == 4);
    fill(fork, 1, 2);
    CHECK(mark_at(cache, 70) == 1);
    CHECK(mark_at(fork, 70) == 2);
    cache.truncate(0);
    CHECK(pool.use().held == 2);
    CHECK(pool.use().remembered == 3);
    pool.forget();
    CHECK(pool.use().remembered == 0);
    CHECK(pool.use().free == 14);
    CHECK(mark_at(fork, 69) == 1);
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

TEST_CASE("kv_cache: a full pool is an error that says who holds it, and changes nothing") {
    PagePool pool(host_device(), layout, 192);
    KvCache other(pool, 1024);
    fill(other, 3, 2);
    KvCache cache(pool, 1024);
    fill(cache, 60, 1);
    CHECK_THROWS_WITH_AS(cache.reserve(100), doctest::Contains("room for 192 tokens is in use by 2 timelines of 60, 3"),
                         Error);
    CHECK(cache.length() == 60);
    CHECK(pool.use().held == 2);
    fill(cache, 68, 1);
}

TEST_CASE("kv_cache: the last token written anew, or one more, costs no copy of its page") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 70, 1);
    const PagePlace page = cache.view().pages[1];
    fill(cache, 1, 1);
    cache.truncate(70);
    fill(cache, 1, 2);
    CHECK(cache.view().pages[1] == page);
    CHECK(pool.use().held == 2);
    CHECK(pool.use().remembered == 0);
}

TEST_CASE("kv_cache: another cache finds whole pages as they are, and the page partly filled by copy") {
    PagePool pool(host_device(), layout, 1024);
    const std::vector<Token> known = text(150, 1);
    {
        KvCache first(pool, 1024);
        fill(first, 150, 1);
        KvCache second(pool, 1024);  // while the first lives
        CHECK(second.extend(std::span(known).first(140)) == 140);
        CHECK(second.view().pages[1] == first.view().pages[1]);
        fill(second, 1, 2);
        CHECK(mark_at(first, 140) == 1);
        CHECK(second.view().pages[2] != first.view().pages[2]);
    }
    CHECK(pool.use().held == 0);
    KvCache third(pool, 1024);  // and from what is remembered
    std::vector<Token> wanted = text(200, 1);
    CHECK(third.extend(wanted) == 150);
    CHECK(std::ranges::equal(third.tokens(), known));
    for (const std::int64_t p : {0, 63, 64, 149}) CHECK(mark_at(third, p) == 1);
    CHECK(pool.use().tokens_hit == 290);
    KvCache fourth(pool, 1024);
    wanted[70] = -1;
    CHECK(fourth.extend(wanted) == 70);
    wanted[0] = -1;
    CHECK(KvCache(pool, 1024).extend(wanted) == 0);
}

TEST_CASE("kv_cache: after a rewind the way back is known, page by page and within a page") {
    PagePool pool(host_device(), layout, 1024);
    KvCache cache(pool, 1024);
    fill(cache, 150, 1);
    cache.truncate(70);
    fill(cache, 60, 2);
    cache.truncate(70);
    CHECK(cache.extend(text(150, 1)) == 80);
    CHECK(mark_at(cache, 149) == 1);
    cache.truncate(10);
    CHECK(cache.extend(text(20, 1)) == 10);
    CHECK(cache.length() == 20);
}

TEST_CASE("kv_cache: two caches that come to the same tokens by themselves share the pages in the end") {
    PagePool pool(host_device(), layout, 1024);
    KvCache one(pool, 1024), two(pool, 1024);
    one.reserve(130);
    two.reserve(130);
    CHECK(one.view().pages[0] != two.view().pages[0]);
    one.advance(text(130, 1));
    two.advance(text(130, 1));
    CHECK(one.view().pages[0] == two.view().pages[0]);
    CHECK(one.view().pages[1] == two.view().pages[1]);
    CHECK(one.view().pages[2] != two.view().pages[2]);
    CHECK(pool.use().held == 4);
}

TEST_CASE("kv_cache: what is remembered gives way, the oldest first and from its end, never what is held") {
    PagePool pool(host_device(), layout, 8 * 64);
    KvCache(pool, 512).extend({});
    {
        KvCache old(pool, 512), fresh(pool, 512);
        fill(old, 192, 1);
        fill(fresh, 128, 2);
    }
    KvCache held(pool, 512);
    CHECK(held.extend(text(64, 1)) == 64);
    fill(held, 192, 3);  // the three pages that were free
    CHECK(pool.use().free == 0);
    CHECK(pool.use().remembered == 4);
    fill(held, 64, 3);  // the old one's end goes
    CHECK(pool.use().evicted == 1);
    CHECK(KvCache(pool, 512).extend(text(192, 1)) == 128);
    CHECK(KvCache(pool, 512).extend(text(128, 2)) == 128);
    fill(held, 128, 3);
    CHECK(KvCache(pool, 512).extend(text(128, 2)) == 64);
    CHECK(KvCache(pool, 512).extend(text(192, 1)) == 64);
    CHECK(mark_at(held, 0) == 1);
    CHECK(pool.use().held == 7);
}

TEST_CASE("kv_cache: a cache that fills the pool may still rewind and write") {
    PagePool pool(host_device(), layout, 128);
    KvCache cache(pool, 128);
    fill(cache, 128, 1);
    cache.truncate(90);
    fill(cache, 38, 2);
    CHECK(mark_at(cache, 89) == 1);
    CHECK(mark_at(cache, 90) == 2);
    CHECK(pool.use().free == 0);
}

TEST_CASE("page_pool: a layer's keys lie side by side, page after page, also in pages that were given back") {
    PagePool pool(host_device(), layout, 1024);
    const auto check_neighbours = [&] {
        KvCache cache(pool, 512);
        cache.reserve(512);
        for (int layer = 0; layer < layout.layers; ++layer) {
            for (std::int64_t page = 1; page < 8; ++page) {
                REQUIRE(cache.view().keys(layer, page) == cache.view().keys(layer, page - 1) + layout.keys_room());
            }
        }
    };
    check_neighbours();
    check_neighbours();
    {
        std::vector<Page> pages;
        for (int i = 0; i < 16; ++i) pages.push_back(pool.take());
        std::swap(pages[3], pages[11]);
        std::swap(pages[0], pages[7]);
    }
    check_neighbours();
}

TEST_CASE("page_pool: pages end with their last share") {
    PagePool pool(host_device(), layout, 1024);
    {
        Page page = pool.take();
        CHECK(!page.is_shared());
        const Page other = page;
        CHECK(page.is_shared());
        page = pool.take();
        CHECK(pool.use().held == 2);
        CHECK(!other.is_shared());
    }
    CHECK(pool.use().held == 0);
}
