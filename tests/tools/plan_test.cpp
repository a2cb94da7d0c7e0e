// tests/tools/plan_test.cpp: A list of steps is shown and kept as it was given.
#include <doctest.h>

#include "tests/support/tool_house.h"

using heddle::prompts::Json;
using heddle::test::ToolHouse;

TEST_CASE("plan: each step is a line with its state, and the record has the list") {
    ToolHouse house({"plan"});
    const Json steps = Json::parse(R"([{"step":"read","state":"done"},{"step":"mend\n it","state":"doing"},
                                       {"step":"test","state":"todo"}])");
    const auto result = house.call("plan", {{"steps", steps}});
    CHECK(result.ok);
    CHECK(result.text == "[x] read\n[>] mend\\n it\n[ ] test");
    CHECK(result.details.at("plan") == steps);
}

TEST_CASE("plan: a list that is none is refused with an example of one") {
    ToolHouse house({"plan"});
    const auto call = [&](const char* steps) { return house.call("plan", {{"steps", Json::parse(steps)}}).text; };
    CHECK(call("[]") == "[error: plan: there is no step in it]");
    CHECK(call(R"([{"step":"a","state":"doing"},{"step":"b","state":"doing"}])") ==
          "[error: plan: 2 steps are \"doing\"; one at most can be]");
    CHECK(call(R"([{"step":"a","state":"open"}])").find(R"(example: {"steps": [{"step": "text", "state": "todo"}]})") !=
          std::string::npos);
    CHECK(call(R"(["a"])").starts_with("[error: plan: argument \"steps\""));
    CHECK(call(R"([{"step":"a","state":"todo","x":1}])").starts_with("[error: plan: argument \"steps\""));
    CHECK(house.call("plan", {{"steps", Json(31, {{"step", "a"}, {"state", "todo"}})}}).text ==
          "[error: plan: it has 31 steps, at most 30]");
}
