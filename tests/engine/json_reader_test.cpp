// tests/engine/json_reader_test.cpp: Tests that values are taken in their type and bounds, or refused by key.
#include "engine/io/json_reader.h"

#include <doctest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "engine/error.h"

using namespace heddle::engine;
using Json = nlohmann::json;

namespace {

std::string error_of(const Json& json, const std::function<void(const JsonReader&)>& act) {
    try {
        act(JsonReader("file", json));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("json_reader: a whole number is one within its bounds, and nothing that only looks like one") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const auto integer = [](const Json& value, std::int64_t high = 10) {
        return error_of({{"n", value}}, [&](const JsonReader& from) { from.integer("n", 1, high); });
    };
    CHECK(integer(1) == "no error");
    CHECK(integer(10) == "no error");
    CHECK(integer(most, most) == "no error");
    CHECK(integer(0) == "file: \"n\" is 0; it must be a whole number from 1 to 10");
    CHECK(integer(11) == "file: \"n\" is 11; it must be a whole number from 1 to 10");
    CHECK(integer(-1) != "no error");
    CHECK(integer(std::numeric_limits<std::uint64_t>::max(), most) != "no error");  // -1 once it is signed
    CHECK(integer(2.0) != "no error");
    CHECK(integer("2") == "file: \"n\" is \"2\"; it must be a whole number from 1 to 10");
    CHECK(integer(true) != "no error");
    CHECK(integer(Json::array({2})) == "file: \"n\" is a list; it must be a whole number from 1 to 10");
    CHECK(integer(nullptr) == "file: \"n\" is missing; it must be a whole number from 1 to 10");
}

TEST_CASE("json_reader: null counts as absent, and absent takes the fallback") {
    const Json json{{"null", nullptr}, {"there", 3}};
    const JsonReader from("file", json);
    CHECK(from.find("null") == nullptr);
    CHECK(from.integer_or("null", 7, 0, 9) == 7);
    CHECK(from.integer_or("none", 8, 0, 9) == 8);
    CHECK(from.integer_or("there", 8, 0, 9) == 3);
    CHECK(from.number_or("null", 0.5, 0, 9) == 0.5);
    CHECK(from.flag_or("null", true));
    CHECK(!from.text("null"));
    CHECK(error_of(json, [](const JsonReader& r) { r.only("null", 5); }) == "no error");
}

TEST_CASE("json_reader: a number may be whole, and must be one within bounds") {
    const Json json{{"whole", 2}, {"half", 0.5}, {"text", "0.5"}};
    CHECK(JsonReader("file", json).number("whole", 0, 2) == 2);
    CHECK(JsonReader("file", json).number("half", 0, 2) == 0.5);
    CHECK(error_of(json, [](const JsonReader& r) { r.number("half", 1, 2); }) ==
          "file: \"half\" is 0.5; it must be a number from 1 to 2");
    CHECK(error_of(json, [](const JsonReader& r) { r.number("text", 0, 2); }) != "no error");
    CHECK(error_of({{"x", std::numeric_limits<double>::quiet_NaN()}},
                   [](const JsonReader& r) { r.number("x", 0, 2); }) != "no error");
}

TEST_CASE("json_reader: an error inside an object says where it is") {
    const Json json{{"outer", {{"inner", -1}}}, {"flat", 1}};
    CHECK(error_of(json, [](const JsonReader& r) { r.object("outer").integer("inner", 0, 1); }) ==
          "file: in \"outer\": \"inner\" is -1; it must be a whole number from 0 to 1");
    CHECK(error_of(json, [](const JsonReader& r) { r.object("flat"); }) == "file: \"flat\" is 1; it must be an object");
}

TEST_CASE("json_reader: what is known in one form only is refused in any other, and so is an unknown key") {
    const Json json{{"form", "other"}, {"none", nullptr}};
    CHECK(error_of(json, [](const JsonReader& r) { r.only("form", "other"); }) == "no error");
    CHECK(error_of(json, [](const JsonReader& r) { r.only("form", "this"); }).find("it must be \"this\"") !=
          std::string::npos);
    CHECK(error_of(json, [](const JsonReader& r) { r.knows({"form"}); }) == "no error");
    CHECK(error_of(json, [](const JsonReader& r) { r.knows({"none"}); }).find("the key \"form\"") != std::string::npos);
}

TEST_CASE("json_reader: a text in an error cannot drive the terminal") {
    const std::string error = error_of({{"n", "\x1b[2J\n"}}, [](const JsonReader& from) { from.integer("n", 0, 1); });
    CHECK(error.find('\x1b') == std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
}
