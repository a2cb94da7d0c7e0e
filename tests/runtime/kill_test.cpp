// tests/runtime/kill_test.cpp: kill -9 of exec with the embedded model, also within its tools: nothing lost or doubled.
#include <doctest.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <set>
#include <sstream>

#include "runtime/cli/commands.h"
#include "runtime/json_lines.h"
#include "tests/support/heddle_program.h"
#include "tests/support/host_state.h"
#include "tests/support/lines.h"

using namespace heddle;
using prompts::Json;
using test::count;
using test::HeddleProgram;
using test::lines_of;

namespace {

const char* const question = "What is the total of the column price in orders.csv?";

// What says the same whenever it is said.
Json without_clock(Json line) {
    line.erase("timestamp");
    if (line.contains("usage")) line["usage"].erase("reasoning_output_tokens");
    return line;
}

// What exec would have shown of these recorded events.
std::vector<Json> shown_of(const std::string& session, const std::vector<Json>& recorded) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* memory = ::open_memstream(&text, &size);
    JsonLines view(memory, session, true, -1);
    for (const auto& line : recorded) {
        if (!line.contains("body")) continue;  // the session itself
        if (const auto event = event_of(line["kind"].get<std::string>(), line["body"])) view.event(*event);
    }
    std::fclose(memory);
    const auto lines = lines_of(text);
    std::free(text);
    return lines;
}

class Killed {
 public:
    Killed() : others_(test::children_of(::getpid())) {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what outlives exec becomes ours, and is seen
    }
    ~Killed() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }

    HeddleProgram heddle;

    // orders.csv is a file, or a pipe without a writer: then the tool that opens it waits until it is killed.
    void start(bool blocks) {
        const auto file = heddle.workspace() / "orders.csv";
        std::filesystem::remove(file);
        if (blocks) {
            REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
        } else {
            std::ofstream(file) << "item,price\nrope,12\nlamp,30\n";
        }
        heddle.start({"exec", "--json", "--temperature", "0", "--threads", "1", "--model",
                      HEDDLE_SOURCE_DIR "/examples/pocket/model", "--cd", heddle.workspace(), question});
    }

    bool wait_for(const std::string& part) const {
        for (int i = 0; i < 4000 && heddle.out().find(part) == std::string::npos; ++i) {
            if (heddle.ended()) return heddle.out().find(part) != std::string::npos;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return heddle.out().find(part) != std::string::npos;
    }

    // Holds what was shown against what the program itself says of the record. False: there is no session yet.
    bool check_record() {
        const auto shown = lines_of(heddle.out());
        if (shown.empty()) return false;
        const std::string id = shown.front()["thread_id"];
        REQUIRE(heddle.run({"log", "show", id, "--json"}) == exit_done);
        auto recorded = lines_of(heddle.out());
        CHECK(recorded.front()["id"] == id);
        const auto expected = shown_of(id, recorded);
        REQUIRE(shown.size() <= expected.size());
        for (std::size_t i = 0; i < shown.size(); ++i) CHECK(without_clock(shown[i]) == without_clock(expected[i]));

        REQUIRE(heddle.run({"log", "show", id}) == exit_done);
        const std::string text = heddle.out();
        CHECK(text.starts_with("session " + id));
        CHECK(count(text, "\nuser, ") <= 1);
        for (const auto& line : shown) {
            if (line["type"] == "turn.started") CHECK(count(text, question) == 1);
            if (line["type"] == "step.completed") {
                CHECK(count(text, "\nstep " + std::to_string(line["step"].get<int>()) + ": ") == 1);
            }
            if (line["type"] == "item.started") CHECK(count(text, "\ncall ") >= 1);
            if (line["type"] != "item.completed" || !line["item"].contains("text")) continue;
            CHECK(count(text, "\n  " + line["item"]["text"].get<std::string>() + "\n") == 1);
        }
        std::set<std::int64_t> nodes;
        REQUIRE(heddle.run({"log", "export", id, "--format", "jsonl"}) == exit_done);
        for (const auto& node : lines_of(heddle.out())) CHECK(nodes.insert(node["node"].get<std::int64_t>()).second);
        return true;
    }

    // Every process that exec began: launcher, keeper, tool. True when all are gone within five seconds.
    bool all_are_gone() const {
        for (int i = 0; i < 500; ++i) {
            while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
            if (std::ranges::all_of(test::children_of(::getpid()), [this](pid_t child) { return is_other(child); })) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }

 private:
    bool is_other(pid_t child) const { return std::ranges::find(others_, child) != others_.end(); }

    std::vector<pid_t> others_;  // of other tests: a launcher that they share
};

}  // namespace

TEST_CASE("exec: killed at 50 moments, 20 of them within a tool, log show has all that was shown, and nothing twice") {
    Killed killed;
    killed.start(false);
    const int code = killed.heddle.wait();
    if (code == exit_environment) {
        MESSAGE("not tried: exec cannot run here: ", killed.heddle.err());
        return;
    }
    REQUIRE(code == exit_done);
    std::mt19937 random(11);
    int sessions = 0, within_tool = 0;
    for (int round = 0; round < 50; ++round) {
        INFO("round ", round);
        const bool in_tool = round % 5 < 2;
        killed.start(in_tool);
        if (in_tool) {
            REQUIRE(killed.wait_for("\"item.started\""));
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
        } else if (round % 5 == 2) {
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));  // mostly while it starts
        } else {
            killed.wait_for("\"thread.started\"");
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 350));
        }
        killed.heddle.signal(SIGKILL);
        CHECK(killed.all_are_gone());
        // exec was blocked in the tool: it started, and no result was shown.
        const std::string shown = killed.heddle.out();
        within_tool += in_tool && count(shown, "\"item.started\"") == 1 && count(shown, "\"failed\"") == 0 &&
                       count(shown, "\"turn.completed\"") == 0;
        sessions += killed.check_record();
    }
    MESSAGE("kills within a session: ", sessions, " of 50, within a tool: ", within_tool);
    CHECK(sessions >= 20);
    CHECK(within_tool >= 15);

    killed.start(false);
    CHECK(killed.heddle.wait() == exit_done);
    CHECK(killed.heddle.out().find("\"turn.completed\"") != std::string::npos);
    CHECK(killed.check_record());
    CHECK(killed.heddle.run({"log", "list"}) == exit_done);
    const std::string listed = killed.heddle.out();
    std::set<std::string> once;
    std::istringstream in(listed);
    for (std::string line; std::getline(in, line);) CHECK(once.insert(line.substr(0, 36)).second);
    CHECK(once.size() >= static_cast<std::size_t>(sessions) + 2);
}
