// tests/tools/web/recorded_pages_test.cpp: The web tools show what DeepSeek-V3.2 was shown, byte for byte.
#include <doctest.h>
#include <fmt/format.h>

#include "tests/support/recorded_pages.h"
#include "tests/support/tool_house.h"
#include "tools/web/browser.h"
#include "tools/web/result_page.h"
#include "tools/web/wrap.h"

using namespace heddle::tools::web;
using heddle::prompts::Json;
using heddle::test::RecordedPage;

namespace {

std::vector<std::string> texts_of(const std::vector<Line>& lines) {
    std::vector<std::string> texts;
    for (const auto& line : lines) texts.push_back(line.text);
    return texts;
}

std::string joined(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) {
    std::string text;
    for (std::size_t at = begin; at < end; ++at) text += lines[at];
    return text;
}

// The results that a recorded page of them was made of. They begin with the fifth line, each on lines of its own.
std::vector<Found> results_of(const RecordedPage& page) {
    std::vector<std::string> entries;
    for (std::size_t at = 4; at < page.lines.size(); ++at) {
        if (page.lines[at].starts_with("  * 【")) entries.emplace_back();
        entries.back() += page.lines[at];
    }
    const std::regex parts("  \\* 【\\d+†(.*); publish_date: (.*)†(.*)】 (.*)");
    std::vector<Found> results;
    for (const auto& entry : entries) {
        std::smatch match;
        REQUIRE(std::regex_match(entry, match, parts));
        results.push_back({match[1], "https://" + match[3].str(), match[3], match[4], match[2]});
    }
    return results;
}

}  // namespace

TEST_CASE("recorded pages: search, open and find have exactly the specifications of the recorded session") {
    heddle::test::ToolHouse house({"search", "open", "find"});
    Json mine = Json::array();
    for (const auto& spec : house.dispatcher().specs()) {
        mine.push_back({{"type", "function"}, {"function", spec.function}});
    }
    CHECK(mine.dump(1) == heddle::test::recorded_session()[0].at("tools").dump(1));
}

TEST_CASE("recorded pages: each page of results comes from its results again, byte for byte") {
    int pages = 0;
    for (const auto& recorded : heddle::test::recorded_pages()) {
        if (!recorded.is_search()) continue;
        ++pages;
        const Page page = search_page(recorded.title, results_of(recorded));
        CHECK(view_of(page, recorded.cursor, 0, -1, {}) == recorded.text);
    }
    CHECK(pages == 22);
}

TEST_CASE("recorded pages: paragraphs of the opened documents wrap where they did") {
    int prose = 0, others = 0;
    for (const auto& recorded : heddle::test::recorded_pages()) {
        if (recorded.is_search()) continue;
        const auto& lines = recorded.lines;
        for (std::size_t begin = 2; begin < lines.size(); ++begin) {
            std::size_t end = begin;
            while (end < lines.size() && !lines[end].empty()) ++end;
            if (end - begin >= 3) {
                const std::vector<std::string> block(lines.begin() + static_cast<std::ptrdiff_t>(begin),
                                                     lines.begin() + static_cast<std::ptrdiff_t>(end));
                const bool again = texts_of(wrap_text(joined(lines, begin, end))) == block;
                ++(again ? prose : others);
            }
            begin = end;
        }
    }
    CHECK(prose == 55);
    CHECK(others == 18);  // lists, tables, lines of authors: they have newlines of their own
}

TEST_CASE("recorded pages: the cursor counts the pages that were shown, and no failed fetch") {
    long next = 0;
    for (const auto& recorded : heddle::test::recorded_pages()) CHECK(recorded.cursor == next++);
    CHECK(next == 31);
}
