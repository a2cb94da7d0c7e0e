// tests/engine/timeline_test.cpp: Tests that the logits of a token depend on the tokens before it and on nothing else.
#include "engine/timeline.h"

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

// All logits of all positions, from one sync.
std::vector<std::vector<float>> all_logits(const Engine& engine, std::span<const Token> tokens) {
    std::vector<std::vector<float>> all;
    Timeline timeline = engine.open();
    timeline.observe(
        {.logits = [&](std::int64_t, std::span<const float> logits) { all.emplace_back(logits.begin(), logits.end()); },
         .selected = {}});
    timeline.sync(tokens);
    return all;
}

std::string error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("timeline: chunks of any size and single steps give the same bits at every position") {
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        const SmallCheckpoint checkpoint(type);
        const std::vector<Token> tokens = some_tokens(200);
        const auto whole = all_logits(*checkpoint.load([](auto& options) { options.chunk_tokens = 256; }), tokens);
        REQUIRE(whole.size() == tokens.size());
        for (const int chunk : {1, 2, 3, 7, 13, 48, 64, 199}) {
            const auto engine = checkpoint.load([&](auto& options) { options.chunk_tokens = chunk; });
            INFO(name_of(type), " in chunks of ", chunk);
            CHECK(all_logits(*engine, tokens) == whole);
        }
        const auto engine = checkpoint.load();
        Timeline timeline = engine->open();
        bool equal = true;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            timeline.step(tokens[i]);
            equal = equal && logits_of(timeline) == whole[i];
        }
        CHECK(equal);
    }
}

TEST_CASE("timeline: one, two, three and four threads give the same bits") {
    const SmallCheckpoint checkpoint;
    const std::vector<Token> tokens = some_tokens(150);
    const auto one = all_logits(*checkpoint.load([](auto& options) { options.threads = 1; }), tokens);
    for (const int threads : {2, 3, 4}) {
        const auto engine = checkpoint.load([&](auto& options) { options.threads = threads; });
        INFO(threads, " threads");
        CHECK(all_logits(*engine, tokens) == one);
    }
}

TEST_CASE("timeline: after reuse, rewind and fork the bits are those of a cold run") {
    for (const auto indexer : {IndexerPrecision::int8, IndexerPrecision::exact}) {
        const SmallCheckpoint checkpoint;
        const auto engine = checkpoint.load([&](auto& options) { options.indexer = indexer; });
        const std::vector<Token> first = some_tokens(170, 1);
        std::vector<Token> second(first.begin(), first.begin() + 75);
        const std::vector<Token> tail = some_tokens(60, 2);
        second.insert(second.end(), tail.begin(), tail.end());

        Timeline timeline = engine->open();
        timeline.sync(first);
        Timeline other = timeline.fork();
        CHECK(logits_of(other) == logits_of(timeline));

        const SyncReport report = timeline.sync(second);
        CHECK(report.reused == 75);
        CHECK(report.evaluated == 60);
        CHECK(logits_of(timeline) == cold_logits_of(*engine, second));

        other.rewind(64);
        CHECK(other.logits().empty());
        CHECK(other.tokens().size() == 64);
        for (const Token token : tail) other.step(token);
        std::vector<Token> third(first.begin(), first.begin() + 64);
        third.insert(third.end(), tail.begin(), tail.end());
        CHECK(logits_of(other) == cold_logits_of(*engine, third));
        CHECK(std::ranges::equal(other.tokens(), third));

        // The fork wrote to its own pages only.
        timeline.step(5);
        second.push_back(5);
        CHECK(logits_of(timeline) == cold_logits_of(*engine, second));
    }
}

