// tests/runtime/tools_cli_test.cpp: heddle tools as a user types it, right and wrong.
#include <doctest.h>

#include <fstream>
#include <string>

#include "prompts/message.h"
#include "runtime/cli/commands.h"
#include "tests/support/heddle_program.h"
#include "tests/support/tool_house.h"

using namespace heddle;
using prompts::Json;
using test::HeddleProgram;
namespace fs = std::filesystem;

namespace {

struct Person {
    HeddleProgram heddle;

    int call(std::vector<std::string> words, const std::string& input = {}) {
        words.insert(words.begin(), {"tools", "call"});
        words.insert(words.end(), {"--cd", heddle.workspace()});
        return heddle.run(words, input);
    }
    bool says(const std::string& part) const {
        const std::string said = heddle.err();
        INFO(said);
        return said.starts_with("heddle: ") && said.find('\n') + 1 == said.size() && said.find(part) != said.npos;
    }
};

}  // namespace

TEST_CASE("heddle tools: list names each tool, and show what a model is told of one") {
    HeddleProgram heddle;
    CHECK(heddle.run({"tools", "list"}) == exit_done);
    CHECK(heddle.out().starts_with("bash         * Run a shell command in the folder.\n"));
    CHECK(heddle.out().find("\nsubmit         End the task") != std::string::npos);
    CHECK(heddle.run({"tools", "list", "--json"}) == exit_done);
    const Json first = Json::parse(heddle.out().substr(0, heddle.out().find('\n')));
    CHECK(first.at("name") == "bash");
    CHECK(first.at("standard") == true);
    CHECK(heddle.run({"tools", "show", "read_file"}) == exit_done);
    CHECK(heddle.out().find("\"first\"") != std::string::npos);
    CHECK(heddle.out().ends_with("example: heddle tools call read_file '{\"path\": \"notes.txt\"}'\n"));
}

TEST_CASE("heddle tools: a call runs in the folder and prints what a model would read") {
    if (test::not_here()) return;
    Person person;
    std::ofstream(person.heddle.workspace() / "a.txt") << "one\ntwo\n";
    CHECK(person.call({"bash", "command=ls; (exit 3)"}) == exit_done);
    CHECK(person.heddle.out() == "a.txt\n[exit status 3]\n");
    CHECK(person.call({"read_file", R"({"path": "a.txt", "first": 2})"}) == exit_done);
    const std::string read = person.heddle.out();
    CHECK(read.find("two") != std::string::npos);
    CHECK(person.call({"read_file", "path=a.txt", "first=2"}) == exit_done);
    CHECK(person.heddle.out() == read);
    CHECK(person.call({"read_file", "-"}, R"({"path": "a.txt", "first": 2})") == exit_done);
    CHECK(person.heddle.out() == read);
    CHECK(person.call({"bash", "command=echo x", "--json"}) == exit_done);
    const Json result = Json::parse(person.heddle.out());
    CHECK(result.at("text") == "x");
    CHECK(result.at("details").at("exit_status") == 0);
}

TEST_CASE("heddle tools: a call that is refused prints why and fails; rules hold as in a conversation") {
    if (test::not_here()) return;
    Person person;
    CHECK(person.call({"read_file", "path=no.txt"}) == exit_failed);
    CHECK(person.heddle.out().starts_with("[error: "));
    CHECK(person.call({"bash", "command=ls; git push", "--deny-tool", "bash(git push *)"}) == exit_failed);
    CHECK(person.heddle.out().find("the user's rule denies") != std::string::npos);
    CHECK(person.call({"bash", "command=ls", "--approval", "ask"}) == exit_failed);
    CHECK(person.heddle.out().find("nobody can be asked here") != std::string::npos);
    CHECK(person.call({"bash", "command=ls", "--approval", "ask", "--allow-tool", "bash(ls *)"}) == exit_done);
}

TEST_CASE("heddle tools: what was typed wrong is one line that says what to do") {
    Person person;
    CHECK(person.call({"bahs", "command=ls"}) == exit_usage);
    CHECK(person.says("there is no tool \"bahs\"; the tools are bash, "));
    CHECK(person.call({"bash", "ls"}) == exit_usage);
    CHECK(person.says("\"ls\" is neither NAME=VALUE nor a JSON object"));
    CHECK(person.call({"bash", "{\"command\":"}) == exit_usage);
    CHECK(person.says("they are no JSON"));
    CHECK(person.call({"bash", "command=ls", "--deny-tool", "bash(ls"}) == exit_usage);
    CHECK(person.says("its bracket does not end"));
    CHECK(person.heddle.run({"tools", "show"}) == exit_usage);
    CHECK(person.heddle.run({"tools"}) == exit_usage);
}

TEST_CASE("heddle tools: a secret of the environment is not printed") {
    if (test::not_here()) return;
    Person person;
    person.heddle.live_where([] { return ::setenv("MY_API_KEY", "hunter2hunter2", 1) == 0; });
    std::ofstream(person.heddle.workspace() / ".config") << "key=hunter2hunter2\n";
    CHECK(person.call({"bash", "command=cat .config"}) == exit_done);
    CHECK(person.heddle.out() == "key=[secret MY_API_KEY]\n");
}
