// runtime/svg.h: Writes a drawing as SVG, in colours that read on light and on dark ground.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace heddle {

struct Point {
    double x = 0, y = 0;
};

// Coordinates in pixels from the upper left corner. Classes that `style` of an element may name: "faint" (grid),
// "first", "second" (two curves), "dashed", "small", "end" and "middle" (where a text is anchored).
class Svg {
 public:
    Svg(double width, double height, std::string_view title);

    void text(Point at, std::string_view text, std::string_view style = "");  // escaped: any text is safe
    void line(Point from, Point to, std::string_view style);
    void curve(std::span<const Point> points, std::string_view style);  // with a dot at each point
    void cell(Point at, double width, double height, std::string_view colour);

    std::string finish();

 private:
    std::string body_;
};

// From nothing to much, for shares in [0, 1]: "#rrggbb".
std::string heat_colour(double share);

}  // namespace heddle
