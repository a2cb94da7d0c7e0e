// tests/runtime/exec_changes_test.cpp: What an agent wrote apart from the folder comes into it when its task has ended
// well, in each tier; else it waits.
#include <doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cli/commands.h"
#include "tests/support/heddle_program.h"
#include "tests/support/refuse_namespaces.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle;
using test::HeddleProgram;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The embedded model reads orders.csv with a script that imports csv: here that is a file of the folder, which writes.
struct House : HeddleProgram {
    explicit House(const std::string& writes) {
        write("orders.csv", "item,price\nrope,12\nlamp,30\n");
        write("csv.py", writes +
                            "\nimport importlib.util, sysconfig\nspec = importlib.util.spec_from_file_location("
                            "'real', sysconfig.get_path('stdlib') + '/csv.py')\nreal = "
                            "importlib.util.module_from_spec(spec)\nspec.loader.exec_module(real)\n"
                            "globals().update(vars(real))\n");
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(workspace() / name) << text; }
    std::string read(const std::string& name) const {
        std::ifstream in(workspace() / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write_policy(const std::string& text) const {
        fs::create_directories(store().parent_path());
        std::ofstream(store().parent_path() / "policy.toml") << "version = 1\n" << text;
    }
    std::vector<std::string> task(std::vector<std::string> more = {}) const {
        std::vector<std::string> words{
            "exec", "--temperature", "0", "--threads", "1", "--model", HEDDLE_SOURCE_DIR "/examples/pocket/model",
            "--cd", workspace()};
        words.insert(words.end(), more.begin(), more.end());
        words.emplace_back("What is the total of the column price in orders.csv?");
        return words;
    }
    int decide(std::vector<std::string> words) {
        words.insert(words.begin(), "sandbox");
        words.insert(words.end(), {"--workspace", workspace()});
        return run(words);
    }
};

void in_each_tier(const std::string& writes, const std::function<void(House&)>& work) {
    for (const char* mode : {"cow", "copy"}) {
        for (const bool is_lone : {false, true}) {
            if (is_lone ? test::no_rules_here() : test::no_sandbox_here()) continue;
            INFO(mode, is_lone ? " in tier C" : " in tier A");
            House house(writes);
            house.write_policy(std::string(is_lone ? "tier = \"C\"\n" : "") + "[fs]\nworkspace = \"" + mode + "\"\n");
            if (is_lone) house.live_where(test::refuse_namespaces);
            work(house);
        }
    }
}

}  // namespace

TEST_CASE(
    "exec: what an agent wrote apart from the folder is committed when its task has ended, but what is protected") {
    in_each_tier("open('made', 'w').write('by the agent')\nopen('AGENTS.md', 'w').write('evil')", [](House& house) {
        CHECK(house.run(house.task()) == exit_done);
        CHECK(has(house.out(), "42"));
        CHECK(has(house.err(), "committed:\n"));
        CHECK(has(house.err(), "A made\n"));
        CHECK(has(house.err(),
                  "not committed:\n! AGENTS.md (protected: agent instructions)\nkept: heddle sandbox diff "
                  "--workspace "));
        CHECK(house.read("made") == "by the agent");
        CHECK_FALSE(fs::exists(house.workspace() / "AGENTS.md"));
        // Nothing runs on top of changes that wait.
        CHECK(house.run(house.task()) == exit_environment);
        CHECK(has(house.err(), "those of an earlier command wait"));
        CHECK(house.decide({"commit", "--accept", "AGENTS.md"}) == 0);
        CHECK(house.read("AGENTS.md") == "evil");
    });
}

TEST_CASE("exec: of a task that did not end well nothing is committed, and what it wrote waits for a person") {
    in_each_tier("open('made', 'w').write('by the agent')", [](House& house) {
        CHECK(house.run(house.task({"--steps", "1"})) == exit_limit);
        CHECK_FALSE(fs::exists(house.workspace() / "made"));
        CHECK(has(house.err(), "A made\nkept: heddle sandbox diff "));
        CHECK(house.decide({"diff"}) == 0);
        CHECK(has(house.out(), "A made\n"));
        CHECK(house.decide({"commit"}) == 0);
        CHECK(house.read("made") == "by the agent");
    });
}

TEST_CASE("interactive: all turns work on one state of the folder, which comes into it when the conversation ends") {
    // One Python goes on from turn to turn and imports a module once, so each opening of the file counts.
    const std::string counts =
        "import builtins\nplain = open\ndef counted(path, *more, **named):\n"
        "    if path == 'orders.csv': plain('made', 'a').write('again ')\n"
        "    return plain(path, *more, **named)\nbuiltins.open = counted";
    in_each_tier(counts, [](House& house) {
        const std::string question = "What is the total of the column price in orders.csv?\n";
        CHECK(house.run({"--temperature", "0", "--threads", "1", "--model", HEDDLE_SOURCE_DIR "/examples/pocket/model",
                         "--cd", house.workspace()},
                        question + question) == exit_done);
        CHECK(has(house.err(), "committed:\n"));
        CHECK(house.read("made") == "again again ");
    });
}

TEST_CASE("exec: what somebody changed in the folder meanwhile is not overwritten, and the exit code says so") {
    in_each_tier("open('kept', 'w').write('by the agent')\nimport time\ntime.sleep(2)", [](House& house) {
        house.start(house.task());
        for (int i = 0; i < 4000 && !house.ended() && !has(house.err(), "> python"); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        REQUIRE(has(house.err(), "> python"));
        house.write("kept", "by somebody");
        CHECK(house.wait() == exit_failed);
        CHECK(has(house.out(), "42"));
        CHECK(has(house.err(), "nothing was committed, for the folder was changed meanwhile:\n"));
        CHECK(house.read("kept") == "by somebody");
        CHECK(house.decide({"discard"}) == 0);
    });
}
