// tests/engine/batch_test.cpp: Tests that timelines which share passes do not change, delay or spoil each other.
#include <doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/timelines.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

// A timeline, and the tokens that it must hold.
struct Kept {
    Timeline timeline;
    std::vector<Token> tokens;
};

// Several timelines move at random, some at a time in common passes: steps, long appends, rewinds, forks.
std::vector<Kept> walk(const Engine& engine, unsigned seed, int moves) {
    std::mt19937 random(seed);
    std::vector<Kept> all;
    for (int i = 0; i < 3; ++i) all.push_back({engine.open(), {}});
    for (int move = 0; move < moves; ++move) {
        std::vector<std::vector<Token>> added(all.size());
        std::vector<Request> requests;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (random() % 4 == 0) {
                all[i].tokens.resize(all[i].tokens.empty() ? 0 : random() % all[i].tokens.size());
                all[i].timeline.rewind(static_cast<std::int64_t>(all[i].tokens.size()));
            }
            if (random() % 4 == 0) continue;
            const int count = random() % 2 == 0 ? 1 : static_cast<int>(random() % 100 + 1);
            added[i] = some_tokens(count, static_cast<unsigned>(random()));
            requests.push_back({.timeline = &all[i].timeline, .tokens = added[i]});
            all[i].tokens.insert(all[i].tokens.end(), added[i].begin(), added[i].end());
        }
        engine.evaluate(requests);
        for (const Request& request : requests) {
            REQUIRE(request.error.empty());
            REQUIRE(request.complete);
            REQUIRE(request.evaluated == static_cast<std::int64_t>(request.tokens.size()));
        }
        const std::size_t parent = random() % all.size();
        if (all.size() < 6) all.push_back({all[parent].timeline.fork(), all[parent].tokens});
    }
    return all;
}

}  // namespace

TEST_CASE("batch: a random mix of timelines gives each the bits of a cold run alone") {
    const SmallCheckpoint checkpoint;
    const auto cold = checkpoint.load();
    for (const int threads : {1, 2, 3, 4}) {
        for (const int chunk : {1, 5, 48, 256}) {
            const auto engine = checkpoint.load([&](auto& options) {
                options.threads = threads;
                options.chunk_tokens = chunk;
            });
            for (const Kept& kept : walk(*engine, static_cast<unsigned>(10 * threads + chunk), 6)) {
                INFO(threads, " threads, passes of ", chunk);
                REQUIRE(std::ranges::equal(kept.timeline.tokens(), kept.tokens));
                if (kept.timeline.logits().empty()) continue;
                CHECK(logits_of(kept.timeline) == cold_logits_of(*cold, kept.tokens));
            }
        }
    }
}

TEST_CASE("batch: on the reference, and with dense attention, too") {
    const SmallCheckpoint checkpoint;
    for (const bool dense : {false, true}) {
        for (const char* backend : {"reference", "cpu"}) {
            const auto engine = checkpoint.load([&](auto& options) {
                options.backend = backend;
                options.dense = dense;
                options.chunk_tokens = 24;
            });
            for (const Kept& kept : walk(*engine, 4, 3)) {
                INFO(backend, dense ? ", dense" : ", sparse");
                if (kept.timeline.logits().empty()) continue;
                CHECK(logits_of(kept.timeline) == cold_logits_of(*engine, kept.tokens));
            }
        }
    }
}

TEST_CASE("batch: threads that step on their own share passes, and get the bits of a cold run") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    const std::vector<Token> prefix = some_tokens(100, 1);
    Timeline root = engine->open();
    root.sync(prefix);
    std::vector<Kept> all;
    for (unsigned i = 0; i < 4; ++i) all.push_back({root.fork(), prefix});
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const std::vector<Token> more = some_tokens(150, i + 2);
            Kept& kept = all[i];
            for (std::size_t t = 0; t < 40; ++t) kept.timeline.step(more[t]);
            kept.tokens.insert(kept.tokens.end(), more.begin(), more.end());
            kept.timeline.sync(kept.tokens);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Kept& kept : all) CHECK(logits_of(kept.timeline) == cold_logits_of(*engine, kept.tokens));
}

