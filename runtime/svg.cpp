// runtime/svg.cpp: A handful of elements and one style sheet.
#include "runtime/svg.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace heddle {

namespace {

constexpr std::string_view style_sheet = R"(<style>
text { font: 13px sans-serif; fill: #24292f; stroke: none; }
.small { font-size: 11px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
line, polyline { fill: none; stroke-width: 1; stroke: #24292f; }
.faint { stroke: #8c959f; stroke-opacity: 0.35; }
.dashed { stroke-dasharray: 5 4; }
polyline { stroke-width: 2.5; }
.first { stroke: #0a7d4f; fill: #0a7d4f; }
.second { stroke: #c4432b; fill: #c4432b; }
polyline.first, polyline.second, line.first, line.second { fill: none; }
line.first, line.second { stroke-width: 2.5; }
@media (prefers-color-scheme: dark) {
text { fill: #d9dee3; }
line { stroke: #d9dee3; }
.faint { stroke: #8c959f; }
.first { stroke: #3fb987; fill: #3fb987; }
.second { stroke: #f0775f; fill: #f0775f; }
}
</style>
)";

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '&':
                safe += "&amp;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:  // XML has no other control characters than these
                safe += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
        }
    }
    return safe;
}

}  // namespace

Svg::Svg(double width, double height, std::string_view title) {
    body_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" "
        "role=\"img\">\n<title>{2}</title>\n",
        width, height, escaped(title));
    body_ += style_sheet;
}

void Svg::text(Point at, std::string_view text, std::string_view style) {
    body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", at.x, at.y, style, escaped(text));
}

void Svg::line(Point from, Point to, std::string_view style) {
    body_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", from.x,
                         from.y, to.x, to.y, style);
}

void Svg::curve(std::span<const Point> points, std::string_view style) {
    std::string places;
    for (const Point& point : points) places += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
    body_ += fmt::format("<polyline points=\"{}\" class=\"{}\"/>\n", places, style);
    for (const Point& point : points) {
        body_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" class=\"{}\"/>\n", point.x, point.y, style);
    }
}

void Svg::cell(Point at, double width, double height, std::string_view colour) {
    body_ += fmt::format("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", at.x,
                         at.y, width, height, colour);
}

std::string Svg::finish() {
    return body_ + "</svg>\n";
}

std::string heat_colour(double share) {
    // Dark blue over red to yellow; each step is lighter than the one before it, so that it reads without colours too.
    constexpr std::array<std::array<double, 3>, 5> steps{
        {{26, 24, 66}, {92, 28, 110}, {187, 55, 84}, {243, 140, 42}, {252, 239, 140}}};
    const double place = std::clamp(std::isfinite(share) ? share : 0, 0.0, 1.0) * double(steps.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), steps.size() - 2);
    std::string colour = "#";
    for (std::size_t i = 0; i < 3; ++i) {
        const double value = steps[low][i] + (steps[low + 1][i] - steps[low][i]) * (place - static_cast<double>(low));
        colour += fmt::format("{:02x}", static_cast<int>(value + 0.5));
    }
    return colour;
}

}  // namespace heddle
