// tests/prompts/json_text_test.cpp: JSON printed as Python prints it, and read with a bound.
#include "prompts/json_text.h"

#include <doctest.h>

#include "prompts/error.h"

namespace heddle::prompts {

TEST_CASE("json_text: separators have a blank, keys keep their order, non-ASCII stays") {
    CHECK(json_text(parse_json(R"({"b":[1,2,{}],"a":{"é":"杭\u0001\n\"\\\/"},"n":null,"t":true,"e":[]})")) ==
          "{\"b\": [1, 2, {}], \"a\": {\"é\": \"杭\\u0001\\n\\\"\\\\/\"}, \"n\": null, \"t\": true, \"e\": []}");
    CHECK(json_text(parse_json(R"({"a": 1, "b": 2, "a": 3})")) == R"({"a": 3, "b": 2})");
}

TEST_CASE("json_text: numbers look as Python prints them") {
    const std::pair<const char*, const char*> cases[] = {{"1.0", "1.0"},
                                                         {"-0.0", "-0.0"},
                                                         {"0.1", "0.1"},
                                                         {"1e5", "100000.0"},
                                                         {"0.0001", "0.0001"},
                                                         {"1e-5", "1e-05"},
                                                         {"1e15", "1000000000000000.0"},
                                                         {"1e16", "1e+16"},
                                                         {"1.5e300", "1.5e+300"},
                                                         {"-7", "-7"},
                                                         {"18446744073709551615", "18446744073709551615"},
                                                         {"123456789.123", "123456789.123"},
                                                         {"2.5e-10", "2.5e-10"},
                                                         {"5e-324", "5e-324"}};
    for (const auto& [given, printed] : cases) CHECK(json_text(parse_json(given)) == printed);
}

TEST_CASE("json_text: a float reads back as the same float") {
    for (const double value : {1.0 / 3, 2.0 / 3e-7, 1e15 / 7, 9007199254740993.0, 1.7976931348623157e308}) {
        CHECK(parse_json(json_text(Json(value))).get<double>() == value);
    }
}

TEST_CASE("json_text: bytes that are no UTF-8 are replaced, never thrown at the caller") {
    CHECK(json_text(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
    CHECK(json_text(Json{{"k\xe6\x9d", 1}}) == "{\"k\xef\xbf\xbd\": 1}");
}

TEST_CASE("parse_json: what is no JSON, or nests beyond all measure, is an error") {
    for (const char* text : {"", "{", "nan", "{'a': 1}", "1 2", "\"\xff\""}) CHECK_THROWS_AS(parse_json(text), Error);
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    CHECK_THROWS_AS(parse_json(deep), Error);
    CHECK_NOTHROW(parse_json(std::string(90, '[') + std::string(90, ']')));
}

}  // namespace heddle::prompts
