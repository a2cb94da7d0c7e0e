// runtime/cli/model_heat.cpp: Gathers neighbouring positions into cells, and draws a cell's share as its colour.
#include "runtime/cli/model_heat.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "runtime/svg.h"

namespace heddle {

namespace {

constexpr double left = 76, top = 64, map_width = 800, right = 24;
constexpr std::int64_t columns_max = 800, cells_max = 16'000;  // more would be a drawing of megabytes
constexpr int colours = 48;                                    // so many that equal neighbours can be one cell

struct Cells {
    std::int64_t tokens_each = 1, columns = 0;
    std::vector<std::vector<double>> shares;  // [layers + 1, columns]: of those that could select, who did; last: mean
    double brightest = 1e-9;                  // the share that the scale ends at
};

Cells cells_of(const Heat& heat) {
    Cells cells;
    const auto layers = static_cast<std::int64_t>(heat.uses.size());
    const std::int64_t most = std::clamp<std::int64_t>(cells_max / (layers + 1), 1, columns_max);
    cells.tokens_each = std::max<std::int64_t>((heat.tokens + most - 1) / most, 1);
    cells.columns = (heat.tokens + cells.tokens_each - 1) / cells.tokens_each;
    cells.shares.assign(heat.uses.size() + 1, std::vector<double>(static_cast<std::size_t>(cells.columns)));
    std::vector<double> all;
    for (std::int64_t column = 0; column < cells.columns; ++column) {
        const std::int64_t first = column * cells.tokens_each;
        const std::int64_t last = std::min(first + cells.tokens_each, heat.tokens);
        std::int64_t choices = 0;
        for (std::int64_t p = first; p < last; ++p) choices += choices_of(heat, p);
        for (std::size_t layer = 0; layer < heat.uses.size() && choices > 0; ++layer) {
            double uses = 0;
            for (std::int64_t p = first; p < last; ++p) uses += heat.uses[layer][static_cast<std::size_t>(p)];
            const double share = uses / static_cast<double>(choices);
            cells.shares[layer][static_cast<std::size_t>(column)] = share;
            cells.shares.back()[static_cast<std::size_t>(column)] += share / static_cast<double>(layers);
            all.push_back(share);
        }
    }
    if (all.empty()) return cells;
    // The brightest hundredth share one colour: a single position that everybody reads would darken all others.
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(double(all.size() - 1) * 0.99);
    std::nth_element(all.begin(), place, all.end());
    cells.brightest = std::max(*place, cells.brightest);
    return cells;
}

// One row of the map; equal neighbours become one cell.
void draw_row(Svg& svg, const Cells& cells, const std::vector<double>& shares, double y, double height) {
    const double width = map_width / static_cast<double>(cells.columns);
    const auto step_of = [&](std::size_t column) {
        return std::lround(std::min(shares[column] / cells.brightest, 1.0) * (colours - 1));
    };
    for (std::size_t first = 0; first < shares.size();) {
        std::size_t last = first + 1;
        while (last < shares.size() && step_of(last) == step_of(first)) ++last;
        svg.cell({left + width * static_cast<double>(first), y}, width * static_cast<double>(last - first), height,
                 heat_colour(static_cast<double>(step_of(first)) / (colours - 1)));
        first = last;
    }
}

void draw_axis(Svg& svg, const Heat& heat, double y) {
    constexpr int ticks = 4;
    for (int i = 0; i <= ticks; ++i) {
        const double x = left + map_width * i / ticks;
        svg.line({x, y}, {x, y + 5}, "");
        svg.text({x, y + 19}, std::to_string(heat.tokens * i / ticks), i == ticks ? "small end" : "small middle");
    }
    svg.text({left + map_width / 2, y + 38}, "position in the text (tokens)", "middle");
}

void draw_legend(Svg& svg, const Cells& cells, double y) {
    constexpr double width = 200;
    for (int i = 0; i < colours; ++i) {
        svg.cell({left + width * i / colours, y}, width / colours + 0.3, 12, heat_colour(double(i) / (colours - 1)));
    }
    svg.text({left + width + 10, y + 11},
             fmt::format("selected by 0 % to {:.2g} % or more of the tokens that could", cells.brightest * 100),
             "small");
}

}  // namespace

std::int64_t choices_of(const Heat& heat, std::int64_t position) {
    return std::max<std::int64_t>(heat.tokens - std::max(position, heat.top_k), 0);
}

std::string heat_drawing(const Heat& heat) {
    const Cells cells = cells_of(heat);
    const auto layers = static_cast<double>(heat.uses.size());
    const double row = std::clamp(240 / layers, 8.0, 26.0);
    const double sum_top = top + layers * row + 8;
    const double bottom = sum_top + row;
    Svg svg(left + map_width + right, bottom + 84, heat.title);
    svg.text({left, 22}, heat.title);
    const int label_each = std::max(static_cast<int>(std::ceil(13 / row)), 1);
    for (std::size_t layer = 0; layer < heat.uses.size(); ++layer) {
        const double y = top + row * static_cast<double>(layer);
        draw_row(svg, cells, cells.shares[layer], y, row - 1);
        if (layer % static_cast<std::size_t>(label_each) == 0) {
            svg.text({left - 8, y + row / 2 + 4}, fmt::format("layer {}", layer), "small end");
        }
    }
    draw_row(svg, cells, cells.shares.back(), sum_top, row - 1);
    svg.text({left - 8, sum_top + row / 2 + 4}, "all", "small end");

    if (heat.tokens <= heat.top_k) {
        svg.text({left, 46},
                 fmt::format("No token had a choice: {} stand here, and {} are attended to in any case", heat.tokens,
                             heat.top_k),
                 "small");
    } else {
        const double x = left + map_width * static_cast<double>(heat.top_k) / static_cast<double>(heat.tokens);
        svg.line({x, top - 8}, {x, bottom}, "dashed");
        svg.text({x, 46}, fmt::format("choice begins at {}: a token before it attends to all", heat.top_k),
                 x > left + map_width / 2 ? "small end" : "small");
    }
    draw_axis(svg, heat, bottom);
    draw_legend(svg, cells, bottom + 56);
    return svg.finish();
}

nlohmann::ordered_json heat_numbers(const Heat& heat) {
    return {{"tokens", heat.tokens}, {"top_k", heat.top_k}, {"uses", heat.uses}};
}

}  // namespace heddle
