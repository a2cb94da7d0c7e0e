// tests/engine/measure/bench_test.cpp: Tests that the bench measures all it says, from no tokens on to thousands.
#include "engine/measure/bench.h"

#include <doctest.h>

#include <string>
#include <vector>

#include "engine/error.h"
#include "tests/support/timelines.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

BenchOptions options_for(const SmallCheckpoint& checkpoint) {
    BenchOptions options;
    options.engine.model = checkpoint.folder.path();
    options.engine.threads = 2;
    options.alternations = 1;
    return options;
}

}  // namespace

TEST_CASE("bench: every depth, form and reuse has a cost, and the cache has room for all of them") {
    ModelConfig config = small_config();
    config.positions = 4096 + 512;
    const SmallCheckpoint checkpoint(DType::f8_e4m3, config);
    BenchOptions options = options_for(checkpoint);
    options.depths = {0, 4096};  // the second is where copies are checked by a prefill beside them
    options.batch = 2;
    std::vector<std::string> said;
    const auto report = run_bench(options, {}, [&](const std::string& doing) { said.push_back(doing); }, {});
    REQUIRE(report);
    REQUIRE(report->depths.size() == 2);
    for (const BenchDepth& at : report->depths) {
        for (const BenchPair* pair : {&at.decode, &at.prefill}) {
            CHECK(pair->sparse.seconds.median > 0);
            CHECK(pair->sparse.share.median > 0);
            REQUIRE(pair->dense);
            CHECK(pair->dense->seconds.median > 0);
            CHECK(pair->gain);
            CHECK(pair->sparse.times.total().calls > 0);
        }
    }
    CHECK(report->copies_over_real);
    CHECK(report->check_depth == 4096);
    CHECK(report->turn_depth == 4096);
    CHECK(report->turn_seconds);
    CHECK(report->restore_seconds);
    CHECK(report->batch_gain);
    CHECK(report->weight_bytes > 0);
    CHECK(said.front().find("growing to 0") != std::string::npos);
}

TEST_CASE("bench: a depth beyond the context is refused before anything is measured") {
    const SmallCheckpoint checkpoint;
    BenchOptions options = options_for(checkpoint);
    options.depths = {0, small_config().positions - 511};
    bool began = false;
    const auto run = [&] { (void)run_bench(options, {}, [&](const std::string&) { began = true; }, {}); };
    CHECK_THROWS_WITH_AS(run(), doctest::Contains("give smaller --depths"), Error);
    CHECK_FALSE(began);
}

TEST_CASE("bench: stopped, it has no report") {
    const SmallCheckpoint checkpoint;
    BenchOptions options = options_for(checkpoint);
    options.depths = {0};
    options.batch = 1;
    std::stop_source stop;
    const auto report = run_bench(
        options, {}, [&](const std::string&) { stop.request_stop(); }, stop.get_token());
    CHECK_FALSE(report);
}
