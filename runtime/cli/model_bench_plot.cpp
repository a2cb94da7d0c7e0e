// runtime/cli/model_bench_plot.cpp: Two panels, decode and prefill: what a token costs against what stands before it.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/cli/model_bench_report.h"
#include "runtime/svg.h"

namespace heddle {

namespace {

using engine::BenchDepth;
using engine::BenchPair;
using engine::BenchReport;

constexpr double panel_width = 380, panel_height = 260, left = 64, top = 74, gap = 90;

// A round number of steps that reaches `most`: 1, 2 or 5 times a power of ten each, at most six of them.
double step_for(double most) {
    const double rough = std::max(most, 1e-9) / 6;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= rough) return factor * power;
    }
    return 10 * power;
}

void draw_axes(Svg& svg, double x0, double depth_max, double cost_max, double step) {
    for (double cost = 0; cost <= cost_max * 1.0001; cost += step) {
        const double y = top + panel_height * (1 - cost / cost_max);
        svg.line({x0, y}, {x0 + panel_width, y}, cost == 0 ? "" : "faint");
        svg.text({x0 - 8, y + 4}, fmt::format("{:g}", cost), "small end");
    }
    constexpr int ticks = 4;
    for (int i = 0; i <= ticks; ++i) {
        const double x = x0 + panel_width * i / ticks, depth = depth_max * i / ticks;
        svg.line({x, top + panel_height}, {x, top + panel_height + 5}, "");
        svg.text({x, top + panel_height + 19},
                 depth >= 1024 ? fmt::format("{:g}K", std::round(depth / 102.4) / 10) : fmt::format("{:.0f}", depth),
                 "small middle");
    }
    svg.text({x0 + panel_width / 2, top + panel_height + 38}, "tokens before it", "middle");
}

void draw_panel(Svg& svg, double x0, const BenchReport& report, const char* title, BenchPair BenchDepth::*pair) {
    double cost_max = 0;
    const auto depth_max = static_cast<double>(std::max<std::int64_t>(report.depths.back().depth, 1));
    for (const BenchDepth& at : report.depths) {
        cost_max = std::max(cost_max, (at.*pair).sparse.seconds.median * 1e3);
        if ((at.*pair).dense) cost_max = std::max(cost_max, (at.*pair).dense->seconds.median * 1e3);
    }
    const double step = step_for(cost_max);
    cost_max = std::ceil(cost_max / step) * step;
    std::vector<Point> sparse, dense;
    const auto place = [&](std::int64_t depth, double seconds) {
        return Point{x0 + panel_width * static_cast<double>(depth) / depth_max,
                     top + panel_height * (1 - seconds * 1e3 / cost_max)};
    };
    for (const BenchDepth& at : report.depths) {
        sparse.push_back(place(at.depth, (at.*pair).sparse.seconds.median));
        if ((at.*pair).dense) dense.push_back(place(at.depth, (at.*pair).dense->seconds.median));
    }
    svg.text({x0, top - 14}, title);
    draw_axes(svg, x0, depth_max, cost_max, step);
    if (!dense.empty()) svg.curve(dense, "second");
    svg.curve(sparse, "first");
}

}  // namespace

std::string bench_plot(const BenchReport& report) {
    const double width = left + 2 * panel_width + gap + 30;
    Svg svg(width, top + panel_height + 56, "What a token costs against the tokens before it");
    draw_panel(svg, left, report, "Decode: milliseconds a token", &BenchDepth::decode);
    draw_panel(svg, left + panel_width + gap, report, "Prefill: milliseconds a token", &BenchDepth::prefill);
    svg.line({left, 24}, {left + 28, 24}, "first");
    svg.text({left + 36, 28}, "sparse: the indexer selects, attention reads the selection");
    svg.line({left + 430, 24}, {left + 458, 24}, "second");
    svg.text({left + 466, 28}, "dense: attention reads everything");
    return svg.finish();
}

}  // namespace heddle
