// tests/tools/arguments_test.cpp: What a model may get wrong in a call, and what it is told.
#include "tools/arguments.h"

#include <doctest.h>

#include <string>

#include "tools/bash.h"
#include "tools/read_file.h"

using heddle::prompts::Json;
using heddle::prompts::ToolSpec;
using heddle::tools::check_arguments;
using heddle::tools::example_arguments;

namespace {

const ToolSpec bash = heddle::tools::Bash().spec();
const ToolSpec read_file = heddle::tools::ReadFile().spec();

ToolSpec with_parameters(const char* schema) {
    ToolSpec spec;
    spec.function = {{"name", "any"}, {"parameters", Json::parse(schema)}};
    return spec;
}

std::string error_of(const ToolSpec& spec, const char* arguments) {
    return check_arguments(spec, Json::parse(arguments)).error;
}

}  // namespace

TEST_CASE("arguments: a right call passes as it is") {
    for (const char* arguments :
         {R"({"path":"a"})", R"({"path":"a","first":1,"last":20})", R"({"last":-3,"path":""})"}) {
        const auto checked = check_arguments(read_file, Json::parse(arguments));
        CHECK(checked.error == "");
        CHECK(checked.arguments.dump() == arguments);
        CHECK(checked.coerced.empty());
    }
}

TEST_CASE("arguments: the first wrong one is named, with an example made from the schema") {
    const struct {
        const ToolSpec& spec;
        const char* arguments;
        std::string error;
    } cases[] = {
        {bash, "{}", R"(missing argument "command"; example: {"command": "ls"})"},
        {bash, R"({"cmd":"ls"})", R"(unknown argument "cmd"; example: {"command": "ls"})"},
        {bash, R"({"command":"ls","timeout":3})", R"(unknown argument "timeout"; example: {"command": "ls"})"},
        {bash, R"({"command":3})", R"(argument "command" must be a string; example: {"command": "ls"})"},
        {bash, R"({"command":["ls","-l"]})", R"(argument "command" must be a string; example: {"command": "ls"})"},
        {bash, R"({"command":null})", R"(argument "command" must be a string; example: {"command": "ls"})"},
        {bash, R"(["ls"])", R"(the arguments must be an object; example: {"command": "ls"})"},
        {bash, R"("ls")", R"(the arguments must be an object; example: {"command": "ls"})"},
        {bash, "null", R"(the arguments must be an object; example: {"command": "ls"})"},
        {read_file, R"({"path":"a","first":"x"})",
         R"(argument "first" must be an integer; example: {"path": "notes.txt", "first": 1})"},
        {read_file, R"({"path":"a","last":1.5})",
         R"(argument "last" must be an integer; example: {"path": "notes.txt", "last": 1})"},
        {read_file, R"({"path":"a","last":true})",
         R"(argument "last" must be an integer; example: {"path": "notes.txt", "last": 1})"},
        {read_file, R"({"first":1})", R"(missing argument "path"; example: {"path": "notes.txt"})"},
    };
    for (const auto& one : cases) CHECK(error_of(one.spec, one.arguments) == one.error);
}

TEST_CASE("arguments: a numeric string or a whole float for an integer is taken, and that is recorded") {
    const auto checked = check_arguments(read_file, Json::parse(R"({"path":"7","first":"12","last":40.0})"));
    CHECK(checked.error == "");
    CHECK(checked.arguments.dump() == R"({"path":"7","first":12,"last":40})");
    CHECK(checked.coerced == std::vector<std::string>{"first", "last"});
}

TEST_CASE("arguments: what only looks like an integer is refused") {
    for (const char* first :
         {R"("")", R"(" 1")", R"("1 ")", R"("1.0")", R"("0x10")", R"("+1")", R"("1e3")", R"("99999999999999999999")",
          "99999999999999999999", "18446744073709551615", "1e300", "1e999", "-0.5"}) {
        INFO(first);
        const std::string text = std::string(R"({"path":"a","first":)") + first + "}";
        const Json arguments = Json::parse(text, nullptr, false);
        if (arguments.is_discarded()) continue;  // 1e999 is no number in JSON
        CHECK(check_arguments(read_file, arguments).error.rfind("argument \"first\" must be an integer", 0) == 0);
    }
}

TEST_CASE("arguments: the schema's own bounds hold, and the example keeps to them") {
    const auto spec = with_parameters(R"({"type":"object","required":["level","tags"],"properties":{
        "level":{"type":"string","enum":["low","high"]},
        "tags":{"type":"array","items":{"type":"string"}},
        "count":{"type":"integer","minimum":3,"maximum":9}}})");
    CHECK(error_of(spec, R"({"level":"low","tags":["a"],"count":"9"})") == "");
    CHECK(error_of(spec, R"({"level":"middle","tags":[]})").rfind("argument \"level\": ", 0) == 0);
    CHECK(error_of(spec, R"({"level":"low","tags":[1]})").rfind("argument \"tags\": ", 0) == 0);
    const std::string error = error_of(spec, R"({"level":"low","tags":[],"count":10})");
    CHECK(error.rfind("argument \"count\": ", 0) == 0);
    CHECK(error.ends_with(R"(example: {"level": "low", "tags": ["text"], "count": 3})"));
    CHECK(check_arguments(spec, example_arguments(spec, "count")).error == "");
}

TEST_CASE("arguments: a tool without parameters takes none") {
    for (const char* schema : {"{}", R"({"type":"object","properties":{}})"}) {
        const auto spec = with_parameters(schema);
        CHECK(error_of(spec, "{}") == "");
        CHECK(error_of(spec, R"({"a":1})") == R"(unknown argument "a"; example: {})");
    }
}

TEST_CASE("arguments: a name that a model made up neither breaks the line nor floods the text") {
    const std::string error = error_of(bash, R"({"a\u001b[2J\n]\u202e":1})");
    CHECK(error == R"(unknown argument "a\x1b[2J\n]\u202e"; example: {"command": "ls"})");

    Json arguments = Json::object();
    arguments[std::string(1 << 20, 'n')] = 1;
    CHECK(check_arguments(bash, arguments).error.size() < 300);

    arguments = Json::object();
    arguments["\xff\xc3"] = std::string("\xff");
    CHECK(check_arguments(bash, arguments).error.rfind("unknown argument \"\xef\xbf\xbd", 0) == 0);
}

TEST_CASE("arguments: a hundred thousand brackets are refused without recursion") {
    const std::string deep = R"({"command":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
    const Json arguments = Json::parse(deep);
    CHECK(check_arguments(bash, arguments).error ==
          R"(the arguments nest deeper than 64 levels; example: {"command": "ls"})");
}

TEST_CASE("arguments: a string of a megabyte, and one that is no UTF-8, pass to the tool as they are") {
    Json arguments = Json::object();
    arguments["command"] = std::string(1 << 20, 'x') + "\xff";
    const auto checked = check_arguments(bash, arguments);
    CHECK(checked.error == "");
    CHECK(checked.arguments.at("command").get_ref<const std::string&>().size() == (1 << 20) + 1);
}
