// tests/engine/cache/history_test.cpp: Tests that no history of caches on one pool shows in the rows of any of them.
#include <doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/error.h"

using namespace heddle::engine;

namespace {

const PageLayout layout{.layers = 2, .latent_row_bytes = 8, .keys_bytes = page_tokens};

// What a model would do: a row that depends on all tokens up to its own, and on nothing else.
std::uint64_t row_after(std::uint64_t before, Token token) {
    return (before ^ static_cast<std::uint64_t>(token + 1)) * 0x9e3779b97f4a7c15u;
}

// A cache beside a plain copy of what it ought to hold.
class Subject {
 public:
    explicit Subject(PagePool& pool) : cache_(std::make_unique<KvCache>(pool, pool.tokens_max())) {}
    Subject(const Subject& other) : cache_(std::make_unique<KvCache>(*other.cache_)), tokens_(other.tokens_) {}

    Subject(Subject&&) = default;
    Subject& operator=(Subject&&) = default;

    void sync(const std::vector<Token>& wanted) {
        const auto differs = std::ranges::mismatch(tokens_, wanted).in1;
        rewind(differs - tokens_.begin());
        cache_->extend(wanted);
        tokens_.assign(wanted.begin(), wanted.begin() + cache_->length());
        check();
        append({wanted.begin() + cache_->length(), wanted.end()});
    }
    void append(const std::vector<Token>& more) {
        cache_->reserve(static_cast<std::int64_t>(more.size()));
        std::uint64_t row = row_before(cache_->length());
        const CacheView view = cache_->view();
        std::int64_t position = cache_->length();
        for (const Token token : more) {
            row = row_after(row, token);
            for (int layer = 0; layer < layout.layers; ++layer) {
                std::memcpy(view.latent(layer, position), &row, sizeof row);
                view.keys(layer, position / page_tokens)[position % page_tokens] = std::byte(row >> 56);
            }
            ++position;
        }
        cache_->advance(more);
        tokens_.insert(tokens_.end(), more.begin(), more.end());
    }
    void begin_and_stop(std::int64_t tokens) {  // a pass that ends before it has written anything of use
        cache_->reserve(tokens);
        std::memset(cache_->view().latent(0, cache_->length()), 0xee, 8);
        cache_->truncate(cache_->length());
    }
    void rewind(std::int64_t length) {
        cache_->truncate(length);
        tokens_.resize(static_cast<std::size_t>(length));
    }
    void check() const {
        REQUIRE(std::ranges::equal(cache_->tokens(), tokens_));
        std::uint64_t row = 0;
        const CacheView view = cache_->view();
        bool equal = true;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            row = row_after(row, tokens_[i]);
            const auto position = static_cast<std::int64_t>(i);
            for (int layer = 0; layer < layout.layers; ++layer) {
                equal = equal && std::memcmp(view.latent(layer, position), &row, sizeof row) == 0;
                equal = equal && view.keys(layer, position / page_tokens)[i % page_tokens] == std::byte(row >> 56);
            }
        }
        REQUIRE(equal);
    }
    const std::vector<Token>& tokens() const { return tokens_; }

 private:
    std::uint64_t row_before(std::int64_t position) const {
        std::uint64_t row = 0;
        for (std::int64_t i = 0; i < position; ++i) row = row_after(row, tokens_[static_cast<std::size_t>(i)]);
        return row;
    }

    std::unique_ptr<KvCache> cache_;
    std::vector<Token> tokens_;
};

