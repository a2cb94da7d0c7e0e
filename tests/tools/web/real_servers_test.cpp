// tests/tools/web/real_servers_test.cpp: A session of search, open and find over a real searx and a real nginx.
#include <doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "sandbox/fd.h"
#include "tests/support/page_server.h"
#include "tests/support/tool_house.h"
#include "tools/web/remote_pages.h"
#include "tools/web/searxng.h"

using namespace heddle::tools;
using heddle::prompts::Json;
using heddle::sandbox::Fd;

namespace {

// True, and says what is missing, where the Debian packages of the servers are not installed.
bool servers_are_missing() {
    bool missing = false;
    for (const auto& [program, package] :
         {std::pair{"/usr/bin/searx-run", "searx"}, std::pair{"/usr/sbin/nginx", "nginx-light"},
          std::pair{"/usr/bin/openssl", "openssl"}}) {
        if (::access(program, X_OK) == 0) continue;
        MESSAGE("not tested here: ", program, " is missing, of the package ", package);
        missing = true;
    }
    return missing;
}

// tests/web_servers/serve.py, ended with its scope.
class Servers {
 public:
    Servers() {
        std::array<int, 2> in{}, out{};
        REQUIRE((::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0));
        Fd heard(in[0]), said(out[1]);
        input_ = Fd(in[1]);
        const Fd output(out[0]);
        process_ = ::fork();
        REQUIRE(process_ >= 0);
        if (process_ == 0) {
            ::dup2(heard.get(), 0);
            ::dup2(said.get(), 1);
            ::execl("/usr/bin/python3", "python3", HEDDLE_SOURCE_DIR "/tests/web_servers/serve.py", folder().c_str(),
                    nullptr);
            ::_exit(127);
        }
        said.reset();
        std::string line;
        for (char c = 0; c != '\n' && ::read(output.get(), &c, 1) == 1;) line += c;
        ports_ = Json::parse(line, nullptr, false);
        REQUIRE_MESSAGE(ports_.is_object(), "the servers did not start; see above");
    }
    ~Servers() {
        input_.reset();
        ::waitpid(process_, nullptr, 0);
    }
    Servers(const Servers&) = delete;

    std::uint16_t port(const char* name) const { return ports_.at(name).get<std::uint16_t>(); }
    std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port("pages"), path); }
    std::string asked_of_nginx() const {
        std::ifstream in(folder() + "/access.log");
        return {std::istreambuf_iterator<char>(in), {}};
    }

 private:
    std::string folder() const { return folder_.path() / "web"; }

    heddle::test::TempFolder folder_;
    Fd input_;
    pid_t process_ = -1;
    Json ports_;
};

// A conversation's web tools: searx to search by, and of the pages only nginx allowed.
struct Session {
    Servers servers;
    std::shared_ptr<web::Reader> reader = std::make_shared<web::Reader>(heddle::test::shared_sandbox());
    Workbench bench{heddle::test::shared_sandbox(), {}};
    std::unique_ptr<Dispatcher> dispatcher;
    std::vector<std::string> network;  // what the proxy was asked, of all calls

    Session() {
        heddle::sandbox::NetRules rules;
        rules.allow = {{"127.0.0.1", servers.port("pages")}, {"127.0.0.1", servers.port("own_word")}};
        rules.allow_private = true;  // pages may be on this machine in a test alone
        const auto pace = heddle::test::no_pace();
        web::Web web;
        web.search = std::make_shared<web::Searxng>(
            web::SearchService(reader, pace, fmt::format("http://127.0.0.1:{}", servers.port("searx"))));
        web.pages = std::make_shared<web::RemotePages>(reader, pace, rules);
        web.network_log = [this] { return reader->take_network_log(); };
        dispatcher = std::make_unique<Dispatcher>(ToolContext{bench, {}, {}, std::move(web)});
        add_tools(*dispatcher, {"search", "open", "find"});
    }
    std::string call(const std::string& name, Json arguments) {
        heddle::prompts::ToolCall made;
        made.name = name;
        made.arguments = std::move(arguments);
        const ToolResult result = dispatcher->call(made, {});
        const auto lines = result.details.value("network", Json::array());
        for (const auto& line : lines) network.push_back(line.get<std::string>());
        return result.text;
    }
    std::string open(const std::string& path) { return call("open", {{"id", servers.url(path)}}); }
};

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    MESSAGE("\"", part, "\" is not in: ", text.substr(0, 500));
    return false;
}

}  // namespace

