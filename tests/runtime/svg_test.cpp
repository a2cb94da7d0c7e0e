// tests/runtime/svg_test.cpp: Tests that drawings are well-formed, whatever text they hold.
#include "runtime/svg.h"

#include <doctest.h>

#include <string>
#include <vector>

using namespace heddle;

TEST_CASE("svg: text cannot leave its element") {
    Svg svg(100, 50, "a <b> & \"c\"");
    svg.text({1, 2}, "</text><script>\x1b[2J");
    const std::string drawing = svg.finish();
    CHECK(drawing.find("<title>a &lt;b&gt; &amp; &quot;c&quot;</title>") != std::string::npos);
    CHECK(drawing.find("<script>") == std::string::npos);
    CHECK(drawing.find('\x1b') == std::string::npos);
    CHECK(drawing.ends_with("</svg>\n"));
}

TEST_CASE("svg: a curve has a line and a dot for each point") {
    Svg svg(100, 50, "");
    const std::vector<Point> points{{0, 1}, {2.25, 3}};
    svg.curve(points, "first");
    const std::string drawing = svg.finish();
    CHECK(drawing.find("points=\"0.0,1.0 2.2,3.0 \"") != std::string::npos);
    CHECK(drawing.find("cx=\"0.0\" cy=\"1.0\"") != std::string::npos);
}

TEST_CASE("svg: heat grows lighter from nothing to much, and is defined for every number") {
    const auto lightness = [](double share) {
        const std::string colour = heat_colour(share);
        REQUIRE(colour.size() == 7);
        int sum = 0;
        for (std::size_t i = 1; i < 7; i += 2) sum += std::stoi(colour.substr(i, 2), nullptr, 16);
        return sum;
    };
    for (int i = 0; i < 20; ++i) CHECK(lightness(i / 20.0) < lightness((i + 1) / 20.0));
    CHECK(heat_colour(-1) == heat_colour(0));
    CHECK(heat_colour(7) == heat_colour(1));
    CHECK(heat_colour(0.0 / 0.0) == heat_colour(0));
}