TEST_CASE("batch: a step waits for one pass, however long another's prefill is") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load([](auto& options) { options.chunk_tokens = 16; });
    Timeline prefill = engine->open(), first = engine->open(), second = engine->open();
    const std::vector<Token> tokens = some_tokens(200, 1);
    std::vector<Request> requests = {{.timeline = &prefill, .tokens = tokens},
                                     {.timeline = &first, .tokens = std::span(tokens).first(1)},
                                     {.timeline = &second, .tokens = std::span(tokens).first(1)}};
    engine->evaluate(requests);
    CHECK(requests[1].passes == 1);
    CHECK(requests[2].passes == 1);
    CHECK(requests[0].passes == 14 - 1);  // 14 rows of the first pass, 16 of each other
    CHECK(logits_of(second) == cold_logits_of(*engine, std::span(tokens).first(1)));
}

TEST_CASE("batch: two prefills take turns") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load([](auto& options) { options.chunk_tokens = 16; });
    Timeline first = engine->open(), second = engine->open();
    std::vector<char> order;
    const auto note = [&](char name) {
        return Observer{.logits = {}, .selected = [&order, name](int layer, std::int64_t position, auto) {
                            if (layer == 0 && position % 16 == 0) order.push_back(name);
                        }};
    };
    first.observe(note('a'));
    second.observe(note('b'));
    const std::vector<Token> tokens = some_tokens(48, 1);
    std::vector<Request> requests = {{.timeline = &first, .tokens = tokens}, {.timeline = &second, .tokens = tokens}};
    engine->evaluate(requests);
    CHECK(std::string(order.begin(), order.end()) == "ababab");
}

TEST_CASE("batch: what is wrong with one request does not hurt the others") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load([](auto& options) { options.cache_tokens_max = 256; });
    const std::vector<Token> good = some_tokens(100, 1);
    std::vector<Token> wrong = some_tokens(20, 2);
    wrong[7] = small_vocabulary;
    Timeline a = engine->open(), b = engine->open(), c = engine->open(), d = engine->open(), e = engine->open();
    e.observe({.logits = {}, .selected = [](int, std::int64_t position, auto) {
                   if (position == 3) throw std::runtime_error("no more of this");
               }});
    const std::vector<Token> long_one = some_tokens(300, 3), tight = some_tokens(200, 4);
    std::vector<Request> requests = {{.timeline = &a, .tokens = wrong},
                                     {.timeline = &b, .tokens = good},
                                     {.timeline = &c, .tokens = long_one},
                                     {.timeline = &d, .tokens = tight},
                                     {.timeline = &e, .tokens = std::span(good).first(9)}};
    engine->evaluate(requests);
    CHECK(requests[0].error.find("Token 267") != std::string::npos);
    CHECK(a.tokens().empty());
    CHECK(requests[1].complete);
    CHECK(requests[2].error.find("300 tokens long, and there is room for 256") != std::string::npos);
    CHECK(requests[3].error.find("full") != std::string::npos);
    CHECK(!requests[3].complete);
    CHECK(requests[4].error == "no more of this");
    CHECK(e.tokens().empty());
    const auto roomy = checkpoint.load();
    CHECK(logits_of(b) == cold_logits_of(*roomy, good));
    // What the tight one did get is valid.
    c.rewind(0);
    b.rewind(0);
    const auto held = static_cast<std::ptrdiff_t>(d.tokens().size());
    CHECK(std::equal(tight.begin(), tight.begin() + held, d.tokens().begin()));
    d.sync(tight);
    CHECK(logits_of(d) == cold_logits_of(*roomy, tight));
}