TEST_CASE("timeline: two forks that grow from the middle of a page do not write into each other") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    const std::vector<Token> common = some_tokens(100);
    Timeline first = engine->open();
    first.sync(common);
    Timeline second = first.fork();
    Timeline third = second.fork();
    std::vector<Token> a = common, b = common, c = common;
    for (int i = 0; i < 50; ++i) {
        first.step(static_cast<Token>(i));
        a.push_back(static_cast<Token>(i));
        second.step(static_cast<Token>(2 * i));
        b.push_back(static_cast<Token>(2 * i));
        third.step(static_cast<Token>(3 * i));
        c.push_back(static_cast<Token>(3 * i));
    }
    CHECK(logits_of(first) == cold_logits_of(*engine, a));
    CHECK(logits_of(second) == cold_logits_of(*engine, b));
    CHECK(logits_of(third) == cold_logits_of(*engine, c));
}

TEST_CASE("timeline: a random walk of sync, step, rewind and fork never leaves the bits of a cold run") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    std::mt19937 random(3);
    std::vector<Timeline> timelines;
    timelines.push_back(engine->open());
    std::vector<std::vector<Token>> expected(1);
    for (int move = 0; move < 60; ++move) {
        const std::size_t i = random() % timelines.size();
        const auto length = static_cast<std::int64_t>(expected[i].size());
        switch (random() % 4) {
            case 0: {
                std::vector<Token> more = some_tokens(static_cast<int>(random() % 90), static_cast<unsigned>(random()));
                expected[i].insert(expected[i].end(), more.begin(), more.end());
                timelines[i].sync(expected[i]);
                break;
            }
            case 1: {
                expected[i].push_back(static_cast<Token>(random() % small_vocabulary));
                timelines[i].step(expected[i].back());
                break;
            }
            case 2: {
                expected[i].resize(
                    static_cast<std::size_t>(length == 0 ? 0 : static_cast<std::int64_t>(random()) % length));
                timelines[i].rewind(static_cast<std::int64_t>(expected[i].size()));
                break;
            }
            default: {
                if (timelines.size() == 4) break;
                timelines.push_back(timelines[i].fork());
                expected.push_back(expected[i]);
            }
        }
        if (expected[i].size() > 400) {
            expected[i].clear();
            timelines[i].rewind(0);
        }
        REQUIRE(std::ranges::equal(timelines[i].tokens(), expected[i]));
        if (!timelines[i].logits().empty()) REQUIRE(logits_of(timelines[i]) == cold_logits_of(*engine, expected[i]));
    }
}

TEST_CASE("timeline: timelines on several threads at once do not disturb each other") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    const std::vector<Token> tokens[] = {some_tokens(130, 1), some_tokens(130, 2), some_tokens(130, 3)};
    std::vector<std::vector<float>> results(3);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
            Timeline timeline = engine->open();
            for (const Token token : tokens[i]) timeline.step(token);
            results[i] = {timeline.logits().begin(), timeline.logits().end()};
        });
    }
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < 3; ++i) CHECK(results[i] == cold_logits_of(*engine, tokens[i]));
}

TEST_CASE("timeline: syncing to what is there evaluates nothing, and to a prefix just its last token") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    const std::vector<Token> tokens = some_tokens(90);
    Timeline timeline = engine->open();
    SyncReport report = timeline.sync(tokens);
    CHECK(report.reused == 0);
    CHECK(report.evaluated == 90);
    report = timeline.sync(tokens);
    CHECK(report.reused == 90);
    CHECK(report.evaluated == 0);
    report = timeline.sync(std::span(tokens).first(40));
    CHECK(report.reused == 39);
    CHECK(report.evaluated == 1);
    CHECK(logits_of(timeline) == cold_logits_of(*engine, std::span(tokens).first(40)));
    report = timeline.sync(timeline.tokens());
    CHECK(report.evaluated == 0);
    report = timeline.sync({});
    CHECK(timeline.tokens().empty());
    CHECK(timeline.logits().empty());
}

