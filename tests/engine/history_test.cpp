// tests/engine/history_test.cpp: Tests that neither where rows lie nor how they got there shows in the logits.
#include <doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/oracle.h"
#include "tests/support/temp_folder.h"
#include "tests/support/timelines.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

constexpr int page = 64;  // tokens

struct Checkpoint {
    TempFolder folder;
    explicit Checkpoint(DType type = DType::f8_e4m3) { make_checkpoint(folder.path(), small_config(), type, 21); }
    std::shared_ptr<const Engine> load(const std::string& backend, int chunk, std::int64_t cache = 1024,
                                       int top_k = 8) const {
        EngineOptions options;
        options.model = folder.path();
        options.backend = backend;
        options.threads = 2;
        options.chunk_tokens = chunk;
        options.cache_tokens_max = cache;
        options.top_k = top_k;
        return Engine::load(options);
    }
};

using Logits = std::vector<std::vector<float>>;  // [position][vocabulary]

// Evaluates `tokens` in pieces that end where `ends` says, and notes every position's logits.
Logits logits_of(Timeline& timeline, std::span<const Token> tokens, const std::vector<std::size_t>& ends) {
    Logits all(tokens.size());
    timeline.observe(
        {.logits = [&](std::int64_t position,
                       std::span<const float> row) { all[std::size_t(position)].assign(row.begin(), row.end()); },
         .selected = {}});
    for (const std::size_t end : ends) timeline.sync(tokens.first(end));
    timeline.sync(tokens);
    timeline.observe({});
    return all;
}

Logits cold_logits(const Engine& engine, std::span<const Token> tokens) {
    const auto cold = Engine::load(engine.options());  // one that has not seen these tokens
    Timeline timeline = cold->open();
    return logits_of(timeline, tokens, {});
}

// Other conversations take pages and give them back in a random order, some while `timeline` grows: the rows of one
// sequence come to lie in pages from all over the pool, in no order.
void grow_among_others(const Engine& engine, Timeline& timeline, std::span<const Token> tokens, std::mt19937& random) {
    std::vector<std::optional<Timeline>> others(6);
    const auto disturb = [&] {
        auto& other = others[random() % others.size()];
        if (other && random() % 3 == 0) return other.reset();
        if (!other) other.emplace(engine.open());
        const auto length = static_cast<int>(random() % (2 * page));
        other->sync(some_tokens(length, static_cast<unsigned>(random())));
    };
    for (int i = 0; i < 12; ++i) disturb();
    for (std::size_t end = 0; end < tokens.size();) {
        end = std::min(tokens.size(), end + 1 + random() % (page + page / 2));
        timeline.sync(tokens.first(end));
        disturb();
    }
}

}  // namespace

TEST_CASE("history: the same pages in another order give the same logits") {
    const Checkpoint checkpoint;
    const std::vector<Token> tokens = some_tokens(6 * page + 17, 1);
    for (const char* backend : {"cpu", "reference"}) {
        const auto engine = checkpoint.load(backend, page, 24 * page);
        const auto cold = checkpoint.load(backend, page);
        const Logits expected = cold_logits(*cold, tokens);
        std::mt19937 random(2);
        for (int history = 0; history < (backend == std::string("cpu") ? 12 : 2); ++history) {
            INFO(backend, ", history ", history);
            Timeline timeline = engine->open();
            grow_among_others(*engine, timeline, tokens, random);
            CHECK(std::ranges::equal(timeline.logits(), expected.back()));
            // Words that nobody said before have to be evaluated, from the pages that history left behind.
            const std::size_t kept = tokens.size() - random() % (2 * page);
            std::vector<Token> other(tokens.begin(), tokens.begin() + std::ptrdiff_t(kept));
            const std::vector<Token> tail = some_tokens(40, static_cast<unsigned>(random()));
            other.insert(other.end(), tail.begin(), tail.end());
            timeline.rewind(std::int64_t(kept));
            Timeline fork = timeline.fork();
            const Logits ours = logits_of(fork, other, {});
            const Logits theirs = cold_logits(*cold, other);
            CHECK(std::equal(ours.begin() + std::ptrdiff_t(kept), ours.end(), theirs.begin() + std::ptrdiff_t(kept)));
            CHECK(ours.back().size() == std::size_t(small_vocabulary));
        }
    }
}

TEST_CASE("history: rows from before a rewind are never selected, whatever they were") {
    const Checkpoint checkpoint;
    const auto engine = checkpoint.load("cpu", page);
    std::mt19937 random(3);
    const std::vector<Token> tokens = some_tokens(3 * page, 4);
    const Logits expected = cold_logits(*engine, tokens);
    Timeline timeline = engine->open();
    for (int i = 0; i < 30; ++i) {
        const auto common = static_cast<std::ptrdiff_t>(random() % tokens.size());
        std::vector<Token> astray(tokens.begin(), tokens.begin() + common);
        const auto wrong = some_tokens(1 + int(random() % (2 * page)), static_cast<unsigned>(random()));
        astray.insert(astray.end(), wrong.begin(), wrong.end());
        timeline.sync(astray);
        engine->forget();  // else the right rows would be found, not written over the wrong ones
        const std::size_t length = 1 + random() % tokens.size();
        timeline.sync(std::span(tokens).first(length));
        REQUIRE(std::ranges::equal(timeline.logits(), expected[length - 1]));
    }
}

TEST_CASE("history: a chunked prefill equals one shot, bit for bit") {
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        const Checkpoint checkpoint(type);
        const std::vector<Token> tokens = some_tokens(5 * page + 3, 5);
        std::mt19937 random(6);
        for (const int top_k : {8, 100, 1000}) {
            const Logits whole = cold_logits(*checkpoint.load("cpu", 1024, 1024, top_k), tokens);
            for (int i = 0; i < 4; ++i) {
                const auto chunk = static_cast<int>(1 + random() % (2 * page));
                const auto engine = checkpoint.load("cpu", chunk, 1024, top_k);
                std::vector<std::size_t> ends;
                for (std::size_t end = random() % 150; end < tokens.size(); end += 1 + random() % 150) {
                    ends.push_back(end);
                }
                INFO(name_of(type), ", top-k ", top_k, ", chunks of ", chunk);
                Timeline timeline = engine->open();
                CHECK(logits_of(timeline, tokens, ends) == whole);
            }
        }
    }
}

TEST_CASE("history: what a long history left behind is what the oracle says") {
    const Checkpoint checkpoint(DType::f32);
    const std::vector<Token> tokens = some_tokens(3 * page, 7);
    const OracleAnswer answer =
        ask_oracle(checkpoint.folder.path(), tokens, {.top_k = 8, .byte_indexer = true, .latents = Rounding::float8});
    const auto engine = checkpoint.load("reference", page);
    Timeline timeline = engine->open();
    std::mt19937 random(8);
    grow_among_others(*engine, timeline, tokens, random);
    timeline.rewind(std::int64_t(tokens.size()) - page / 2);
    timeline.sync(tokens);
    REQUIRE(timeline.logits().size() == answer.logits.back().size());
    for (std::size_t i = 0; i < answer.logits.back().size(); ++i) {
        REQUIRE(timeline.logits()[i] == doctest::Approx(answer.logits.back()[i]).epsilon(1e-6));
    }
}
