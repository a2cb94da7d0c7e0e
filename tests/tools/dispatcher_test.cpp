// tests/tools/dispatcher_test.cpp: Whatever a model calls, a bounded and readable result comes back.
#include "tools/dispatcher.h"

#include <doctest.h>
#include <fmt/format.h>

#include <functional>
#include <latch>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/support/tool_house.h"
#include "tools/standard_prompt.h"

using heddle::prompts::Json;
using heddle::test::ToolHouse;
using heddle::tools::ToolResult;

namespace {

// A tool whose work a test gives.
class Scripted : public heddle::tools::Tool {
 public:
    explicit Scripted(std::function<ToolResult(const Json&)> work, bool runs_beside = false)
        : Tool({Json::parse(R"({"name":"scripted","parameters":{"type":"object","properties":{
            "count":{"type":"integer"}}}})")}),
          work_(std::move(work)),
          runs_beside_(runs_beside) {}
    bool runs_beside(const Json&, const heddle::tools::ToolContext&) const override { return runs_beside_; }
    ToolResult run(const Json& arguments, heddle::tools::ToolContext&, std::stop_token) override {
        return work_(arguments);
    }

 private:
    std::function<ToolResult(const Json&)> work_;
    bool runs_beside_;
};

ToolResult call_scripted(std::function<ToolResult(const Json&)> work, Json arguments = Json::object()) {
    ToolHouse house;
    house.dispatcher().add(std::make_unique<Scripted>(std::move(work)));
    return house.call("scripted", std::move(arguments));
}

}  // namespace

TEST_CASE("dispatcher: the standard tools have exactly the specifications that the embedded model is trained on") {
    ToolHouse house;
    const auto specs = house.dispatcher().specs();
    REQUIRE(specs.size() == 3);
    CHECK(specs[0].function.dump() ==
          R"({"name":"bash","description":"Run a shell command in the folder. Returns what it prints, and its exit )"
          R"(status if that is not 0.","parameters":{"type":"object","properties":{"command":{"type":"string"}},)"
          R"("required":["command"]}})");
    CHECK(specs[1].function.dump() ==
          R"({"name":"python","description":"Run a Python 3 script in the folder. Returns what it prints.",)"
          R"("parameters":{"type":"object","properties":{"code":{"type":"string"}},"required":["code"]}})");
    CHECK(specs[2].function.dump() ==
          R"({"name":"read_file","description":"Read lines of a text file in the folder, with line numbers.",)"
          R"("parameters":{"type":"object","properties":{"path":{"type":"string"},"first":{"type":"integer"},)"
          R"("last":{"type":"integer"}},"required":["path"]}})");
}

TEST_CASE("dispatcher: the system message is the standing text, without its last newline, and the tools") {
    ToolHouse house;
    const auto message = heddle::tools::system_message(house.dispatcher());
    CHECK(message.role == heddle::prompts::Role::system);
    CHECK(message.content ==
          "You are Heddle, an agent that works in a folder on the user's computer.\n"
          "Use the tools to look at files and to compute; do not guess what a tool can tell you.\n"
          "When you know the answer, give it in a short sentence.");
    REQUIRE(message.tools.size() == 3);
    CHECK(message.tools[2].name() == "read_file");
}

