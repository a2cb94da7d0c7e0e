// tests/tools/web/browser_test.cpp: Cursors, and what of a page is shown at once.
#include "tools/web/browser.h"

#include <doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "tools/clip.h"

using namespace heddle::tools::web;

namespace {

Page lines(int count, const std::string& text) {
    Page page{"https://example.org/", "", {}, {}};
    for (int i = 0; i < count; ++i) page.lines.push_back({text, false});
    return page;
}

// One token a byte.
std::size_t bytes(std::string_view text) {
    return text.size();
}

}  // namespace

TEST_CASE("browser: cursors count from 0, and a page of long ago is forgotten but not its number") {
    Browser browser;
    CHECK(browser.page(0) == nullptr);
    for (int i = 0; i < 150; ++i) CHECK(browser.add(std::make_shared<Page>(lines(i + 1, ""))) == i);
    CHECK(browser.page(149)->lines.size() == 150);
    CHECK(browser.page(50)->lines.size() == 51);
    CHECK(browser.page(49) == nullptr);
    CHECK(browser.page(150) == nullptr);
    CHECK(browser.page(-2) == nullptr);
}

TEST_CASE("browser: large pages leave sooner, and a page without an end has one") {
    Browser browser;
    Document endless;
    endless.text = std::string(1'000'000, '\n');
    const auto page = std::make_shared<Page>(page_of("u", endless));
    CHECK(page->lines.size() == 200'001);
    CHECK(page->lines.back().text == "[... the rest is left out ...]");
    for (int i = 0; i < 6; ++i) browser.add(page);
    CHECK(browser.page(1) == nullptr);
    CHECK(browser.page(2) == page);
}

TEST_CASE("browser: a view says what it is of, and numbers its lines from where it begins") {
    Page page = lines(5, "x");
    page.title = "a title";
    CHECK(view_of(page, 7, 0, 2, {}) ==
          "[7] a title (https://example.org/)\n**viewing lines [0 - 1] of 4**\n\nL0: x\nL1: x");
    CHECK(view_of(page, 7, 3, -1, {}) ==
          "[7] a title (https://example.org/)\n**viewing lines [3 - 4] of 4**\n\nL3: x\nL4: x");
    CHECK(view_of(page, 7, 3, 9, {}).ends_with("of 4**\n\nL3: x\nL4: x"));
}

TEST_CASE("browser: a view ends with the line in which the 2048th token stands") {
    const std::string line(59, 'x');  // with its number and newline: 64 bytes from L1 to L9, 65 beyond
    const std::string view = view_of(lines(500, line), 0, 0, -1, bytes);
    const std::string body = view.substr(view.find("L0: "));
    CHECK(body.size() > 2048);
    CHECK(body.rfind('\n') <= 2048);
    CHECK(view_of(lines(32, std::string(59, 'x')), 0, 0, -1, bytes).find("[0 - 31] of 31") != std::string::npos);
    CHECK(view_of(lines(500, std::string(3000, 'x')), 0, 0, -1, bytes).find("[0 - 0] of 499") != std::string::npos);
}

TEST_CASE("browser: however much is asked for, the result is never cut, and says what it shows") {
    const std::string view = view_of(lines(10'000, std::string(80, 'x')), 0, 100, 9'000, {});
    CHECK(view.size() <= heddle::tools::text_bytes_max);
    CHECK(view.size() > heddle::tools::text_bytes_max - 3'000);
    const std::string last = view.substr(view.rfind("\nL") + 2);
    CHECK(view.find(fmt::format("[100 - {}] of 9999", last.substr(0, last.find(':')))) != std::string::npos);
}