TEST_CASE("timeline: stopped in the middle of a prefill, it holds a shorter prefix, all of it valid") {
    const SmallCheckpoint checkpoint;
    const std::vector<Token> tokens = some_tokens(200);
    for (const int stop_at : {0, 5, 70, 150}) {
        const auto engine = checkpoint.load([](auto& options) { options.chunk_tokens = 32; });
        Timeline timeline = engine->open();
        std::stop_source stop;
        timeline.observe({.logits = {}, .selected = [&](int layer, std::int64_t position, std::span<const int>) {
                              if (layer == 1 && position == stop_at) stop.request_stop();
                          }});
        const SyncReport report = timeline.sync(tokens, stop.get_token());
        INFO("stopped at ", stop_at);
        CHECK(!report.complete);
        CHECK(report.evaluated == stop_at / 32 * 32);
        CHECK(timeline.tokens().size() == static_cast<std::size_t>(report.evaluated));
        CHECK(timeline.logits().empty());
        timeline.observe({});
        const SyncReport rest = timeline.sync(tokens);
        CHECK(rest.complete);
        CHECK(rest.reused == report.evaluated);
        CHECK(logits_of(timeline) == cold_logits_of(*engine, tokens));
    }
}

TEST_CASE("timeline: a full cache and a full context are errors, and the timeline stays what it was") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load([](auto& options) { options.cache_tokens_max = 256; });
    const std::vector<Token> tokens = some_tokens(300);
    Timeline timeline = engine->open();
    CHECK(error_of([&] { timeline.sync(tokens); }).find("300 tokens long, and there is room for 256") !=
          std::string::npos);
    timeline.sync(std::span(tokens).first(150));
    const std::vector<float> before = logits_of(timeline);

    Timeline other = engine->open();
    other.sync(std::span(tokens).first(60));
    const std::string error = error_of([&] { other.sync(some_tokens(120, 9)); });
    CHECK(error.find("room for 256 tokens is in use") != std::string::npos);
    CHECK(other.tokens().size() <= 120);
    CHECK(logits_of(timeline) == before);
    timeline.rewind(10);  // gives three pages back
    other.sync(some_tokens(120, 9));
    CHECK(logits_of(other) == cold_logits_of(*checkpoint.load(), some_tokens(120, 9)));
}

TEST_CASE("timeline: a token that the model does not have is refused before anything changes") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    Timeline timeline = engine->open();
    timeline.sync(some_tokens(10));
    std::vector<Token> wrong = some_tokens(20);
    wrong[15] = small_vocabulary;
    CHECK(error_of([&] { timeline.sync(wrong); }).find("Token 267 is none of the model's 267") != std::string::npos);
    CHECK(error_of([&] { timeline.step(-1); }).find("Token -1") != std::string::npos);
    CHECK(timeline.tokens().size() == 10);
    CHECK(!timeline.logits().empty());
}

TEST_CASE("timeline: it keeps the engine alive") {
    const SmallCheckpoint checkpoint;
    std::shared_ptr<const Engine> engine = checkpoint.load();
    const std::vector<float> expected = cold_logits_of(*engine, some_tokens(20));
    Timeline timeline = engine->open();
    engine.reset();
    timeline.sync(some_tokens(20));
    CHECK(logits_of(timeline) == expected);
}

TEST_CASE("timeline: what an observer sees is ascending, within top-k, and up to the token itself") {
    const SmallCheckpoint checkpoint;
    const auto engine = checkpoint.load();
    Timeline timeline = engine->open();
    int seen = 0;
    timeline.observe({.logits = {}, .selected = [&](int layer, std::int64_t position, std::span<const int> positions) {
                          ++seen;
                          CHECK(layer < 3);
                          CHECK(static_cast<std::int64_t>(positions.size()) == std::min<std::int64_t>(position + 1, 8));
                          CHECK(std::ranges::adjacent_find(positions, std::greater_equal<>()) == positions.end());
                          CHECK(positions.front() >= 0);
                          CHECK(positions.back() <= position);
                      }});
    timeline.sync(some_tokens(100));
    CHECK(seen == 300);
}
