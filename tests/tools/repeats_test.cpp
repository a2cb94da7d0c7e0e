// tests/tools/repeats_test.cpp: When a model goes round in circles, and when it does not.
#include "tools/repeats.h"

#include <doctest.h>

using heddle::prompts::ToolCall;
using heddle::tools::Repeats;

namespace {

const ToolCall ls{"", "bash", {{"command", "ls"}}}, make{"", "bash", {{"command", "make"}}};

// Whether the model is told that it has seen this.
bool is_noted(Repeats& repeats, const ToolCall& call, const std::string& text) {
    CHECK(repeats.refusal(call).empty());
    return !repeats.note(call, text).empty();
}

}  // namespace

TEST_CASE("repeats: the same call with the same result is said, another call or result is not") {
    Repeats repeats;
    CHECK(!is_noted(repeats, ls, "a"));
    CHECK(is_noted(repeats, ls, "a"));
    CHECK(!is_noted(repeats, ls, "b"));
    CHECK(!is_noted(repeats, make, "b"));
}

TEST_CASE("repeats: after as many in a row as the limit no known call runs, but a new one does") {
    Repeats repeats;
    is_noted(repeats, ls, "a");
    is_noted(repeats, make, "failed");
    for (int i = 0; i < Repeats::limit; ++i) CHECK(is_noted(repeats, i % 2 ? ls : make, i % 2 ? "a" : "failed"));
    CHECK(repeats.refusal(ls).find("not run") != std::string::npos);
    CHECK(repeats.refusal(make).find("not run") != std::string::npos);
    const ToolCall other{"", "bash", {{"command", "pwd"}}};
    CHECK(!is_noted(repeats, other, "/"));
    CHECK(is_noted(repeats, ls, "a"));  // runs again
}

TEST_CASE("repeats: a test that fails as before a change is no circle") {
    Repeats repeats;
    for (int i = 0; i < 3 * Repeats::limit; ++i) {
        is_noted(repeats, {"", "edit_file", {{"count", i}}}, "done");
        is_noted(repeats, make, "failed");
    }
}

TEST_CASE("repeats: a model that goes on with refused calls is hopeless, and a user's message begins anew") {
    Repeats repeats;
    for (int i = 0; i <= Repeats::limit; ++i) is_noted(repeats, ls, "a");
    for (int i = 0; i < Repeats::limit; ++i) {
        CHECK(!repeats.is_hopeless());
        CHECK(!repeats.refusal(ls).empty());
    }
    CHECK(repeats.is_hopeless());
    repeats.begin_turn();
    CHECK(!repeats.is_hopeless());
    CHECK(!is_noted(repeats, ls, "a"));
}
