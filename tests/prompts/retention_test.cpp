// tests/prompts/retention_test.cpp: Which reasoning each policy keeps.
#include "prompts/retention.h"

#include <doctest.h>

#include "tests/support/prompts.h"

namespace heddle::prompts {

TEST_CASE("retention: each policy keeps what its name says") {
    std::vector<Message> messages{
        said(Role::system, "s"), said(Role::user, "a"), reply("r", "b"), said(Role::developer, "c"),
        reply("r", "d"),         said(Role::tool, "e"), reply("r", "f")};
    using Keeps = std::vector<bool>;
    const Keeps recent{false, false, false, false, true, false, true},
        every{false, false, true, false, true, false, true};
    CHECK(keeps_reasoning(messages, Retention::until_user) == recent);
    CHECK(keeps_reasoning(messages, Retention::all) == every);
    CHECK(keeps_reasoning(messages, Retention::none) == Keeps(7, false));
    CHECK(keeps_reasoning(messages, Retention::all_if_tools) == recent);
    messages[0].tools.push_back({Json{{"name", "f"}}});
    CHECK(keeps_reasoning(messages, Retention::all_if_tools) == every);
    CHECK(last_question(messages) == 3);
}

TEST_CASE("retention: without a question all replies belong to the present") {
    const std::vector<Message> messages{reply("r", "a"), reply("r", "b")};
    CHECK(keeps_reasoning(messages, Retention::until_user) == std::vector<bool>{true, true});
    CHECK(!last_question(messages));
}

TEST_CASE("retention: each policy is found by its name") {
    for (const auto policy : {Retention::until_user, Retention::all_if_tools, Retention::all, Retention::none}) {
        CHECK(retention_named(name_of(policy)) == policy);
    }
    CHECK(!retention_named("sometimes"));
}

}  // namespace heddle::prompts
