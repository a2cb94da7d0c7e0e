// tests/sandbox/unconfined_test.cpp: Without a sandbox nothing is enforced, and nothing says that it were.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sandbox/policy_file.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Open : Workspace {
    Open() { policy.tier = Tier::d; }
    std::string refused() const {
        const Result result = bash("touch ran");
        CHECK(!fs::exists(path() / "ran"));
        CHECK(!result.enforcement);
        return result.outcome.kind == Outcome::Kind::setup_failed ? result.outcome.detail : "";
    }
};

// How many processes of the host have this word in their command.
int running_with(const std::string& mark) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::ifstream in(entry.path() / "cmdline", std::ios::binary);
        const std::string line{std::istreambuf_iterator<char>(in), {}};
        count += line.find('\0' + mark + '\0') != std::string::npos;
    }
    return count;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("unconfined: commands run as who runs them, and every layer is said to be held by nobody") {
    const Open open;
    const TempFolder elsewhere;
    const Result result = open.bash("id -u; echo x >" + (elsewhere.path() / "file").native() + "; echo here >file");
    REQUIRE(exited(result));
    CHECK(result.out.text() == std::to_string(::geteuid()) + "\n");
    CHECK(fs::exists(elsewhere.path() / "file"));
    CHECK(open.read("file") == "here\n");
    REQUIRE(result.enforcement);
    CHECK(result.enforcement->tier == Tier::d);
    for (const Holder holder : result.enforcement->holders) CHECK(holder == Holder::none);
}

TEST_CASE("unconfined: whatever is required is refused, and so is what would be wrong") {
    Open open;
    for (const auto word : require_names()) {
        open.policy.require = {std::string(word)};
        CHECK(has(open.refused(), "which the policy requires, in tier D"));
    }
    open.policy.require.clear();
    open.policy.mode = WorkspaceMode::ro;
    CHECK(has(open.refused(), "use the mode direct"));
    open.policy.mode = WorkspaceMode::cow;
    CHECK_THROWS_AS(shared_sandbox().open(open.policy), Error);
    open.policy.mode = WorkspaceMode::direct;
    open.policy.hide = {"file"};
    open.write("file", "");
    CHECK(has(open.refused(), "leave it out of fs.hide"));
    open.policy.hide.clear();
    open.policy.network = NetworkMode::proxy;
    CHECK_THROWS_AS(shared_sandbox().open(open.policy), Error);
    open.policy.network = NetworkMode::off;
    CHECK(exited(open.bash("true")));
}

TEST_CASE("unconfined: limits hold all the same, and nothing that was started is left") {
    Open open;
    open.policy.limits.wall = 700ms;
    CHECK(open.bash("trap '' TERM INT; sleep 60").outcome.kind == Outcome::Kind::timed_out);
    open.policy.limits.wall = 20s;
    open.policy.limits.open_files = 50;
    CHECK(open.bash("ulimit -n").out.text() == "50\n");
    open.policy.limits.output_bytes = 1000;
    CHECK(open.bash("yes").outcome.kind == Outcome::Kind::output_exceeded);
    open.policy.limits.memory_bytes = 64 << 20;
    CHECK(!open.python("x = bytearray(600 << 20)").outcome.succeeded());
    open.policy.limits = {};
    const std::string mark = "60." + std::to_string(::getpid());
    const Result result = open.bash("setsid sleep " + mark + " & setsid nohup sleep " + mark + " & echo $HOME $TMPDIR");
    REQUIRE(exited(result));
    CHECK(running_with(mark) == 0);
    const std::string home = result.out.text().substr(0, result.out.text().find(' '));
    CHECK(has(home, "/home"));
    CHECK(!fs::exists(home));
}

TEST_CASE("unconfined: a session lives until it is closed, and its commands with it") {
    const Open open;
    Session session = shared_sandbox().open(open.policy);
    const std::string mark = "61." + std::to_string(::getpid());
    CHECK(exited(session.run(bash("setsid sleep " + mark + " >/dev/null 2>&1 & sleep 0.2"))));
    CHECK(running_with(mark) == 1);
    session.close();
    CHECK(running_with(mark) == 0);
}

TEST_CASE("unconfined: no policy file can ask for it") {
    CHECK_THROWS_AS(parse_policy("version = 1\ntier = \"D\"", {PolicyOrigin::user_config, "/p.toml", "", ""}), Error);
}
