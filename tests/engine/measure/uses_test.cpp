// tests/engine/measure/uses_test.cpp: Tests the counters of what was selected, copied depth, and clocks on kernels.
#include <doctest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engine/measure/timed_ops.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

std::shared_ptr<const Engine> load(const std::filesystem::path& folder, std::shared_ptr<OpTimes> times = nullptr) {
    EngineOptions options;
    options.model = folder;
    options.op_times = std::move(times);
    options.cache_tokens_max = 1024;
    return Engine::load(options);
}

std::vector<Token> some_tokens(int count, int seed) {
    std::vector<Token> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back((i * 37 + i * i * seed + seed) % small_vocabulary);
    return tokens;
}

using Counts = std::vector<std::vector<std::uint32_t>>;

Counts counts_of(const Timeline& timeline, int layers) {
    Counts counts;
    for (int layer = 0; layer < layers; ++layer) counts.push_back(timeline.uses(layer));
    return counts;
}

}  // namespace

TEST_CASE("uses: a position's count is how many tokens with a choice selected it, in every layer") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::f8_e4m3, 3);
    const auto engine = load(folder.path());
    const int layers = engine->config().layers, count = 150;
    const std::vector<std::uint32_t> none(static_cast<std::size_t>(count));
    Counts seen(static_cast<std::size_t>(layers), none);
    Timeline timeline = engine->open();
    Observer observer;
    observer.selected = [&](int layer, std::int64_t position, std::span<const int> positions) {
        if (static_cast<std::int64_t>(positions.size()) == position + 1) return;
        for (const int p : positions) ++seen[std::size_t(layer)][std::size_t(p)];
    };
    timeline.observe(observer);
    timeline.sync(some_tokens(count, 1));
    CHECK(counts_of(timeline, layers) == seen);
    CHECK(seen[0] != none);
    CHECK(timeline.fork().uses(1) == seen[1]);
}

TEST_CASE("uses: a page that is used again starts from zero") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::bf16, 3);
    const auto engine = load(folder.path());
    const std::vector<Token> tokens = some_tokens(200, 1);
    Timeline timeline = engine->open();
    timeline.sync(tokens);
    const Counts first = counts_of(timeline, engine->config().layers);
    for (int seed = 2; seed < 12; ++seed) timeline.sync(some_tokens(200, seed));  // more than the cache remembers
    REQUIRE(timeline.sync(tokens).reused == 0);
    CHECK(counts_of(timeline, engine->config().layers) == first);
}

TEST_CASE("uses: positions behind a rewind start from zero, also in a page that is kept") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::bf16, 3);
    const auto engine = load(folder.path());
    Timeline timeline = engine->open();
    timeline.sync(some_tokens(100, 1));
    timeline.rewind(70);
    timeline.step(5);
    for (int layer = 0; layer < engine->config().layers; ++layer) {
        const auto counts = timeline.uses(layer);
        REQUIRE(counts.size() == 71);
        CHECK(counts.back() <= 1);
    }
}

TEST_CASE("grow_by_copies: the timeline is as long as asked, and goes on from there") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::f8_e4m3, 3);
    const auto engine = load(folder.path());
    Timeline timeline = engine->open();
    const std::vector<Token> tokens = some_tokens(128, 1);
    timeline.sync(tokens);
    timeline.grow_by_copies(700);
    REQUIRE(timeline.tokens().size() == 700);
    for (std::size_t i = 0; i < 700; ++i) REQUIRE(timeline.tokens()[i] == tokens[i % 128]);
    CHECK(timeline.logits().empty());
    timeline.step(5);
    CHECK(std::isfinite(timeline.logits()[0]));
    CHECK_THROWS_AS(timeline.grow_by_copies(5000), Error);
}

TEST_CASE("timed_ops: clocks change no bit, and see every kernel of a pass") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::f8_e4m3, 3);
    const auto times = std::make_shared<OpTimes>();
    Timeline timed = load(folder.path(), times)->open();
    Timeline plain = load(folder.path())->open();
    timed.sync(some_tokens(100, 1));
    plain.sync(some_tokens(100, 1));
    CHECK(std::vector<float>(timed.logits().begin(), timed.logits().end()) ==
          std::vector<float>(plain.logits().begin(), plain.logits().end()));
    for (std::size_t kind = 0; kind < op_kinds; ++kind) {
        INFO(name_of(static_cast<OpKind>(kind)));
        CHECK(times->of[kind].calls > 0);
    }
    CHECK(times->total().seconds > 0);
}
