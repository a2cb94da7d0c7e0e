// tests/tools/tool_set_test.cpp: Tests which tools a conversation has.
#include "tools/tool_set.h"

#include <doctest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/support/tool_house.h"

using namespace heddle::tools;
using heddle::test::ToolHouse;

TEST_CASE("tool set: each name gives the tool of that name, which the model is told something about") {
    for (const std::string& name : tool_names()) {
        ToolHouse house(std::vector<std::string>{name});
        const auto specs = house.dispatcher().specs();
        REQUIRE(specs.size() == 1);
        CHECK(specs[0].name() == name);
        CHECK(specs[0].function.at("description").get<std::string>().size() > 20);
    }
}

TEST_CASE("tool set: a list is read as a user writes it, in the order of the table") {
    CHECK(tools_of(" read_file ,bash,bash") == std::vector<std::string>{"bash", "read_file"});
    CHECK(tools_of("python") == std::vector<std::string>{"python"});
}

TEST_CASE("tool set: a name that there is not, or none, is refused with those that there are") {
    for (const char* list : {"", ",", "bash,", "bsh", "bash python", "Bash", "bash\x1b[2J"}) {
        INFO(list);
        try {
            tools_of(list);
            FAIL("it was taken");
        } catch (const std::invalid_argument& wrong) {
            const std::string said = wrong.what();
            CHECK(said.find("bash, python, read_file") != std::string::npos);
            CHECK(said.find('\x1b') == std::string::npos);
        }
    }
}

TEST_CASE("tool set: the standard tools are those that the embedded model was trained with, in that order") {
    CHECK(standard_tools() == std::vector<std::string>{"bash", "python", "read_file"});
}