// One random move after the other, on caches that come and go, with texts that share much of each other. Returns how
// often the pool was full.
int walk(PagePool& pool, unsigned seed, int moves) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    const auto some = [&](std::size_t count) {
        std::vector<Token> tokens(count);
        const int mark = static_cast<int>(below(3));
        for (Token& token : tokens) token = mark;
        if (count > 0 && below(2) == 0) tokens[below(count)] = 7;
        return tokens;
    };
    std::vector<Subject> subjects;
    std::vector<std::vector<Token>> seen{{}};
    int full = 0;
    for (int move = 0; move < moves; ++move) {
        if (subjects.empty()) subjects.emplace_back(pool);
        Subject& subject = subjects[below(subjects.size())];
        try {
            switch (below(8)) {
                case 0:
                    subjects.size() < 5 ? void(subjects.emplace_back(pool))
                                        : void(subjects.erase(subjects.begin() + std::ptrdiff_t(below(5))));
                    continue;
                case 1:
                    if (subjects.size() < 5) subjects.push_back(Subject(subject));
                    continue;
                case 2:
                    subject.rewind(static_cast<std::int64_t>(below(subject.tokens().size() + 1)));
                    break;
                case 3:
                    subject.append(some(1));
                    break;
                case 4:
                    subject.append(some(below(150)));
                    break;
                case 5:
                    if (subject.tokens().size() < 300)
                        subject.begin_and_stop(static_cast<std::int64_t>(1 + below(100)));
                    break;
                default: {  // to a text seen before, cut and gone on with
                    std::vector<Token> wanted = seen[below(seen.size())];
                    wanted.resize(below(wanted.size() + 1));
                    const std::vector<Token> more = some(below(80));
                    wanted.insert(wanted.end(), more.begin(), more.end());
                    if (wanted.size() < 400) subject.sync(wanted);
                }
            }
        } catch (const Error&) {
            ++full;
        }
        if (subject.tokens().size() > 400) subject.rewind(0);
        seen.push_back(subject.tokens());
        for (const Subject& each : subjects) each.check();
        const CacheUse use = pool.use();
        REQUIRE(use.held + use.remembered + use.free == use.pages_max);
    }
    return full;
}

}  // namespace

TEST_CASE("cache history: a random walk of caches never leaves the rows that a model would have written") {
    int full = 0;
    std::int64_t hits = 0, evicted = 0;
    for (unsigned seed = 0; seed < 12; ++seed) {
        PagePool pool(host_device(), layout, seed % 3 == 0 ? 600 : seed % 3 == 1 ? 1200 : 64000);
        full += walk(pool, seed, 250);
        hits += pool.use().tokens_hit;
        evicted += pool.use().evicted;
        CHECK(pool.use().held == 0);
        pool.forget();
        CHECK(pool.use().free == pool.use().pages_max);
    }
    CHECK(full > 0);
    CHECK(hits > 1000);
    CHECK(evicted > 100);
}

TEST_CASE("cache history: several threads on one pool disturb each other no more than one alone") {
    PagePool pool(host_device(), layout, 4000);
    std::vector<std::thread> threads;
    for (unsigned seed = 0; seed < 3; ++seed) {
        threads.emplace_back([&pool, seed] {
            std::mt19937 random(seed);
            Subject subject(pool);
            for (int move = 0; move < 300; ++move) {
                std::vector<Token> wanted(1 + random() % 500, static_cast<Token>(random() % 2));
                if (random() % 2 == 0) wanted[random() % wanted.size()] = 7;
                subject.sync(wanted);
                subject.append({3});
                Subject fork(subject);
                fork.append({4, 5});
                fork.check();
                subject.check();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(pool.use().held == 0);
    CHECK(pool.use().tokens_hit > 1000);
}

TEST_CASE("cache history: a chain as long as the longest context is forgotten without deep recursion") {
    PagePool pool(host_device(), {.layers = 1, .latent_row_bytes = 1, .keys_bytes = 1}, 40000 * page_tokens);
    {
        KvCache cache(pool, pool.tokens_max());
        const std::vector<Token> text(page_tokens, 1);
        for (int page = 0; page < 40000; ++page) {
            cache.reserve(page_tokens);
            cache.advance(text);
        }
    }
    CHECK(pool.use().remembered == 40000);
}
