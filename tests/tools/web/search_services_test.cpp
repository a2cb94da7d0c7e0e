// tests/tools/web/search_services_test.cpp: SearXNG and Brave as their answers look, right and wrong, over a stand-in.
#include <doctest.h>

#include <memory>
#include <string>

#include "tests/support/page_server.h"
#include "tests/support/tool_house.h"
#include "tools/error.h"
#include "tools/web/brave.h"
#include "tools/web/searxng.h"

using namespace heddle::tools;
using heddle::test::PageServer;

namespace {

struct Service {
    std::string body = "{}", type = "application/json", redirect;
    int status = 200;
    PageServer server{[this](const PageServer::Talk& talk, const std::string&) {
        if (!redirect.empty()) return talk.redirect(redirect);
        if (status != 200) return talk.status(status);
        talk.page(body, type);
    }};
    std::shared_ptr<web::Reader> reader = std::make_shared<web::Reader>(heddle::test::shared_sandbox());

    web::SearchService service(const std::string& path = "") {
        return {reader, heddle::test::no_pace(), server.url(path)};
    }
    std::string asked() const { return server.heads().back(); }
};

template <typename Provider>
std::string error_of(Provider& provider) {
    try {
        provider.search({"q", 10, "web"}, {});
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    MESSAGE("\"", part, "\" is not in: ", text);
    return false;
}

}  // namespace

TEST_CASE("searxng: a query becomes its results, best first, and only those that lead to pages") {
    if (heddle::test::not_here()) return;
    Service service;
    service.body = R"json({"results": [
        {"title": "One", "url": "https://a.example/x", "content": "first", "publishedDate": "2024-05-06T07:08:09"},
        {"title": "Two", "url": "javascript:alert(1)", "content": "bad"}, 7, {"title": "no url"},
        {"title": "Three", "url": "http://b.example/", "content": null, "publishedDate": null},
        {"title": "Four", "url": "http://c.example/"}]})json";
    web::Searxng searxng(service.service("/sub/"));
    const auto found = searxng.search({"a b&c", 2, "news"}, {});
    REQUIRE(found.size() == 2);
    CHECK(found[0].title == "One");
    CHECK(found[0].host == "a.example");
    CHECK(found[0].snippet == "first");
    CHECK(found[0].published == "2024-05-06");
    CHECK(found[1].title == "Three");
    CHECK(found[1].published == "none");
    CHECK(has(service.asked(), "GET /sub/search?q=a%20b%26c&format=json&categories=news HTTP/1.1\r\n"));
}

TEST_CASE("searxng: what is wrong with the server is one line that says what to do") {
    if (heddle::test::not_here()) return;
    Service service;
    web::Searxng searxng(service.service());
    service.status = 403;
    CHECK(has(error_of(searxng), "formats: [html, json]"));
    service.status = 429;
    CHECK(has(error_of(searxng), "no more searches for now"));
    service.status = 500;
    CHECK(has(error_of(searxng), "127.0.0.1 answers with status 500"));
    service.status = 200;
    service.body = "<html>";
    CHECK(has(error_of(searxng), "formats: [html, json]"));
    service.body = "[1]";
    CHECK(has(error_of(searxng), "formats: [html, json]"));
    service.body = std::string(100'000, '[');
    CHECK(has(error_of(searxng), "formats: [html, json]"));
    service.redirect = "http://elsewhere.example/";
    CHECK(has(error_of(searxng), "redirects to another place"));
    CHECK_THROWS_AS(web::SearchService(service.reader, heddle::test::no_pace(), "127.0.0.1:8888"), Error);
    const auto log = service.reader->take_network_log();
    for (const auto& line : log) CHECK(has(line, "127.0.0.1:"));
}

TEST_CASE("searxng: a server that is not there is named") {
    if (heddle::test::not_here()) return;
    const auto reader = std::make_shared<web::Reader>(heddle::test::shared_sandbox());
    web::Searxng searxng(web::SearchService(reader, heddle::test::no_pace(), "http://127.0.0.1:1"));
    CHECK(has(error_of(searxng), "127.0.0.1 gives no results: 127.0.0.1:1 was not reached: Connection refused"));
}

TEST_CASE("brave: the key goes into a header, and into nothing that anybody reads") {
    if (heddle::test::not_here()) return;
    Service service;
    service.body = R"({"web": {"results": [{"title": "One", "url": "https://a.example/", "description": "d",
        "page_age": "2023-01-02T03:04:05"}]}})";
    web::Brave brave(service.service(), "key-of-mine");
    const auto found = brave.search({"q", 50, "web"}, {});
    REQUIRE(found.size() == 1);
    CHECK(found[0].snippet == "d");
    CHECK(found[0].published == "2023-01-02");
    CHECK(has(service.asked(), "GET /res/v1/web/search?q=q&count=20&text_decorations=false HTTP/1.1\r\n"));
    CHECK(has(service.asked(), "X-Subscription-Token: key-of-mine\r\n"));
    service.body = R"({"results": [{"title": "News", "url": "https://n.example/"}]})";
    CHECK(brave.search({"q", 5, "news"}, {}).size() == 1);
    CHECK(has(service.asked(), "GET /res/v1/news/search?"));
    service.body = R"({"web": null})";
    CHECK(brave.search({"q", 5, "web"}, {}).empty());
    for (const int status : {401, 403, 422, 429, 500}) {
        service.status = status;
        const std::string error = error_of(brave);
        CHECK(has(error, "Brave"));
        CHECK(error.find("key-of-mine") == std::string::npos);
    }
    for (const auto& line : service.reader->take_network_log()) CHECK(line.find("key-of-mine") == std::string::npos);
    CHECK_THROWS_AS(web::Brave(service.service(), "two\r\nlines"), Error);
    CHECK_THROWS_AS(web::Brave(service.service(), ""), Error);
}
