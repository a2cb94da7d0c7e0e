// tests/engine/cache/prefix_store_test.cpp: Tests what a folder of cache files keeps, finds, and lets go of.
#include "engine/cache/prefix_store.h"

#include <doctest.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using heddle::test::TempFolder;
namespace fs = std::filesystem;

namespace {

const CacheIdentity identity{
    .weights = 1, .values = 2, .layout = {.layers = 1, .latent_row_bytes = 8, .keys_bytes = 64}};

std::vector<Token> text(std::int64_t tokens, Token first = 0) {
    std::vector<Token> made(static_cast<std::size_t>(tokens));
    std::iota(made.begin(), made.end(), first);
    return made;
}

struct Store {
    TempFolder folder;
    std::uint64_t bytes_max;
    std::vector<std::string> lines;
    PrefixStore store;

    explicit Store(std::uint64_t most = 1 << 20) : bytes_max(most), store(open(identity)) {}
    PrefixStore open(const CacheIdentity& owner) {
        return {folder.path() / "kept", bytes_max, owner, [this](const std::string& line) { lines.push_back(line); }};
    }
    void keep(const std::vector<Token>& tokens) {
        PagePool pool(host_device(), identity.layout, 4096);
        KvCache cache(pool, 4096);
        cache.reserve(static_cast<std::int64_t>(tokens.size()));
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            std::memset(cache.view().latent(0, static_cast<std::int64_t>(i)), tokens[i] % 251, 8);
        }
        cache.advance(tokens);
        store.keep(cache);
    }
    std::int64_t restore(const std::vector<Token>& wanted) { return restore(store, wanted); }
    static std::int64_t restore(const PrefixStore& from, const std::vector<Token>& wanted) {
        PagePool pool(host_device(), identity.layout, 4096);
        KvCache cache(pool, 4096);
        const std::int64_t tokens = from.restore(cache, wanted);
        CHECK(tokens == cache.length());
        for (std::int64_t i = 0; i < tokens; ++i) {
            REQUIRE(*cache.view().latent(0, i) == std::byte(wanted[static_cast<std::size_t>(i)] % 251));
        }
        return tokens;
    }
    std::vector<fs::path> files() const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(folder.path() / "kept")) found.push_back(entry.path());
        return found;
    }
    void age(int hours) const {
        for (const auto& file : files()) {
            fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(hours));
        }
    }
};

}  // namespace

TEST_CASE("prefix_store: the file that shares most with a text is found, for its own identity only") {
    Store kept;
    kept.keep(text(300));
    std::vector<Token> other = text(600);
    other[280] = 9999;
    kept.keep(other);
    kept.keep(text(500, 1000));
    CHECK(kept.files().size() == 3);
    CHECK(kept.restore(text(700)) == 300);
    CHECK(kept.restore(other) == 600);
    other[500] = 9999;
    CHECK(kept.restore(other) == 500);
    CHECK(kept.restore(text(700, 1000)) == 500);
    CHECK(kept.restore(text(700, 5)) == 0);
    CacheIdentity foreign = identity;
    foreign.values = 9;
    CHECK(Store::restore(kept.open(foreign), text(700)) == 0);
    CHECK(kept.lines.empty());
    CHECK(fs::status(kept.folder.path() / "kept").permissions() == fs::perms::owner_all);
}

TEST_CASE("prefix_store: short texts are neither kept nor looked for, and a longer one takes a shorter one's place") {
    Store kept;
    kept.keep(text(PrefixStore::tokens_worth - 1));
    CHECK(kept.files().empty());
    kept.keep(text(300));
    CHECK(kept.restore(text(PrefixStore::tokens_worth - 1)) == 0);
    kept.keep(text(300));
    CHECK(kept.files().size() == 1);
    kept.keep(text(400));
    CHECK(kept.files().size() == 1);
    CHECK(kept.restore(text(700)) == 400);
}

TEST_CASE("prefix_store: over its budget it lets go of what was not used for longest, and of nobody else's files") {
    Store kept(27'000);  // three files of 500 tokens
    std::ofstream(kept.folder.path() / "kept" / "readme.txt") << std::string(100'000, 'x');
    kept.keep(text(500, 1000));
    kept.age(3);
    kept.keep(text(500, 2000));
    kept.age(1);
    CHECK(kept.restore(text(800, 1000)) == 500);  // used again: the younger one now
    kept.keep(text(500, 3000));
    kept.keep(text(500, 4000));
    CHECK(kept.restore(text(800, 2000)) == 0);
    CHECK(kept.restore(text(800, 1000)) == 500);
    CHECK(kept.restore(text(800, 4000)) == 500);
    kept.keep(text(4000, 5000));  // larger than all of the budget
    CHECK(kept.restore(text(800, 4000)) == 500);
    CHECK(fs::exists(kept.folder.path() / "kept" / "readme.txt"));
}

TEST_CASE("prefix_store: a damaged file is used as far as it is sound, named in one line, and removed") {
    Store kept;
    kept.keep(text(500));
    const fs::path file = kept.files().front();
    fs::resize_file(file, fs::file_size(file) - 2 * identity.layout.rows_bytes() - 1);
    CHECK(kept.restore(text(700)) == 320);
    REQUIRE(kept.lines.size() == 1);
    CHECK(kept.lines[0].find("up to token 320") != std::string::npos);
    CHECK(kept.files().empty());
}

TEST_CASE("prefix_store: what a killed writer left goes after an hour") {
    Store kept;
    const fs::path left = kept.folder.path() / "kept" / "1-2-3.heddle-cache.7-0.part";
    std::ofstream(left) << "half";
    kept.keep(text(300));
    CHECK(fs::exists(left));
    kept.age(2);
    kept.keep(text(400));
    CHECK(!fs::exists(left));
}

TEST_CASE("prefix_store: a folder that cannot be made is told once for each use and hurts nobody") {
    Store kept;
    std::ofstream(kept.folder.path() / "file") << "x";
    std::vector<std::string> lines;
    const PrefixStore store(kept.folder.path() / "file" / "kept", 1 << 20, identity,
                            [&](const std::string& line) { lines.push_back(line); });
    CHECK(lines.size() == 1);
    CHECK(Store::restore(store, text(400)) == 0);
}

TEST_CASE("prefix_store: several at once on one folder find whole files or none") {
    Store kept(200'000);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&kept, thread] {
            PagePool pool(host_device(), identity.layout, 4096);
            for (int round = 0; round < 20; ++round) {
                KvCache cache(pool, 4096);
                const std::vector<Token> wanted = text(300 + 10 * round, 100 * (round % 4));
                kept.store.restore(cache, wanted);
                const std::int64_t held = cache.length();
                cache.reserve(static_cast<std::int64_t>(wanted.size()) - held);
                cache.advance(std::span(wanted).subspan(static_cast<std::size_t>(held)));
                kept.store.keep(cache);
                if (thread == 0) pool.forget();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(kept.lines.empty());
}
