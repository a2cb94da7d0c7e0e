// tests/runtime/model_heat_test.cpp: Tests the drawing of what a text's tokens selected.
#include "runtime/cli/model_heat.h"

#include <doctest.h>

#include <string>

#include "runtime/svg.h"

using namespace heddle;

namespace {

int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("model_heat: a position's share is out of the tokens that had a choice with it in") {
    const Heat heat{"", 10, 4, {}};
    CHECK(choices_of(heat, 0) == 6);  // tokens 4 to 9
    CHECK(choices_of(heat, 4) == 6);
    CHECK(choices_of(heat, 5) == 5);
    CHECK(choices_of(heat, 9) == 1);
    CHECK(choices_of(Heat{"", 4, 4, {}}, 0) == 0);
}

TEST_CASE("model_heat: what is always selected is brightest, what never is darkest, and choice has its mark") {
    Heat heat{"a <text>", 8, 2, {{6, 0, 0, 0, 0, 0, 0, 0}, {6, 6, 6, 5, 4, 3, 2, 1}}};
    const std::string drawing = heat_drawing(heat);
    CHECK(drawing.find("a &lt;text&gt;") != std::string::npos);
    CHECK(count(drawing, "layer ") == 2);
    CHECK(drawing.find("choice begins at 2") != std::string::npos);
    CHECK(count(drawing, "dashed") >= 1);
    const auto map = drawing.substr(0, drawing.find("choice begins"));
    CHECK(count(map, heat_colour(1)) == 3);  // a cell in the first layer, all of the second at once, one in the sum
    CHECK(count(map, heat_colour(0)) == 1);
    CHECK(drawing.find("0 % to 1e+02 %") != std::string::npos);
}

TEST_CASE("model_heat: a text without choice says so, and long ones stay small") {
    CHECK(heat_drawing(Heat{"", 3, 8, {{0, 0, 0}}}).find("No token had a choice") != std::string::npos);
    Heat long_text{"", 100'000, 64, {}};
    for (std::uint32_t layer = 0; layer < 61; ++layer) {
        auto& uses = long_text.uses.emplace_back(100'000);
        for (std::uint32_t p = 0; p < uses.size(); ++p) uses[p] = (p * 2654435761u + layer * 40503u) >> 20;
    }
    CHECK(heat_drawing(long_text).size() < 3'000'000);
    CHECK(heat_numbers(long_text)["uses"].size() == 61);
}