TEST_CASE(
    "real servers: a session over searx and nginx gives what is right, or a refusal in words, and reaches no more") {
    if (heddle::test::not_here() || servers_are_missing()) return;
    Session session;
    CHECK(
        has(session.call("search", {{"query", "heddle"}}), "【0†Looms; publish_date: none†127.0.0.1】 how the heddle"));
    CHECK(has(session.call("open", {{"id", 0}}), "The heddle lifts the threads that the next row needs."));
    CHECK(has(session.call("find", {{"pattern", "next row"}}), "match at L"));
    CHECK(has(session.call("open", {{"id", 0}, {"cursor", 1}}), "A thread is spun of fibres."));
    CHECK(has(session.call("search", {{"query", "nothing-of-the-kind"}}), "No results."));
    CHECK(has(session.open("/moved"), "The heddle lifts"));
    CHECK(has(session.open("/latin.html"), "caf\xef\xbf\xbd au lait"));
    CHECK(has(session.open("/links.html"), "【0†link 0†127.0.0.1】"));
    CHECK(has(session.open("/unclosed.html"), "unclosed"));

    CHECK(has(session.open("/inside"), "it redirects to 127.0.0.1:"));
    CHECK(has(session.open("/metadata"), "169.254.169.254:80 is not in the allowed hosts of this session"));
    CHECK(has(session.open("/file"), "which is no page of the web"));
    CHECK(has(session.open("/circle"), "in a circle"));
    CHECK(has(session.open("/large.html"), "it is larger than 10 MB (52428800 bytes)"));
    CHECK(has(session.open("/endless"), "it is larger than 10 MB"));
    CHECK(has(session.open("/bomb"), "it unpacks to more than 20 MB"));
    CHECK(has(session.open("/picture.png"), "it is image/png, 2000 bytes; only text can be read"));
    CHECK(has(session.open("/paper.pdf"), "it is application/pdf, 18 bytes; only text can be read"));
    CHECK(has(session.open("/no-such-page"), "status 404"));
    const std::string on_its_own_word = fmt::format("https://127.0.0.1:{}/", session.servers.port("own_word"));
    CHECK(has(session.call("open", {{"id", on_its_own_word}}), "no connection that can be trusted: "));

    // The proxy's log of all of it: the servers that were allowed, and two places that were refused.
    const auto line_of = [](const std::string& what, const std::string& host, std::uint16_t port) {
        return fmt::format("{} {}:{}", what, host, port);
    };
    int refused = 0;
    for (const auto& line : session.network) {
        INFO(line);
        const bool is_refusal = line.find("blocked connect") == 0;
        refused += is_refusal ? 1 : 0;
        const bool is_server =
            line.find(line_of("connect", "127.0.0.1", session.servers.port("pages"))) != line.npos ||
            line.find(line_of("connect", "127.0.0.1", session.servers.port("own_word"))) != line.npos ||
            line.find(line_of("connect", "127.0.0.1", session.servers.port("searx"))) != line.npos;
        const bool is_known = line.find(line_of("connect", "127.0.0.1", session.servers.port("secret"))) != line.npos ||
                              line.find(line_of("connect", "169.254.169.254", 80)) != line.npos;
        CHECK((is_refusal ? is_known : is_server));
    }
    CHECK(refused == 2);
    CHECK(session.network.size() >= 19);
    CHECK(session.servers.asked_of_nginx().find("/secret") == std::string::npos);
}
