// tests/tools/web/remote_pages_test.cpp: Pages as they come from servers that are awkward, broken or hostile.
#include "tools/web/remote_pages.h"

#include <doctest.h>

#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <string>

#include "tests/support/gzipped.h"
#include "tests/support/page_server.h"
#include "tests/support/tool_house.h"
#include "tools/error.h"

using namespace heddle::tools;
using heddle::test::gzipped;
using heddle::test::PageServer;
using web::RemotePages;
using Talk = PageServer::Talk;

namespace {

constexpr std::size_t megabyte = 1 << 20;

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

void send_without_end(const Talk& talk, const std::string& piece) {
    while (talk.send(piece)) {
    }
}

const std::map<std::string, std::function<void(const Talk&)>> awkward = {
    {"/inside", [](const Talk& talk) { talk.redirect("http://127.0.0.1:1/secret"); }},
    {"/metadata", [](const Talk& talk) { talk.redirect("http://169.254.169.254/latest"); }},
    {"/name", [](const Talk& talk) { talk.redirect("http://elsewhere.example/"); }},
    {"/file", [](const Talk& talk) { talk.redirect("file:///etc/passwd"); }},
    {"/circle", [](const Talk& talk) { talk.redirect("/circle2"); }},
    {"/circle2", [](const Talk& talk) { talk.redirect("/circle"); }},
    {"/announced",
     [](const Talk& talk) {
         talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 52428800\r\n\r\n");
         send_without_end(talk, std::string(megabyte, 'a'));
     }},
    {"/endless",
     [](const Talk& talk) {
         talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
         send_without_end(talk, std::string(megabyte, 'a'));
     }},
    {"/bomb",
     [](const Talk& talk) {
         talk.page(gzipped(std::string(30 * megabyte, 'a')), "text/html", "Content-Encoding: gzip\r\n");
     }},
    {"/packed",
     [](const Talk& talk) { talk.page(gzipped("<p>unpacked</p>"), "text/html", "Content-Encoding: gzip\r\n"); }},
    {"/not-packed", [](const Talk& talk) { talk.page("<p>plain</p>", "text/html", "Content-Encoding: gzip\r\n"); }},
    {"/flood",
     [](const Talk& talk) {
         talk.send("HTTP/1.1 200 OK\r\n");
         send_without_end(talk, repeated("X-More: " + std::string(1'000, 'x') + "\r\n", 10));
     }},
    {"/junk", [](const Talk& talk) { talk.send("<html>no head at all</html>"); }},
    {"/short",
     [](const Talk& talk) {
         talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\nab");
     }},
    {"/more",
     [](const Talk& talk) {
         talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nabcdef");
     }},
    {"/picture", [](const Talk& talk) { talk.page(std::string(1'234, '\0'), "image/png"); }},
    {"/paper", [](const Talk& talk) { talk.page("%PDF-1.7", "application/pdf"); }},
    {"/nameless",
     [](const Talk& talk) {
         talk.page(std::string("\x7f"
                               "ELF\0\0",
                               6),
                   "application/octet-stream");
     }},
    {"/lies", [](const Talk& talk) { talk.page(std::string("a\0b", 3), "text/html"); }},
    {"/gone", [](const Talk& talk) { talk.status(404); }},
    {"/wrong-charset", [](const Talk& talk) { talk.page("<p>caf\xe9 au lait</p>", "text/html; charset=utf-8"); }},
    {"/latin", [](const Talk& talk) { talk.page("<p>caf\xe9</p>", "text/html; charset=ISO-8859-1"); }},
    {"/no-charset", [](const Talk& talk) { talk.page("<p>caf\xe9</p>", "text/html; charset=klingon"); }},
    {"/links",
     [](const Talk& talk) {
         std::string page;
         for (int i = 0; i < 10'000; ++i) page += fmt::format("<a href=/p{0}>link {0}</a>\n", i);
         talk.page(page);
     }},
    {"/unclosed", [](const Talk& talk) { talk.page(repeated("<div><b><table><tr><td>x", 50'000)); }},
    {"/empty", [](const Talk& talk) { talk.page(""); }},
    {"/json", [](const Talk& talk) { talk.page("{\"a\": 1}", "application/json"); }},
    {"/notes.md", [](const Talk& talk) { talk.page("# Notes\n\n[up](/up)", "text/plain"); }},
    {"/ok", [](const Talk& talk) { talk.page("<title>T</title><p>all is <a href='other'>well</a></p>"); }},
};

void answer(const Talk& talk, const std::string& path) {
    const auto found = awkward.find(path);
    if (found != awkward.end()) return found->second(talk);
    if (path.starts_with("/hop")) return talk.redirect("/hop" + std::to_string(std::stoi(path.substr(4)) + 1));
    talk.status(400);
}

struct House {
    PageServer server{answer};
    std::shared_ptr<web::Reader> reader = std::make_shared<web::Reader>(heddle::test::shared_sandbox());
    RemotePages pages{reader, heddle::test::no_pace(), heddle::test::rules_for(server)};

    std::string open(const std::string& path, bool as_source = false) {
        std::string text;
        try {
            for (const auto& line : pages.open(server.url(path), as_source, {}).lines) text += line.text + "\n";
        } catch (const Error& error) {
            return std::string("refused: ") + error.what();
        }
        return text;
    }
    // Whether the proxy was asked for nothing but the server and, if so named, what it refused.
    bool reached_only_the_server(const std::string& refused = "") const {
        const std::string target = fmt::format("127.0.0.1:{}", server.port());
        for (const auto& line : reader->take_network_log()) {
            const bool is_server = line.find(target) != std::string::npos && !line.starts_with("blocked");
            const bool is_refused = !refused.empty() && line.starts_with("blocked") && line.find(refused) != line.npos;
            if (is_server || is_refused) continue;
            MESSAGE("it was asked for more: ", line);
            return false;
        }
        return true;
    }
};

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    MESSAGE("\"", part, "\" is not in: ", text.substr(0, 500));
    return false;
}

}  // namespace

TEST_CASE("remote pages: a page comes with its links, once, and its source when that is wanted") {
    if (heddle::test::not_here()) return;
    House house;
    CHECK(house.open("/ok") == fmt::format("\nURL: {}\nall is 【0†well†127.0.0.1】\n", house.server.url("/ok")));
    CHECK(has(house.open("/ok", true), "<title>T</title>"));
    CHECK(house.server.heads().size() == 1);  // it was kept
    const auto page = house.pages.open(house.server.url("/ok#part"), false, {});
    REQUIRE(page.links.size() == 1);
    CHECK(page.links[0].url == house.server.url("/other"));
    CHECK(has(house.open("/packed"), "unpacked"));
    CHECK(has(house.open("/json"), "{\"a\": 1}"));
    CHECK(has(house.open("/notes.md"), "# Notes\n\n【0†up†127.0.0.1】"));
    CHECK(house.open("/empty") == fmt::format("\nURL: {}\n\n", house.server.url("/empty")));
    CHECK(house.reached_only_the_server());
}

TEST_CASE("remote pages: a redirect is followed only to where a page may be, and what the proxy refused is said") {
    if (heddle::test::not_here()) return;
    House house;
    CHECK(has(house.open("/inside"), "it redirects to 127.0.0.1:1, and 127.0.0.1 is allowed in this session, but not"));
    CHECK(house.reached_only_the_server("127.0.0.1:1 "));
    CHECK(has(house.open("/metadata"), "169.254.169.254:80 is not in the allowed hosts of this session"));
    CHECK(has(house.open("/name"), "elsewhere.example:80 is not in the allowed hosts"));
    CHECK(has(house.open("/name"), "Ask the user to allow it"));
    house.reader->take_network_log();
    CHECK(has(house.open("/file"), "it redirects to file:///etc/passwd, which is no page of the web"));
    CHECK(has(house.open("/circle"), "in a circle"));
    CHECK(has(house.open("/hop0"), "more than 5 times, the last time to /hop6"));
    CHECK(house.reached_only_the_server());
}

TEST_CASE("remote pages: not even a listed name leads to where no page may be") {
    if (heddle::test::not_here()) return;
    House house;
    auto rules = heddle::test::rules_for(house.server);
    rules.allow.push_back({"169.254.169.254", 80});
    RemotePages metadata(house.reader, heddle::test::no_pace(), rules);
    CHECK_THROWS_WITH_AS(metadata.open(house.server.url("/metadata"), false, {}),
                         doctest::Contains("fetched from public addresses only"), Error);
    rules.allow_private = false;  // as in any session that is no test
    RemotePages inside(house.reader, heddle::test::no_pace(), rules);
    CHECK_THROWS_WITH_AS(inside.open(house.server.url("/ok"), false, {}),
                         doctest::Contains("leads to 127.0.0.1, a loopback address"), Error);
    rules.allow = {{"localhost", house.server.port()}};
    RemotePages by_name(house.reader, heddle::test::no_pace(), rules);
    CHECK_THROWS_WITH_AS(by_name.open(fmt::format("http://localhost:{}/ok", house.server.port()), false, {}),
                         doctest::Contains("a loopback address"), Error);
    CHECK(house.server.heads().size() == 1);  // that of the redirect
}

TEST_CASE("remote pages: what has no end, or becomes too much, is given up in words") {
    if (heddle::test::not_here()) return;
    House house;
    CHECK(house.open("/announced") == "refused: it is larger than 10 MB (52428800 bytes)");
    CHECK(house.open("/endless") == "refused: it is larger than 10 MB");
    CHECK(house.open("/bomb") == "refused: it unpacks to more than 20 MB");
    CHECK(house.open("/flood") == "refused: the server sends headers without end");
    CHECK(house.reached_only_the_server());
}

TEST_CASE("remote pages: a server that answers no more in time is left") {
    if (heddle::test::not_here()) return;
    const PageServer slow([](const Talk& talk, const std::string& path) {
        talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n");
        talk.send(path == "/body" ? "\r\n" : "X-More: ");
        while (talk.send("a")) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    });
    web::Reader reader(heddle::test::shared_sandbox());
    for (const char* path : {"/head", "/body"}) {
        web::FetchOrder order{slow.url(path)};
        order.time = std::chrono::seconds(1);
        const auto begun = std::chrono::steady_clock::now();
        CHECK(reader.fetch(order, heddle::test::rules_for(slow), {}).fetched.end == web::FetchEnd::timed_out);
        CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
    }
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
    });
    CHECK_THROWS_WITH_AS(
        reader.fetch(web::FetchOrder{slow.url("/body")}, heddle::test::rules_for(slow), stop.get_token()),
        "it was cancelled", Error);
}

TEST_CASE("remote pages: what is no page says what it is") {
    if (heddle::test::not_here()) return;
    House house;
    CHECK(has(house.open("/picture"), "refused: it is image/png, 1234 bytes; only text can be read"));
    CHECK(has(house.open("/paper"), "refused: it is application/pdf, 8 bytes; only text"));
    CHECK(has(house.open("/nameless"), "refused: it is application/octet-stream, 6 bytes; only text"));
    CHECK(house.open("/lies") == "refused: it is no text");
    CHECK(house.open("/gone") == "refused: the server answers with status 404");
    CHECK(has(house.open("/junk"), "no whole answer of HTTP"));
    CHECK(has(house.open("/short"), "no whole answer of HTTP"));
    CHECK(has(house.open("/not-packed"), "no whole answer of HTTP"));
    CHECK(has(house.open("/more"), "\nabcd\n"));
}

TEST_CASE("remote pages: whatever a page claims to be, it comes as readable text in bounded time") {
    if (heddle::test::not_here()) return;
    House house;
    CHECK(has(house.open("/wrong-charset"), "caf\xef\xbf\xbd au lait"));
    CHECK(has(house.open("/latin"), "café"));
    CHECK(has(house.open("/no-charset"), "café"));
    const auto links = house.pages.open(house.server.url("/links"), false, {});
    CHECK(links.links.size() == 5'000);  // as many as a page has; the rest is text
    CHECK(has(house.open("/links"), "link 9999"));
    CHECK(has(house.open("/unclosed"), "x"));
}

TEST_CASE("remote pages: only what the user allows is asked for, and without a network that is said at once") {
    House house;
    const auto refusal = [&](const std::string& url) {
        try {
            house.pages.open(url, false, {});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("opened");
    };
    CHECK(has(refusal("https://example.org/a"), "example.org:443 is not in the allowed hosts of this session"));
    CHECK(has(refusal("ftp://127.0.0.1/"), "only URLs that begin with https:// or http://"));
    CHECK(has(refusal("http://me:secret@127.0.0.1/"), "names a user"));
    CHECK(has(refusal("http://2130706433/"), "its host is not one"));
    CHECK(has(refusal(""), "only URLs"));
    RemotePages none(house.reader, heddle::test::no_pace(), std::nullopt);
    CHECK_THROWS_WITH_AS(none.open("https://example.org/", false, {}), doctest::Contains("allow = [\"example.org\"]"),
                         Error);
    CHECK(house.server.heads().empty());
    CHECK(house.reader->take_network_log().empty());
}

TEST_CASE("remote pages: of two that are fetched at once, each is told what it took of the network") {
    if (heddle::test::not_here()) return;
    House house;
    std::latch both(2);
    const auto log_of = [&](const std::string& path) {
        return std::async(std::launch::async, [&, path] {
            const std::string text = house.open(path);
            both.arrive_and_wait();
            return text + fmt::format("{}", fmt::join(house.reader->take_network_log(), "; "));
        });
    };
    auto one = log_of("/ok"), other = log_of("/metadata");
    const std::string ok = one.get(), refused = other.get();
    CHECK(has(ok, "all is"));
    CHECK(ok.find("169.254.169.254") == std::string::npos);
    CHECK(has(refused.substr(refused.find("not in the allowed")), "169.254.169.254"));
    CHECK(house.reader->take_network_log().empty());
}

TEST_CASE("remote pages: requests to one host are kept apart, and a wait ends when it is no longer wanted") {
    const auto begun = std::chrono::steady_clock::now();
    web::Pace pace(std::chrono::milliseconds(300));
    pace.await_turn("a", {});
    pace.await_turn("a", {});
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(300));
    web::Pace hours(std::chrono::hours(2));
    hours.await_turn("a", {});
    hours.await_turn("b", {});  // waits for nobody
    std::stop_source stop;
    std::jthread soon([&] { stop.request_stop(); });
    CHECK_THROWS_AS(hours.await_turn("a", stop.get_token()), Error);
}
