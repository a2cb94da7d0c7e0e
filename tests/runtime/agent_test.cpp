// tests/runtime/agent_test.cpp: Several turns of a session: retention, reuse, failures of the model.
#include "runtime/agent.h"

#include <doctest.h>

#include <algorithm>

#include "tests/support/random_messages.h"
#include "tests/support/scripted_session.h"

using namespace heddle;
using test::call;
using test::says;
using test::ScriptedSession;

TEST_CASE("agent: reasoning stays within a turn, goes at the next message, and reuse is what two prompts share") {
    ScriptedSession session({scripted_reply(says("First look.", "", {call(0, "bash")})),
                             scripted_reply(says("Now I know.", "One.")),
                             scripted_reply(says("Look again.", "", {call(0, "bash")})),
                             scripted_reply(says("Sure.", "Two.")), scripted_reply(says("Last.", "Three."))});
    for (const char* prompt : {"a", "b", "c"}) session.run(prompt);

    const auto steps = session.view.all<StepStarted>();
    const auto replies = session.view.all<ReplyFinished>();
    REQUIRE(steps.size() == 5);
    std::vector<TokenId> cache;
    std::size_t sampled = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto& prompt = session.model.asked[i];
        CHECK(steps[i].prompt_tokens == static_cast<std::int64_t>(prompt.size()));
        CHECK(steps[i].reused == static_cast<std::int64_t>(common_prefix(cache, prompt)));
        CHECK(steps[i].evaluated == steps[i].prompt_tokens - steps[i].reused);
        cache = prompt;
        const auto count = static_cast<std::size_t>(replies[i].usage.generated_tokens);
        cache.insert(cache.end(), session.view.tokens.begin() + static_cast<std::ptrdiff_t>(sampled),
                     session.view.tokens.begin() + static_cast<std::ptrdiff_t>(sampled + count - 1));
        sampled += count;
    }
    // The prompt opens one <think> for the step, and one more for each step of this turn that came before.
    const auto thinks = [&](std::size_t i) {
        const auto& prompt = session.model.asked[i];
        return std::count(prompt.begin(), prompt.end(), toy_codec().think);
    };
    CHECK(thinks(0) == 1);
    CHECK(thinks(1) == 2);
    CHECK(thinks(2) == 1);
    CHECK(thinks(3) == 2);
    CHECK(thinks(4) == 1);
    CHECK(steps[2].reused < steps[1].prompt_tokens);  // a rewind to where the first turn's reasoning began, not further
    CHECK(steps[2].reused == steps[0].prompt_tokens - 1);
    CHECK(session.recorded_prompt() == session.agent->context().prompt());
}

TEST_CASE("agent: the store's branches keep what was said before it was cut, and name what was copied") {
    ScriptedSession session({scripted_reply(says("Secret thought.", "One.")), scripted_reply(says("b", "Two."))});
    session.run("a");
    session.run("b");
    const auto history = session.history();
    std::size_t copies = 0, sampled_replies = 0;
    for (const auto& node : history.nodes) {
        if (node.copied_from) {
            ++copies;
            CHECK(history.node(*node.copied_from).role == node.role);
            for (const auto& run : node.runs) CHECK(!run.sampled);
        }
        const bool sampled =
            std::any_of(node.runs.begin(), node.runs.end(), [](const Run& run) { return run.sampled; });
        if (sampled) ++sampled_replies;
    }
    CHECK(copies == 2);  // the first user message and its answer
    CHECK(sampled_replies == 2);
    CHECK(history.nodes.size() == 1 + 2 + 2 + 2);
}

TEST_CASE("agent: a model that fails ends the turn on record, and the next turn works") {
    ScriptedSession session({});
    const auto end = session.run("one");
    REQUIRE(std::holds_alternative<TurnFailed>(end));
    CHECK(std::get<TurnFailed>(end).kind == TurnFailed::Kind::error);
    CHECK(std::get<TurnFailed>(end).reason.find("no more replies") != std::string::npos);
    CHECK(session.view.kinds() == "session_started turn_started turn_failed");
    CHECK(std::holds_alternative<TurnFailed>(session.run("two")));
    CHECK(session.recorded_prompt() == session.agent->context().prompt());
}

TEST_CASE("agent: random sessions with hostile texts go through, and the store has the model's view of each") {
    for (unsigned seed = 0; seed < 12; ++seed) {
        test::RandomMessages random(seed);
        std::vector<prompts::Pieces> replies;
        const int turns = random.number(3) + 1;
        for (int turn = 0; turn < turns; ++turn) {
            for (int step = random.number(3); step > 0; --step)
                replies.push_back(scripted_reply(random.reply(random.number(3) + 1)));
            replies.push_back(scripted_reply(random.reply(0)));
        }
        ScriptedSession session(replies);
        session.tool = [&](const auto& asked) { return tools::ToolResult{random.result(asked.id).content, true, {}}; };
        for (int turn = 0; turn < turns; ++turn) {
            INFO("seed ", seed, ", turn ", turn);
            CHECK(std::holds_alternative<TurnCompleted>(session.run(random.user().content)));
            CHECK(session.recorded_prompt() == session.agent->context().prompt());
        }
    }
}
