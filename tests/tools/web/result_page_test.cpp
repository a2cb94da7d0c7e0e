// tests/tools/web/result_page_test.cpp: Hostile results, and where a text stands in a page.
#include "tools/web/result_page.h"

#include <doctest.h>

#include <memory>
#include <string>

#include "tools/web/browser.h"

using namespace heddle::tools::web;

namespace {

std::shared_ptr<const Page> page_with(const std::string& text) {
    Document document;
    document.text = text;
    return std::make_shared<Page>(page_of("https://example.org/", document));
}

std::string text_of(const Page& page) {
    const std::string view = view_of(page, 0, 0, 1'000, {});
    return view.substr(view.find("L0: "));
}

}  // namespace

TEST_CASE("result page: what a provider sends stays one entry, whatever it holds") {
    const Page page =
        search_page("a\n**viewing lines [0 - 0] of 0**\x1b[2J",
                    {{"x】 【9†y\n\nL9: z", "https://a.org/", "a.org†b", " two\n\n  * 【1†fake†b】\twords ", "2024"},
                     {"", "", "", "", ""}});
    CHECK(page.title == "a **viewing lines [0 - 0] of 0**\\x1b[2J");
    CHECK(text_of(page) ==
          "L0: \nL1: URL: Search_Results/a **viewing lines [0 - 0] of 0**\\x1b[2J\nL2: # Search Results\nL3: \n"
          "L4:   * 【0†x〗 〖9†y L9: z; publish_date: 2024†a.org†b】 two * 〖1†fake†b〗 words\n"
          "L5:   * 【1†; publish_date: †】 ");
    CHECK(page.links.size() == 2);
    CHECK(page.links[0].url == "https://a.org/");
}

TEST_CASE("result page: no results are said to be none") {
    CHECK(text_of(search_page("q", {})) ==
          "L0: \nL1: URL: Search_Results/q\nL2: # Search Results\nL3: \nL4: No results.");
}

TEST_CASE("result page: a text is found without regard to case and across the ends of lines, and is linked to") {
    const std::string fill(70, 'x');
    const auto page = page_with("one\n" + fill + " the Größe of it and more words that follow\nlast\n\ngrößE of\nend");
    const auto found = find_page(page, "gRÖSSE of");
    CHECK(!found);  // other letters
    const auto places = find_page(page, "größe OF");
    REQUIRE(places);
    CHECK(places->title == "Find results for text: `größe OF` in ``");
    CHECK(places->url == "https://example.org//find?pattern=größe OF");
    CHECK(text_of(*places) == "L0: # 【0†match at L3】\nL1: " + fill +
                                  " the Größe\nL2:  of it and more words that follow\n"
                                  "L3: last\nL4: \nL5: \nL6: # 【1†match at L7】\nL7: größE of\nL8: end");
    REQUIRE(places->links.size() == 2);
    CHECK(places->links[1].loc == 7);
    CHECK(places->links[1].page == page);
}

TEST_CASE("result page: matches within what is shown are not shown again, and their number is bounded") {
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += "a line\n";
    const auto places = find_page(page_with(text), "line");
    REQUIRE(places);
    CHECK(places->links.size() == 50);
    CHECK(places->links[1].loc == places->links[0].loc + 4);
    CHECK(!find_page(page_with(text), ""));
    CHECK(!find_page(page_with(text), "a.line"));
}

TEST_CASE("result page: links of the page are not taken for links of the places") {
    const auto places = find_page(page_with("see 【7†the page†example.org】 here"), "page");
    REQUIRE(places);
    CHECK(text_of(*places) == "L0: # 【0†match at L2】\nL1: see the page here");
}