TEST_CASE("dispatcher: a call that is wrong is refused with the way to do it right") {
    ToolHouse house;
    const struct {
        std::string name;
        const char *arguments, *text;
    } cases[] = {
        {"x", "{}", R"x([error: no tool named "x"; the tools are bash, python, read_file])x"},
        {"", "{}", R"x([error: no tool named ""; the tools are bash, python, read_file])x"},
        {"Bash", "{}", R"x([error: no tool named "Bash"; the tools are bash, python, read_file])x"},
        {"bash\n", "{}", R"x([error: no tool named "bash\n"; the tools are bash, python, read_file])x"},
        {"\x1b[2J\x07", "{}", R"x([error: no tool named "\x1b[2J\x07"; the tools are bash, python, read_file])x"},
        {"bash", "{}", R"x([error: bash: missing argument "command"; example: {"command": "ls"}])x"},
        {"bash", R"({"cmd":"ls"})", R"x([error: bash: unknown argument "cmd"; example: {"command": "ls"}])x"},
        {"python", R"({"code":1})",
         R"x([error: python: argument "code" must be a string; example: {"code": "print(6 * 7)"}])x"},
        {"read_file", R"({"path":"a","first":"x"})",
         R"x([error: read_file: argument "first" must be an integer; example: {"path": "notes.txt", "first": 1}])x"},
    };
    for (const auto& one : cases) {
        const auto result = house.call(one.name, Json::parse(one.arguments));
        CHECK(result.text == one.text);
        CHECK(!result.ok);
        CHECK(result.details.contains("refused"));
    }
}

TEST_CASE("dispatcher: a name of a megabyte neither floods the text nor breaks it") {
    ToolHouse house;
    CHECK(house.call(std::string(1 << 20, 'n'), Json::object()).text.size() < 300);
    CHECK(house.call(std::string(1 << 20, '\xff'), Json::object()).text.size() < 600);
}

TEST_CASE("dispatcher: a coerced argument reaches the tool as an integer, and the record names it") {
    const auto result = call_scripted(
        [](const Json& arguments) {
            ToolResult made;
            made.text = arguments.at("count").dump();
            made.details["own"] = 1;
            return made;
        },
        {{"count", "12"}});
    CHECK(result.text == "12");
    CHECK(result.details.dump() == R"({"own":1,"coerced":["count"]})");
}

TEST_CASE("dispatcher: a tool that throws is a failed call; a lost sandbox ends the task") {
    const auto result = call_scripted([](const Json&) -> ToolResult { throw std::runtime_error("no\x1b luck"); });
    CHECK(result.text == "[error: scripted: no\\x1b luck]");
    CHECK(!result.ok);
    CHECK_THROWS_AS(
        call_scripted([](const Json&) -> ToolResult { throw heddle::sandbox::Error("the launcher is gone"); }),
        heddle::sandbox::Error);
}

TEST_CASE("dispatcher: what a tool returns is made readable and bounded, even if the tool forgot to") {
    const auto result = call_scripted([](const Json&) {
        ToolResult made;
        made.text = "\x1b[2J\xff" + std::string(100'000, 'x');
        return made;
    });
    CHECK(result.text.rfind("\\x1b[2J\xef\xbf\xbdxxx", 0) == 0);
    CHECK(result.text.size() < 16'100);
    CHECK(result.ok);
}

TEST_CASE("dispatcher: calls that may run side by side do, and are reported in the order of the reply") {
    ToolHouse house{heddle::tools::Approvals(), heddle::tools::Secrets()};
    std::latch all(3);
    house.dispatcher().add(std::make_unique<Scripted>(
        [&all](const Json& arguments) {
            all.arrive_and_wait();  // returns only when three are at work
            ToolResult made;
            made.text = arguments.at("count").dump();
            return made;
        },
        true));
    std::vector<heddle::prompts::ToolCall> calls;
    for (int i = 0; i < 3; ++i) calls.push_back({"", "scripted", {{"count", i}}});
    CHECK(house.dispatcher().batch_of(calls) == 3);
    const auto results = house.dispatcher().call(calls, {});
    REQUIRE(results.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(results[i].text == std::to_string(i));
}

TEST_CASE("dispatcher: what waits for the calls before it is done in the order of the reply") {
    ToolHouse house{heddle::tools::Approvals(), heddle::tools::Secrets()};
    struct InTurn : Scripted {
        InTurn() : Scripted([](const Json&) { return ToolResult(); }, true) {}
        Rest begin(const Json& arguments, heddle::tools::ToolContext&, std::stop_token) override {
            const int count = arguments.at("count");
            if (count == 0) others_begun.wait();  // the first is the last to be done with what runs beside
            if (count > 0) others_begun.count_down();
            if (count == 2) throw std::runtime_error("no luck at the beginning");
            return [this, count] {
                if (count == 3) throw std::runtime_error("no luck in turn");
                ToolResult made;
                made.text = fmt::format("{} came as number {}", count, turns++);
                return made;
            };
        }
        std::latch others_begun{4};
        int turns = 0;
    };
    house.dispatcher().add(std::make_unique<InTurn>());
    std::vector<heddle::prompts::ToolCall> calls;
    for (int i = 0; i < 5; ++i) calls.push_back({"", "scripted", {{"count", i}}});
    std::vector<std::string> texts;
    for (const auto& result : house.dispatcher().call(calls, {})) texts.push_back(result.text);
    CHECK(texts == std::vector<std::string>{"0 came as number 0", "1 came as number 1",
                                            "[error: scripted: no luck at the beginning]",
                                            "[error: scripted: no luck in turn]", "4 came as number 2"});
}

TEST_CASE("dispatcher: a call that may change something, or is unknown, is a batch of its own") {
    ToolHouse house{heddle::tools::Approvals(), heddle::tools::Secrets()};
    house.dispatcher().add(std::make_unique<Scripted>([](const Json&) { return ToolResult(); }, true));
    heddle::tools::add_tools(house.dispatcher(), {"bash"});
    const heddle::prompts::ToolCall beside{"", "scripted", Json::object()}, alone{"", "bash", Json::object()},
        unknown{"", "x", Json::object()};
    using Calls = std::vector<heddle::prompts::ToolCall>;
    CHECK(house.dispatcher().batch_of(Calls{beside, beside, alone, beside}) == 2);
    CHECK(house.dispatcher().batch_of(Calls{alone, beside}) == 1);
    CHECK(house.dispatcher().batch_of(Calls{unknown, beside}) == 1);
    CHECK(house.dispatcher().batch_of(Calls(20, beside)) == 8);
}

TEST_CASE("dispatcher: a call that is not approved does not run, and the record says why") {
    heddle::tools::CallRules rules;
    rules.deny = heddle::tools::call_rules_of("scripted");
    ToolHouse house{heddle::tools::Approvals(rules, {}), heddle::tools::Secrets()};
    bool has_run = false;
    house.dispatcher().add(std::make_unique<Scripted>([&](const Json&) {
        has_run = true;
        return ToolResult();
    }));
    const auto result = house.call("scripted", Json::object());
    CHECK(!has_run);
    CHECK(!result.ok);
    CHECK(result.text.starts_with("[error: not run: the user's rule denies scripted"));
    CHECK(result.details.dump() == R"({"refused":"approval","approval":{"rule":"deny scripted"}})");
}

TEST_CASE("dispatcher: no secret of the environment comes through, in no text, no answer and no record") {
    const std::map<std::string, std::string> environment = {{"MY_KEY", "hunter2hunter2"}};
    ToolHouse house{heddle::tools::Approvals(), heddle::tools::Secrets(environment)};
    house.dispatcher().add(std::make_unique<Scripted>([](const Json&) {
        ToolResult made;
        made.text = "MY_KEY=hunter2hunter2";
        made.answer = "it is hunter2hunter2";
        made.details["drawn_output"] = "hunter2hunter2\r";
        return made;
    }));
    const auto result = house.call("scripted", Json::object());
    CHECK(result.text == "MY_KEY=[secret MY_KEY]");
    CHECK(*result.answer == "it is [secret MY_KEY]");
    CHECK(result.details.at("drawn_output") == "[secret MY_KEY]\r");
}

TEST_CASE("dispatcher: a repeated call is said, refused at a limit, and at last the turn is hopeless") {
    ToolHouse house{heddle::tools::Approvals(), heddle::tools::Secrets()};
    int runs = 0;
    house.dispatcher().add(std::make_unique<Scripted>([&](const Json&) {
        ++runs;
        ToolResult made;
        made.text = "same";
        return made;
    }));
    const heddle::prompts::ToolCall again{"", "scripted", Json::object()};
    CHECK(house.dispatcher().call(again, {}).text == "same");
    const auto second = house.dispatcher().call(again, {});
    CHECK(second.text == "same\n[the same call had the same result before]");
    CHECK(second.details.at("repeated") == true);
    ToolResult last;
    int refused = 0;
    for (int i = 0; i < 50 && last.hopeless.empty(); ++i) {
        last = house.dispatcher().call(again, {});
        if (!last.ok) ++refused;
    }
    CHECK(runs == 6);
    CHECK(refused == 5);
    CHECK(last.hopeless == "the model makes the same calls again and again");
    house.dispatcher().begin_turn();
    CHECK(house.dispatcher().call(again, {}).text == "same");
}