TEST_CASE("batch: one that is stopped keeps a valid prefix, and the others are completed") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load([](auto& options) { options.chunk_tokens = 32; });
    const std::vector<Token> tokens = some_tokens(150, 1), others = some_tokens(120, 2);
    for (const int stop_at : {0, 20, 70, 149}) {
        Timeline stopped = engine->open(), other = engine->open();
        std::stop_source stop;
        stopped.observe({.logits = {}, .selected = [&](int layer, std::int64_t position, auto) {
                             if (layer == 1 && position == stop_at) stop.request_stop();
                         }});
        std::vector<Request> requests = {{.timeline = &stopped, .tokens = tokens, .stop = stop.get_token()},
                                         {.timeline = &other, .tokens = others}};
        engine->evaluate(requests);
        INFO("stopped at ", stop_at);
        CHECK(requests[0].error.empty());
        CHECK(requests[0].evaluated == static_cast<std::int64_t>(stopped.tokens().size()));
        CHECK(std::equal(stopped.tokens().begin(), stopped.tokens().end(), tokens.begin()));
        CHECK(requests[1].complete);
        CHECK(logits_of(other) == cold_logits_of(*engine, others));
        stopped.observe({});
        stopped.sync(tokens);
        CHECK(logits_of(stopped) == cold_logits_of(*engine, tokens));
    }
}

TEST_CASE("batch: attention is reported as it was, layer by layer") {
    const SmallCheckpoint checkpoint;
    const int top_k = small_config().index_top_k;
    for (const bool dense : {false, true}) {
        const auto engine = checkpoint.load([&](auto& options) { options.dense = dense; });
        Timeline timeline = engine->open(), beside = engine->open();
        const std::vector<Token> tokens = some_tokens(100, 1);
        std::vector<Request> requests = {{.timeline = &beside, .tokens = std::span(tokens).first(5)},
                                         {.timeline = &timeline, .tokens = tokens}};
        engine->evaluate(requests);
        REQUIRE(timeline.attention().size() == 3);
        for (const AttentionUse& use : timeline.attention()) {
            CHECK(use.rows_dense == (dense ? 100 : top_k));
            CHECK(use.rows_sparse == (dense ? 0 : 100 - top_k));
            CHECK(use.positions == (dense ? 5050 : top_k * (top_k + 1) / 2 + (100 - top_k) * top_k));
        }
        CHECK(beside.attention()[2] == AttentionUse{5, 0, 15});
        timeline.step(3);
        CHECK(timeline.attention()[0] == (dense ? AttentionUse{1, 0, 101} : AttentionUse{0, 1, top_k}));
    }
}

TEST_CASE("batch: dense attention is what a top-k beyond the length gives") {
    const SmallCheckpoint checkpoint;
    for (const char* backend : {"reference", "cpu"}) {
        const auto dense = checkpoint.load([&](auto& options) {
            options.dense = true;
            options.backend = backend;
        });
        const auto all = checkpoint.load([&](auto& options) {
            options.top_k = 4096;
            options.backend = backend;
        });
        const auto sparse = checkpoint.load([&](auto& options) { options.backend = backend; });
        const std::vector<Token> tokens = some_tokens(150, 1);
        CHECK(cold_logits_of(*dense, tokens) == cold_logits_of(*all, tokens));
        CHECK(cold_logits_of(*dense, tokens) != cold_logits_of(*sparse, tokens));
    }
}

TEST_CASE("batch: a prompt is synced in two halves, what is reused and what is appended") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    std::vector<Token> tokens = some_tokens(90, 1);
    Timeline a = engine->open(), b = engine->open();
    a.sync(tokens);
    tokens[80] = (tokens[80] + 1) % small_vocabulary;
    const std::int64_t reused_a = a.reuse(tokens);
    CHECK(reused_a == 80);
    const std::int64_t reused_b = b.reuse(tokens);
    CHECK(reused_b >= 64);
    std::vector<Request> requests = {
        {.timeline = &a, .tokens = std::span(tokens).subspan(static_cast<std::size_t>(reused_a))},
        {.timeline = &b, .tokens = std::span(tokens).subspan(static_cast<std::size_t>(reused_b))}};
    engine->evaluate(requests);
    CHECK(logits_of(a) == logits_of(b));
    CHECK(logits_of(a) == cold_logits_of(*checkpoint.load(), tokens));
    CHECK(a.reuse(tokens) == 90);
    std::vector<Request> nothing = {{.timeline = &a, .tokens = {}}};
    engine->evaluate(nothing);
    CHECK(nothing[0].complete);
    CHECK(nothing[0].passes == 0);
}
