// tests/engine/timeline_cache_test.cpp: Tests that rows from other timelines, files and folders give a cold run's bits.
#include <doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/timelines.h"

using namespace heddle::engine;
using namespace heddle::test;
namespace fs = std::filesystem;

namespace {

struct House {
    TempFolder folder;
    std::vector<std::string> lines;

    explicit House(std::uint64_t seed = 7) {
        fs::create_directory(folder.path() / "model");
        make_checkpoint(folder.path() / "model", small_config(), DType::f8_e4m3, seed);
    }
    std::shared_ptr<const Engine> load(const std::function<void(EngineOptions&)>& change = {}) {
        EngineOptions options;
        options.model = folder.path() / "model";
        options.threads = 2;
        options.chunk_tokens = 64;
        options.cache_tokens_max = 4096;
        options.top_k = 8;
        options.log = [this](const std::string& line) { lines.push_back(line); };
        if (change) change(options);
        return Engine::load(options);
    }
    std::vector<float> cold(std::span<const Token> tokens, const std::function<void(EngineOptions&)>& change = {}) {
        const auto engine = load(change);
        Timeline timeline = engine->open();
        timeline.sync(tokens);
        return {timeline.logits().begin(), timeline.logits().end()};
    }
};

}  // namespace

TEST_CASE(
    "timeline cache: a prompt that another timeline has evaluated costs "
    "its last token, living or closed") {
    House house;
    const auto engine = house.load();
    const std::vector<Token> tokens = some_tokens(150);
    std::vector<Token> other = some_tokens(170);
    other[140] = (other[140] + 1) % small_vocabulary;
    {
        Timeline first = engine->open();
        first.sync(tokens);
        Timeline second = engine->open();
        const SyncReport report = second.sync(tokens);
        CHECK(report.reused == 149);
        CHECK(report.evaluated == 1);
        CHECK(logits_of(second) == logits_of(first));
        first.step(3);
        second.step(4);
        CHECK(engine->cache_use().held == 4);
    }
    CHECK(engine->cache_use().held == 0);
    Timeline third = engine->open();
    CHECK(third.sync(other).reused == 140);
    CHECK(logits_of(third) == house.cold(other));
    CHECK(engine->cache_use().tokens_hit == 289);
    third.rewind(0);
    engine->forget();
    CHECK(engine->cache_use().free == engine->cache_use().pages_max);
    CHECK(third.sync(tokens).reused == 0);
}

TEST_CASE(
    "timeline cache: a small cache under many texts evicts, never fails, "
    "and keeps the bits of a cold run") {
    House house;
    const auto small = [](EngineOptions& options) { options.cache_tokens_max = 640; };
    const auto engine = house.load(small);
    std::mt19937 random(5);
    std::vector<std::vector<Token>> seen{some_tokens(200)};
    Timeline timeline = engine->open();
    for (int round = 0; round < 40; ++round) {
        std::vector<Token> wanted = seen[random() % seen.size()];
        wanted.resize(1 + random() % wanted.size());
        const std::vector<Token> more = some_tokens(static_cast<int>(random() % 200), round);
        wanted.insert(wanted.end(), more.begin(), more.end());
        wanted.resize(std::min<std::size_t>(wanted.size(), 500));
        if (random() % 3 == 0) timeline = engine->open();
        timeline.sync(wanted);
        if (round % 4 == 0) REQUIRE(logits_of(timeline) == house.cold(wanted, small));
        seen.push_back(wanted);
    }
    CHECK(engine->cache_use().evicted > 5);
    CHECK(engine->cache_use().tokens_hit > 500);
}

TEST_CASE(
    "timeline cache: after a load the bits are those of a cold run, on "
    "both back ends and precisions") {
    House house;
    const fs::path file = house.folder.path() / "rows";
    const std::vector<Token> tokens = some_tokens(150);
    std::vector<Token> wanted = some_tokens(180);
    wanted[145] = (wanted[145] + 1) % small_vocabulary;
    for (const std::string backend : {"cpu", "reference"}) {
        for (const auto indexer : {IndexerPrecision::int8, IndexerPrecision::exact}) {
            const auto change = [&](EngineOptions& options) {
                options.backend = backend;
                options.indexer = indexer;
            };
            {
                Timeline timeline = house.load(change)->open();
                timeline.sync(tokens);
                timeline.save(file);
            }
            Timeline timeline = house.load(change)->open();
            CHECK(timeline.load(file, wanted) == 145);
            CHECK(timeline.logits().empty());
            const SyncReport report = timeline.sync(wanted);
            CHECK(report.reused == 145);
            CHECK(report.evaluated == 35);
            CHECK(logits_of(timeline) == house.cold(wanted, change));
            CHECK(house.lines.empty());
        }
    }
}

TEST_CASE(
    "timeline cache: rows of other weights, or computed otherwise, are "
    "refused with a line in the log") {
    House house;
    const fs::path file = house.folder.path() / "rows";
    const std::vector<Token> tokens = some_tokens(100);
    Timeline timeline = house.load()->open();
    timeline.sync(tokens);
    timeline.save(file);
    const auto refused = [&](House& reader, const std::function<void(EngineOptions&)>& change, const char* why) {
        Timeline other = reader.load(change)->open();
        reader.lines.clear();
        CHECK(other.load(file, tokens) == 0);
        CHECK(other.tokens().empty());
        REQUIRE(reader.lines.size() == 1);
        CHECK(reader.lines[0].find(why) != std::string::npos);
    };
    House foreign(8);
    refused(foreign, {}, "other weights");
    refused(
        house, [](auto& options) { options.top_k = 9; }, "other settings");
    refused(
        house, [](auto& options) { options.dense = true; }, "other settings");
    refused(
        house, [](auto& options) { options.indexer = IndexerPrecision::exact; }, "other settings");
    refused(
        house, [](auto& options) { options.backend = "reference"; }, "other settings");
    // What does not change a bit does not matter.
    Timeline same = house
                        .load([](auto& options) {
                            options.threads = 1;
                            options.chunk_tokens = 7;
                        })
                        ->open();
    CHECK(same.load(file, tokens) == 100);
}

TEST_CASE(
    "timeline cache: a folder carries what a closed timeline held into "
    "the next process") {
    House house;
    const auto change = [&](EngineOptions& options) { options.cache_folder = house.folder.path() / "kept"; };
    const std::vector<Token> tokens = some_tokens(400);
    std::vector<Token> more = tokens;
    more.insert(more.end(), {1, 2, 3});
    {
        Timeline timeline = house.load(change)->open();
        timeline.sync(tokens);
        Timeline moved = std::move(timeline);
        moved.step(1);
    }
    const auto files = [&] {
        return std::distance(fs::directory_iterator(house.folder.path() / "kept"), fs::directory_iterator());
    };
    CHECK(files() == 1);
    {
        Timeline timeline = house.load(change)->open();
        const SyncReport report = timeline.sync(more);
        CHECK(report.reused == 401);
        CHECK(report.evaluated == 2);
        CHECK(logits_of(timeline) == house.cold(more));
    }
    CHECK(files() == 1);  // the longer one took the shorter one's place
    for (const auto& entry : fs::directory_iterator(house.folder.path() / "kept")) {
        fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
    }
    Timeline timeline = house.load(change)->open();
    const SyncReport report = timeline.sync(more);
    CHECK(report.reused > 64);
    CHECK(report.reused < 400);
    CHECK(logits_of(timeline) == house.cold(more));
    REQUIRE(house.lines.size() == 1);
    CHECK(house.lines[0].find("is used up to token") != std::string::npos);
}
