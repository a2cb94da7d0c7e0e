// tests/runtime/model_bench_test.cpp: Tests what a measurement is turned into: ratios, a table, JSON, CSV, a drawing.
#include <doctest.h>

#include <algorithm>
#include <string>

#include "runtime/cli/model_bench_report.h"

using namespace heddle;
using engine::BenchCost;
using engine::BenchDepth;
using engine::BenchPair;
using engine::BenchReport;
using engine::OpKind;
using engine::Sample;

namespace {

BenchPair pair_of(double sparse_ms, double dense_ms) {
    BenchPair pair;
    pair.tokens = 16;
    pair.sparse.seconds = {sparse_ms / 1e3, 0.02, 5};
    pair.sparse.share = {0.8, 0.01, 5};
    pair.sparse.tokens = 80;
    pair.sparse.times[OpKind::multiply] = {80 * sparse_ms / 2e3, 800};
    pair.sparse.times[OpKind::select] = {80 * sparse_ms / 4e3, 80};
    pair.sparse.times[OpKind::attend] = {80 * sparse_ms / 4e3, 80};
    pair.dense = BenchCost{{dense_ms / 1e3, 0.02, 5}, 80, {}, {}};
    pair.gain = Sample{dense_ms / sparse_ms, 0.01, 5};
    return pair;
}

BenchReport made_report() {
    BenchReport report;
    report.config.layers = 6;
    report.config.heads = report.config.index_heads = 16;
    report.config.index_dim = 128;
    report.config.kv_lora = 512;
    report.config.rope = 64;
    report.config.index_top_k = 2048;
    report.threads = 2;
    report.weight_bytes = 3e8;
    report.flops = 5e8;
    report.read_bytes_per_second = {4e10, 0.05, 20};
    report.floats = {"fma", 2e11};
    report.bytes = {"dot", 4e11};
    report.round_seconds = 1e-6;
    report.depths = {{0, pair_of(10, 10), pair_of(2, 2)},
                     {4096, pair_of(10, 11), pair_of(2.5, 2.5)},
                     {32768, pair_of(12.5, 25), pair_of(4, 6)}};
    report.batch = 8;
    report.batch_depth = 8192;
    report.batch_seconds = Sample{0.005, 0, 5};
    report.batch_gain = Sample{1.9, 0, 5};
    report.turn_depth = 32768;
    report.turn_seconds = Sample{1.1, 0, 5};
    report.cold_seconds = 110;
    return report;
}

const BenchRatio& named(const std::vector<BenchRatio>& ratios, const std::string& name) {
    const auto found = std::ranges::find(ratios, name, &BenchRatio::name);
    REQUIRE_MESSAGE(found != ratios.end(), name);
    return *found;
}

}  // namespace

TEST_CASE("model_bench: each ratio is what its name says, with its goal") {
    const auto ratios = ratios_of(made_report());
    CHECK(named(ratios, "decode at 0: bytes read over the read probe").value == 0.8);
    CHECK(named(ratios, "sparse over dense, decode at 4K").value == doctest::Approx(1.1));
    CHECK(named(ratios, "sparse over dense, prefill at 32K").value == doctest::Approx(1.5));
    CHECK(named(ratios, "decode at 32K over decode at 4K").value == doctest::Approx(0.8));
    // 960 empty rounds of a microsecond in 80 steps of ten milliseconds.
    CHECK(named(ratios, "barriers and dispatch in a decode step at 0").value == doctest::Approx(960e-6 / 0.8));
    CHECK(named(ratios, "first token of a turn, 32K cached + 200 new, over cold").value == doctest::Approx(0.01));
    CHECK(named(ratios, "8 timelines on a shared prefix of 8K, tokens/s over one's").value == 1.9);
    // 2 * 16 * 128 * 32768 * 6 operations a token in a quarter of 12.5 ms.
    CHECK(named(ratios, "indexer over the byte peak, decode at 32K").value ==
          doctest::Approx(805306368 / 0.003125 / 4e11));
    CHECK(named(ratios, "attention over the float peak, decode at 32K").value ==
          doctest::Approx(2.0 * 16 * 1088 * 2048 * 6 / 0.003125 / 2e11));
}

TEST_CASE("model_bench: a ratio that must be small is held from above, all others from below") {
    const BenchRatio least{"", 0.7, 0.7, 0.85, false, ""}, most{"", 0.02, 0.02, 0.01, true, ""};
    CHECK(least.reaches(least.goal));
    CHECK(!least.reaches(least.aim));
    CHECK(most.reaches(most.goal));
    CHECK(!most.reaches(most.aim));
}

TEST_CASE("model_bench: table, JSON, CSV and drawing hold the same measurement") {
    const BenchReport report = made_report();
    const std::string table = bench_table(report);
    CHECK(table.find("decode      32K    16      12.50     80.0") != std::string::npos);
    CHECK(table.find("sparse over dense, prefill at 4K") != std::string::npos);
    CHECK(table.find("multiply 50 %, ") != std::string::npos);
    const auto json = bench_json(report);
    CHECK(json["depths"][2]["decode"]["sparse"]["seconds_per_token"]["median"] == 0.0125);
    CHECK(json["ratios"].size() == ratios_of(report).size());
    const std::string csv = bench_csv(report);
    CHECK(csv.find("decode dense,32768,16,25.0000,") != std::string::npos);
    const std::string drawing = bench_plot(report);
    CHECK(drawing.ends_with("</svg>\n"));
    CHECK(drawing.find("class=\"second\"") != std::string::npos);
    CHECK(drawing.find("nan") == std::string::npos);
}

TEST_CASE("model_bench: without dense attention there is nothing to compare, and all else stands") {
    BenchReport report = made_report();
    for (BenchDepth& at : report.depths) {
        for (BenchPair* pair : {&at.decode, &at.prefill}) {
            pair->dense.reset();
            pair->gain.reset();
        }
    }
    for (const BenchRatio& ratio : ratios_of(report)) CHECK(ratio.name.find("dense") == std::string::npos);
    CHECK(bench_json(report)["depths"][0]["decode"]["dense"].is_null());
    CHECK(bench_plot(report).find("polyline points") != std::string::npos);
}
