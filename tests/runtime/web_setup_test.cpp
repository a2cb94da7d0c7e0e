// tests/runtime/web_setup_test.cpp: What the web tools may ask, by the user's settings and his policy.
#include "runtime/web_setup.h"

#include <doctest.h>

#include <fstream>
#include <string>

#include "runtime/cli/sandbox_policy.h"
#include "runtime/error.h"
#include "tests/support/page_server.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tool_house.h"
#include "tools/error.h"

using namespace heddle;
using test::PageServer;

namespace {

struct Setting {
    test::TempFolder folder, home;
    PageServer server{[](const PageServer::Talk& talk, const std::string& path) {
        if (path == "/page") return talk.page("<p>a page</p>");
        talk.page(R"({"results": [{"title": "T", "url": "https://a.example/"}]})", "application/json");
    }};

    // As the user would write it.
    tools::web::Web web(const WebOptions& options, const std::string& net) const {
        std::ofstream(home.path() / "policy.toml") << "version = 1\n" << net;
        SandboxRunOptions wanted;
        wanted.workspace = folder.path();
        wanted.policy_file = home.path() / "policy.toml";
        return set_up_web(options, home.path() / "documents.db", test::shared_sandbox(),
                          agent_policy(wanted, {}).all.policy);
    }
    std::string open(const tools::web::Web& made, const std::string& url) const {
        try {
            return made.pages->open(url, false, {}).lines.back().text;
        } catch (const tools::Error& error) {
            return std::string("refused: ") + error.what();
        }
    }
};

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    MESSAGE("\"", part, "\" is not in: ", text);
    return false;
}

}  // namespace

TEST_CASE("web setup: pages come only from hosts of a policy's proxy, and from private ones only by its tag") {
    if (test::not_here()) return;
    const Setting setting;
    const std::string url = setting.server.url("/page");
    CHECK(has(setting.open(setting.web({}, ""), url), "mode = \"proxy\", allow = [\"127.0.0.1\"]"));
    CHECK(has(setting.open(setting.web({}, "[net]\nmode = \"host\"\n"), url), "mode = \"proxy\""));
    CHECK(has(setting.open(setting.web({}, "[net]\nmode = \"proxy\"\n"), url), "no host is allowed"));
    const std::string allowed =
        fmt::format("[net]\nmode = \"proxy\"\nallow = [\"127.0.0.1:{}\"]\n", setting.server.port());
    CHECK(has(setting.open(setting.web({}, allowed), url), "a loopback address: pages are fetched from public"));
    CHECK(setting.server.heads().empty());
    const auto open = setting.web({}, allowed + "dangerously_allow_private = true\n");
    CHECK(setting.open(open, url) == "a page");
    CHECK(open.network_log().size() == 1);
    CHECK(has(setting.open(open, "file://docs/x"), "no index of documents yet"));
}

TEST_CASE(
    "web setup: the search service is the user's choice, may be on this machine, and needs no network of others") {
    if (test::not_here()) return;
    const Setting setting;
    for (const char* net : {"", "[net]\nmode = \"proxy\"\n"}) {
        const auto made = setting.web({"searxng", setting.server.url("/"), ""}, net);
        CHECK(made.search->search({"q", 5, "web"}, {}).size() == 1);
        CHECK(has(setting.open(made, setting.server.url("/page")), "refused: "));
    }
    CHECK_THROWS_WITH_AS(setting.web({"searxng", "", ""}, ""), doctest::Contains("needs search_url"), Error);
    CHECK_THROWS_WITH_AS(setting.web({"searxng", "localhost", ""}, ""), doctest::Contains("cannot search by searxng"),
                         Error);
    CHECK_THROWS_WITH_AS(setting.web({"brave", "", ""}, ""), doctest::Contains("set search_key"), Error);
    CHECK(setting.web({"brave", "", "k"}, "").search != nullptr);
    CHECK_THROWS_WITH_AS(setting.web({}, "").search->search({"q", 5, "web"}, {}), doctest::Contains("no index"),
                         tools::Error);
}
