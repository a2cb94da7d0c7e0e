// tests/tools/web/reader_test.cpp: Guests that read, and what they cannot do even if a page has taken them over.
#include "tools/web/reader.h"

#include <doctest.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/page_server.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tool_house.h"
#include "tools/error.h"
#include "tools/web/reader/fetch.h"

using namespace heddle::tools;
using web::FetchEnd;
using web::next_hop;

TEST_CASE("reader: many documents of one order come back in their order, each by its kind") {
    if (heddle::test::not_here()) return;
    web::Reader reader(heddle::test::shared_sandbox());
    const auto read = reader.parse({{"<h1>Head</h1>", "a.html", "", "file://d/a.html"},
                                    {std::string("\0", 1), "b", "", "file://d/b"},
                                    {"plain", "c", "", "file://d/c"},
                                    {"<p>typed</p>", "d", "text/html", "https://h/d"},
                                    {"<p>typed</p>", "d", "text/html", "https://h/d", true}},
                                   {});
    REQUIRE(read.size() == 5);
    CHECK(read[0].document->text == "# Head");
    CHECK((!read[1].document && read[1].problem.empty()));
    CHECK(read[2].document->text == "plain");
    CHECK(read[3].document->text == "typed");
    CHECK(read[4].document->text == "<p>typed</p>");
    CHECK(reader.parse({}, {}).empty());
}

TEST_CASE("reader: a document that the reader fails at costs no other") {
    if (heddle::test::not_here()) return;
    web::Reader reader(heddle::test::shared_sandbox());
    // More than one answer may be; none of them is too much alone.
    std::vector<web::Source> sources;
    for (int i = 0; i < 5; ++i) sources.push_back({std::string(15 << 20, 'a'), "a", "", "file://d/a"});
    const auto read = reader.parse(sources, {});
    REQUIRE(read.size() == 5);
    for (const auto& one : read) {
        INFO(one.problem);
        REQUIRE(one.document);
        CHECK(one.document->text.size() == 15u << 20);
    }
}

TEST_CASE("reader: a redirect never leads from https to http, nor to what is no page") {
    CHECK(next_hop("https://a.b/c", "http://a.b/c").end == FetchEnd::downgraded);
    CHECK(next_hop("https://a.b/c", "//a.b/d").url == "https://a.b/d");
    CHECK(next_hop("http://a.b/c", "https://a.b/c").url == "https://a.b/c");
    CHECK(next_hop("http://a.b/c/d", "../e?f#g").url == "http://a.b/e?f");
    for (const char* to :
         {"file:///etc/passwd", "ftp://a/", "gopher://a/", "data:text/html,x", "javascript:1", "#x", ""})
        CHECK(next_hop("http://a.b/", to).end == FetchEnd::leads_elsewhere);
}

namespace {

// A reader that a page has taken over, as a script.
struct TakenOver {
    heddle::test::TempFolder folder;
    web::Reader reader{heddle::test::shared_sandbox(), heddle::sandbox::Tier::c, folder.path()};

    explicit TakenOver(const std::string& script) {
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
        const auto program = folder.path() / "heddle-reader";
        std::ofstream(program) << "#!/bin/bash\n" << script << "\n";
        std::filesystem::permissions(program, std::filesystem::perms(0755));
    }
    std::string parse() { return reader.parse({{"x", "a", "", "file://d/a"}}, {}).front().problem; }
};

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    MESSAGE("\"", part, "\" is not in: ", text);
    return false;
}

}  // namespace

TEST_CASE("reader: one that was taken over reaches no server, writes nothing and sees nothing of the user's") {
    if (heddle::test::not_here()) return;
    const heddle::test::PageServer server([](const auto& talk, const std::string&) { talk.page("secret"); });
    const heddle::test::TempFolder users;
    std::ofstream(users.path() / "diary") << "dear diary";
    const std::string script = fmt::format(
        "exec 2>/dev/null; said=began\n"
        "touch $(dirname $0)/x && said+=,wrote\n"
        "echo evil >$0 && said+=,overwrote\n"
        "cat {}/diary && said+=,read\n"
        "(exec 3<>/dev/tcp/127.0.0.1/{}) && said+=,connected\n"
        "(exec 3<>/dev/tcp/127.0.0.1/3128) && said+=,proxied\n"
        "exec 2>&1 >/dev/null; exec 2>/proc/self/fd/1; exit 1",
        users.path().string(), server.port());
    TakenOver reader("trap 'echo $said >&4' EXIT; exec 4>&2\n" + script);
    CHECK(reader.parse() == "the reader failed at it: began");
    CHECK(server.heads().empty());

    auto rules = heddle::test::rules_for(server);
    rules.allow = {{"127.0.0.1", 1}};
    CHECK_THROWS_WITH_AS(reader.reader.fetch(web::FetchOrder{server.url()}, rules, {}),
                         doctest::Contains("began,proxied"), Error);  // and from there to what the rules allow alone
    CHECK(server.heads().empty());
}

TEST_CASE("reader: where no guest can be had, that is said and no more is broken") {
    if (heddle::test::not_here()) return;
    web::Reader reader(heddle::test::shared_sandbox(), heddle::sandbox::Tier::c, "/no/such/folder");
    CHECK_THROWS_WITH_AS(reader.parse({{"x", "a", "", ""}}, {}), doctest::Contains("gives no guest to read it in"),
                         Error);
    CHECK_THROWS_WITH_AS(reader.fetch({"http://a.b/"}, {}, {}), doctest::Contains("gives no guest to read it in"),
                         Error);
}

TEST_CASE("reader: whatever a taken-over reader answers ends as words, in bounded time and memory") {
    if (heddle::test::not_here()) return;
    CHECK(TakenOver("echo nonsense").parse() == "what the reader said makes no sense: it is of another build");
    CHECK(TakenOver("printf HDR1D; head -c 100 /dev/zero").parse() ==
          "the reader said something of other documents than it was given");
    CHECK(has(TakenOver("exec cat /dev/zero").parse(), "took more than it may"));
    CHECK(has(TakenOver("kill -SEGV $$").parse(), "took more than it may"));
    CHECK(has(TakenOver("printf '\\e[2Jbad\\nlines' >&2; exit 3").parse(), "the reader failed at it: \\x1b[2Jbad"));
    CHECK(has(TakenOver("a=$(head -c 3000000000 /dev/zero | tr '\\0' a); sleep 9").parse(), "took more than it may"));
}
