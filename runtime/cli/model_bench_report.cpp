// runtime/cli/model_bench_report.cpp: Works the ratios out, and writes a measurement for people and for programs.
#include "runtime/cli/model_bench_report.h"

#include <fmt/core.h>

#include <algorithm>

namespace heddle {

namespace {

using engine::BenchDepth;
using engine::BenchPair;
using engine::BenchReport;
using engine::OpKind;
using Json = nlohmann::ordered_json;

const BenchDepth* at_depth(const BenchReport& report, std::int64_t depth) {
    const auto found = std::ranges::find(report.depths, depth, &BenchDepth::depth);
    return found == report.depths.end() ? nullptr : &*found;
}

std::string text_of(std::int64_t depth) {
    return depth >= 1024 && depth % 1024 == 0 ? fmt::format("{}K", depth / 1024) : fmt::format("{}", depth);
}

void add_gains(const BenchReport& report, std::vector<BenchRatio>& ratios) {
    struct Goal {
        std::int64_t depth;
        double goal, aim;
    };
    const auto add = [&](const char* what, BenchPair BenchDepth::*pair, std::initializer_list<Goal> goals) {
        for (const Goal& goal : goals) {
            const BenchDepth* at = at_depth(report, goal.depth);
            if (at == nullptr || !(at->*pair).gain) continue;
            ratios.push_back({fmt::format("sparse over dense, {} at {}", what, text_of(goal.depth)),
                              (at->*pair).gain->median, goal.goal, goal.aim, false, ""});
        }
    };
    add("decode", &BenchDepth::decode, {{4096, 0.95, 1}, {32768, 1.8, 2.2}, {131072, 4, 5}});
    add("prefill", &BenchDepth::prefill, {{4096, 0.85, 0.95}, {32768, 1.4, 1.8}, {131072, 2.5, 3.2}});
}

// How much of its peak the time inside a kernel reaches, decode and prefill of one depth together.
void add_kernels(const BenchReport& report, std::vector<BenchRatio>& ratios) {
    const engine::ModelConfig& config = report.config;
    const BenchDepth* at = at_depth(report, 32768);
    if (at == nullptr) at = &report.depths.back();
    if (at->depth < 2 * config.index_top_k) return;  // too little to select from
    const auto rate = [&](const engine::BenchCost& cost, OpKind kind, double operations) {
        return operations * static_cast<double>(cost.tokens) / cost.times[kind].seconds;
    };
    const double layers = config.layers;
    const double index = 2.0 * config.index_heads * config.index_dim * static_cast<double>(at->depth) * layers;
    const double attend = 2.0 * config.heads * (2 * config.kv_lora + config.rope) * config.index_top_k * layers;
    for (const auto& [what, pair] : {std::pair("decode", &at->decode), std::pair("prefill", &at->prefill)}) {
        ratios.push_back({fmt::format("indexer over the byte peak, {} at {}", what, text_of(at->depth)),
                          rate(pair->sparse, OpKind::select, index) / report.bytes.per_second, 0.45, 0.6, false,
                          "its top-k included"});
        ratios.push_back({fmt::format("attention over the float peak, {} at {}", what, text_of(at->depth)),
                          rate(pair->sparse, OpKind::attend, attend) / report.floats.per_second, 0.3, 0.45, false, ""});
    }
}

Json json_of(const engine::Sample& sample) {
    return {{"median", sample.median}, {"spread", sample.spread}, {"count", sample.count}};
}

Json json_of(const engine::BenchCost& cost) {
    Json shares = Json::object();
    const double total = cost.times.total().seconds;
    for (std::size_t i = 0; i < engine::op_kinds; ++i) {
        shares[engine::name_of(static_cast<OpKind>(i))] = total == 0 ? 0 : cost.times.of[i].seconds / total;
    }
    return {{"seconds_per_token", json_of(cost.seconds)}, {"share_of_probe", json_of(cost.share)}, {"time_in", shares}};
}

Json json_of(const BenchPair& pair) {
    return {{"tokens", pair.tokens},
            {"sparse", json_of(pair.sparse)},
            {"dense", pair.dense ? json_of(*pair.dense) : Json(nullptr)},
            {"sparse_over_dense", pair.gain ? json_of(*pair.gain) : Json(nullptr)},
            {"discarded", pair.discarded},
            {"noisy", pair.noisy}};
}

std::string row_of(const char* what, std::int64_t depth, const BenchPair& pair) {
    const auto& sparse = pair.sparse;
    std::string row = fmt::format("{:8} {:>6} {:>5} {:>10.2f} {:>8.1f} {:>4.0f} %", what, text_of(depth), pair.tokens,
                                  sparse.seconds.median * 1e3, 1 / sparse.seconds.median, sparse.seconds.spread * 100);
    row += pair.dense ? fmt::format(" {:>10.2f} {:>8.1f} {:>8.2f}", pair.dense->seconds.median * 1e3,
                                    1 / pair.dense->seconds.median, pair.gain->median)
                      : std::string();
    return row + (pair.noisy ? "  (noisy)\n" : "\n");
}

// Where a sparse token's time goes, in the order of size; what is below a hundredth is left out.
std::string times_of(const engine::BenchCost& cost) {
    std::vector<std::pair<double, OpKind>> parts;
    const double total = cost.times.total().seconds;
    for (std::size_t i = 0; i < engine::op_kinds; ++i) parts.push_back({cost.times.of[i].seconds / total, OpKind(i)});
    std::ranges::sort(parts, std::greater<>(), &std::pair<double, OpKind>::first);
    std::string text;
    for (const auto& [share, kind] : parts) {
        if (share < 0.01) break;
        text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", engine::name_of(kind), share * 100);
    }
    return text;
}

}  // namespace

std::vector<BenchRatio> ratios_of(const BenchReport& report) {
    std::vector<BenchRatio> ratios;
    if (const BenchDepth* at = at_depth(report, 0)) {
        ratios.push_back({"decode at 0: bytes read over the read probe", at->decode.sparse.share.median, 0.7, 0.85,
                          false, fmt::format("{:.0f} MB of weights a token", report.weight_bytes / 1e6)});
        ratios.push_back({"prefill at 0: operations over the float peak", at->prefill.sparse.share.median, 0.45, 0.65,
                          false, fmt::format("{:.0f} million a token, the head left out", report.flops / 1e6)});
        const auto& times = at->decode.sparse.times;
        const double rounds = static_cast<double>(times.total().calls) * report.round_seconds;
        ratios.push_back({"barriers and dispatch in a decode step at 0",
                          rounds / (static_cast<double>(at->decode.sparse.tokens) * at->decode.sparse.seconds.median),
                          0.03, 0.01, true, fmt::format("an empty round takes {:.2f} us", report.round_seconds * 1e6)});
    }
    add_gains(report, ratios);
    const BenchDepth *near = at_depth(report, 4096), *far = at_depth(report, 32768);
    if (near != nullptr && far != nullptr) {
        ratios.push_back({"decode at 32K over decode at 4K",
                          near->decode.sparse.seconds.median / far->decode.sparse.seconds.median, 0.75, 0.85, false,
                          ""});
    }
    add_kernels(report, ratios);
    if (report.batch_gain) {
        ratios.push_back({fmt::format("{} timelines on a shared prefix of {}, tokens/s over one's", report.batch,
                                      text_of(report.batch_depth)),
                          report.batch_gain->median, 1.7, 2.1, false,
                          fmt::format("{:.1f} tokens/s together", 1 / report.batch_seconds->median)});
    }
    if (report.turn_seconds) {
        ratios.push_back({fmt::format("first token of a turn, {} cached + {} new, over cold",
                                      text_of(report.turn_depth), BenchReport::turn_tokens),
                          report.turn_seconds->median / report.cold_seconds, 0.02, 0.01, true,
                          "cold: summed up from the prefills above, not run"});
    }
    if (report.restore_seconds) {
        const double recompute = report.cold_seconds * static_cast<double>(report.turn_depth) /
                                 static_cast<double>(report.turn_depth + BenchReport::turn_tokens);
        ratios.push_back({fmt::format("restore of {} from disk, over recomputing", text_of(report.turn_depth)),
                          report.restore_seconds->median / recompute, 0.02, 0.005, true, ""});
    }
    return ratios;
}

std::string bench_table(const BenchReport& report) {
    std::string text = fmt::format(
        "{} threads; memory read at {:.1f} GB/s (spread {:.0f} %); float peak {:.0f} GFLOP/s ({}); byte peak {:.0f} "
        "GOP/s "
        "({})\n\n",
        report.threads, report.read_bytes_per_second.median / 1e9, report.read_bytes_per_second.spread * 100,
        report.floats.per_second / 1e9, report.floats.instruction, report.bytes.per_second / 1e9,
        report.bytes.instruction);
    text += "              at  rows  sparse ms        /s  spread   dense ms       /s   ratio\n";
    for (const BenchDepth& at : report.depths) text += row_of("decode", at.depth, at.decode);
    for (const BenchDepth& at : report.depths) text += row_of("prefill", at.depth, at.prefill);
    text += "\nWhere a sparse token's time goes:\n";
    for (const BenchDepth& at : report.depths) {
        text += fmt::format("  decode  {:>5}: {}\n", text_of(at.depth), times_of(at.decode.sparse));
        text += fmt::format("  prefill {:>5}: {}\n", text_of(at.depth), times_of(at.prefill.sparse));
    }
    if (report.copies_over_real) {
        text += fmt::format(
            "\nDepth is made of copied pages. At {} decode over copies takes {:.3f} of the time over a "
            "real prefill.\n",
            text_of(report.check_depth), report.copies_over_real->median);
    }
    text += "\nratio                                                               value     goal      aim\n";
    for (const BenchRatio& ratio : ratios_of(report)) {
        text += fmt::format("{:64} {:>8.4f} {:>2}{:>6.3g} {:>8.3g}  {}\n", ratio.name, ratio.value,
                            ratio.at_most ? "<=" : ">=", ratio.goal, ratio.aim,
                            ratio.reaches(ratio.aim)    ? "aim reached"
                            : ratio.reaches(ratio.goal) ? "goal reached"
                                                        : "missed");
        if (!ratio.note.empty()) text += fmt::format("    ({})\n", ratio.note);
    }
    return text;
}

Json bench_json(const BenchReport& report) {
    Json depths = Json::array(), ratios = Json::array();
    for (const BenchDepth& at : report.depths) {
        depths.push_back({{"depth", at.depth}, {"decode", json_of(at.decode)}, {"prefill", json_of(at.prefill)}});
    }
    for (const BenchRatio& ratio : ratios_of(report)) {
        ratios.push_back({{"name", ratio.name},
                          {"value", ratio.value},
                          {"goal", ratio.goal},
                          {"aim", ratio.aim},
                          {"at_most", ratio.at_most}});
    }
    return {{"threads", report.threads},
            {"weight_bytes_per_token", report.weight_bytes},
            {"flops_per_token", report.flops},
            {"read_bytes_per_second", json_of(report.read_bytes_per_second)},
            {"float_peak", {{"instruction", report.floats.instruction}, {"per_second", report.floats.per_second}}},
            {"byte_peak", {{"instruction", report.bytes.instruction}, {"per_second", report.bytes.per_second}}},
            {"round_seconds", report.round_seconds},
            {"depths", depths},
            {"copies_over_real", report.copies_over_real ? json_of(*report.copies_over_real) : Json(nullptr)},
            {"batch", report.batch},
            {"batch_depth", report.batch_gain ? Json(report.batch_depth) : Json(nullptr)},
            {"batch_seconds_per_token", report.batch_gain ? json_of(*report.batch_seconds) : Json(nullptr)},
            {"batch_over_one", report.batch_gain ? json_of(*report.batch_gain) : Json(nullptr)},
            {"turn_seconds", report.turn_seconds ? json_of(*report.turn_seconds) : Json(nullptr)},
            {"restore_seconds", report.restore_seconds ? json_of(*report.restore_seconds) : Json(nullptr)},
            {"cold_seconds", report.turn_seconds ? Json(report.cold_seconds) : Json(nullptr)},
            {"ratios", ratios}};
}

std::string bench_csv(const BenchReport& report) {
    std::string text = "what,at,tokens,median_ms_per_token,spread,share_of_probe\n";
    const auto row = [&](const char* what, std::int64_t depth, int tokens, const engine::BenchCost& cost) {
        text += fmt::format("{},{},{},{:.4f},{:.3f},{:.4f}\n", what, depth, tokens, cost.seconds.median * 1e3,
                            cost.seconds.spread, cost.share.median);
    };
    for (const BenchDepth& at : report.depths) {
        row("decode sparse", at.depth, at.decode.tokens, at.decode.sparse);
        if (at.decode.dense) row("decode dense", at.depth, at.decode.tokens, *at.decode.dense);
        row("prefill sparse", at.depth, at.prefill.tokens, at.prefill.sparse);
        if (at.prefill.dense) row("prefill dense", at.depth, at.prefill.tokens, *at.prefill.dense);
    }
    text += "ratio,value,goal,aim\n";
    for (const BenchRatio& ratio : ratios_of(report)) {
        text += fmt::format("\"{}\",{:.4f},{:g},{:g}\n", ratio.name, ratio.value, ratio.goal, ratio.aim);
    }
    return text;
}

}  // namespace heddle
