// tests/runtime/look_up_test.cpp: The embedded model looks something up in an index of documents, tool by tool.
#include <doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/cli/commands.h"
#include "tests/support/heddle_program.h"
#include "tests/support/lines.h"

using namespace heddle;
using prompts::Json;
using test::HeddleProgram;

namespace {

const std::string task = HEDDLE_SOURCE_DIR "/examples/tasks/look_up";

std::string question() {
    std::ifstream in(task + "/prompt.txt");
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("look up: from heddle index to an answer, by a search, a page of its results and a line of that") {
    HeddleProgram heddle;
    const int indexed = heddle.run({"index", task + "/documents"});
    const std::vector<std::string> words{
        "exec",    "--json",           "--model",       HEDDLE_SOURCE_DIR "/examples/pocket/model",
        "--cd",    heddle.workspace(), "--temperature", "0",
        "--tools", "search,open,find", "--threads",     "1",
        question()};
    if (indexed == exit_environment || heddle.run(words) == exit_environment) {
        MESSAGE("not tried: heddle cannot run here: ", heddle.err());
        return;
    }
    INFO(heddle.out());
    std::vector<std::string> called;
    std::string answer;
    for (const auto& event : test::lines_of(heddle.out())) {
        if (event["type"] != "item.completed") continue;
        const Json& item = event["item"];
        if (item["type"] == "agent_message") answer = item["text"];
        if (item.contains("tool")) called.push_back(item["tool"]);
    }
    CHECK(called == std::vector<std::string>{"search", "open"});
    CHECK(answer == "The weight of the lantern is 412.");
}
