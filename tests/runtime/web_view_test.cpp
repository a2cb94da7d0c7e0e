// tests/runtime/web_view_test.cpp: How much of a page is shown, counted in tokens of DeepSeek-V3's tokenizer.
#include <doctest.h>

#include <string>

#include "engine/tokenizer.h"
#include "tests/support/recorded_pages.h"
#include "tools/web/browser.h"

using namespace heddle;

TEST_CASE("web view: each recorded page ends where it did, at the line that holds its 2048th token") {
    const auto tokenizer = engine::Tokenizer::load(HEDDLE_SOURCE_DIR "/tests/vectors/tokenizer-v3.2/tokenizer.json");
    const auto tokens = [&](std::string_view text) { return tokenizer.encode(text).size(); };
    int cut = 0;
    for (const auto& recorded : test::recorded_pages()) {
        tools::web::Page page{recorded.url, recorded.title, {}, {}};
        for (const auto& line : recorded.lines) page.lines.push_back({line, false});
        // What the recording does not show: other lines would do as well.
        page.lines.resize(static_cast<std::size_t>(recorded.of) + 1, {"a line that was not shown", false});
        CHECK(tools::web::view_of(page, recorded.cursor, recorded.first, -1, tokens) == recorded.text);
        cut += recorded.last < recorded.of;
    }
    CHECK(cut == 8);
}
