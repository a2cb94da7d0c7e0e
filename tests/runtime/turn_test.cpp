// tests/runtime/turn_test.cpp: Steps of a turn: calls in order, limits, interrupts; and what each leaves on record.
#include "runtime/turn.h"

#include <doctest.h>

#include <thread>

#include "tests/support/scripted_session.h"

using namespace heddle;
using test::call;
using test::says;
using test::ScriptedSession;
using namespace std::chrono_literals;

namespace {

std::string answer(const TurnEnd& end) {
    const auto* completed = std::get_if<TurnCompleted>(&end);
    return completed ? completed->answer : "no answer: " + std::get<TurnFailed>(end).reason;
}

TurnFailed failure(const TurnEnd& end) {
    REQUIRE(std::holds_alternative<TurnFailed>(end));
    return std::get<TurnFailed>(end);
}

// What the store says equals what the model would be asked next, and every step asked what the context was.
void check_record(const ScriptedSession& session) {
    CHECK(session.recorded_prompt() == session.agent->context().prompt());
    CHECK(session.view.all<StepStarted>().size() == session.model.asked.size());
}

}  // namespace

TEST_CASE("turn: a plain answer is one step, on record from its first token to its end") {
    ScriptedSession session({scripted_reply(says("Easy.", "Four."))});
    CHECK(answer(session.run("2 + 2?")) == "Four.");
    CHECK(session.view.kinds() == "session_started turn_started step_started reply turn_completed");
    const auto reply = session.view.all<ReplyFinished>().at(0);
    CHECK(reply.message.reasoning == "Easy.");
    CHECK(reply.usage.generated_tokens == static_cast<std::int64_t>(session.view.tokens.size()));
    check_record(session);
}

TEST_CASE("turn: a call's result comes back and the model goes on with its reasoning in view") {
    ScriptedSession session(
        {scripted_reply(says("Look.", "", {call(0, "bash")})), scripted_reply(says("Seen.", "Two."))});
    session.tool = [](const auto&) { return tools::ToolResult{"a\nb", true, {{"exit_status", 0}}}; };
    CHECK(answer(session.run("How many files?")) == "Two.");
    CHECK(session.view.kinds() ==
          "session_started turn_started step_started reply tool_started tool_completed step_started reply "
          "turn_completed");
    REQUIRE(session.ran.size() == 1);
    CHECK(session.ran[0].arguments["command"] == "ls");

    const auto steps = session.view.all<StepStarted>();
    const auto replies = session.view.all<ReplyFinished>();
    CHECK(steps[0].reused == 0);
    // All but the last sampled token, which the cache has not seen, stands from the step before.
    CHECK(steps[1].reused == steps[0].prompt_tokens + replies[0].usage.generated_tokens - 1);
    CHECK(steps[1].evaluated == steps[1].prompt_tokens - steps[1].reused);
    const auto totals = session.view.all<TurnCompleted>().at(0).totals;
    CHECK(totals.steps == 2);
    CHECK(totals.tool_calls == 1);
    CHECK(totals.usage.generated_tokens == static_cast<std::int64_t>(session.view.tokens.size()));
    check_record(session);
}

TEST_CASE("turn: several calls in one reply run in its order, each on record before it runs") {
    ScriptedSession session(
        {scripted_reply(says("Three.", "Looking.", {call(0, "bash"), call(1, "python"), call(2, "bash")})),
         scripted_reply(says("ok", "Done."))});
    CHECK(answer(session.run("go")) == "Done.");
    REQUIRE(session.ran.size() == 3);
    CHECK(session.ran[1].name == "python");
    CHECK(session.view.kinds() ==
          "session_started turn_started step_started reply tool_started tool_completed tool_started tool_completed "
          "tool_started tool_completed step_started reply turn_completed");
    check_record(session);
}

TEST_CASE("turn: calls that run side by side are all on record before they do, and end in the reply's order") {
    ScriptedSession session(
        {scripted_reply(says("Two.", "", {call(0, "bash"), call(1, "python")})), scripted_reply(says("ok", "Done."))});
    session.side_by_side = true;
    CHECK(answer(session.run("go")) == "Done.");
    CHECK(session.view.kinds() ==
          "session_started turn_started step_started reply tool_started tool_started tool_completed tool_completed "
          "step_started reply turn_completed");
    const auto completed = session.view.all<ToolCompleted>();
    CHECK(completed[0].call_id == "call_0");
    CHECK(completed[0].text == "did bash");
    CHECK(completed[1].text == "did python");
    check_record(session);
}

TEST_CASE("turn: what a tool submits is the answer, later calls do not run, and a next message can follow") {
    ScriptedSession session({scripted_reply(says("Ready.", "", {call(0, "submit"), call(1, "bash")})),
                             scripted_reply(says("Again.", "Yes."))});
    session.tool = [](const prompts::ToolCall&) {
        tools::ToolResult result;
        result.text = "[submitted]";
        result.answer = "42";
        return result;
    };
    CHECK(answer(session.run("go")) == "42");
    CHECK(session.ran.size() == 1);
    CHECK(session.view.all<ToolCompleted>().at(1).text == "[not run: the task has been submitted]");
    check_record(session);
    CHECK(answer(session.run("sure?")) == "Yes.");
    check_record(session);
}

TEST_CASE("turn: it ends where a tool says that nothing will come of it") {
    ScriptedSession session({scripted_reply(says("Again.", "", {call(0, "bash")}))});
    session.tool = [](const prompts::ToolCall&) {
        tools::ToolResult result;
        result.ok = false;
        result.text = "[error: not run]";
        result.hopeless = "the same again and again";
        return result;
    };
    const TurnFailed failed = failure(session.run("go"));
    CHECK(failed.kind == TurnFailed::Kind::limit);
    CHECK(failed.reason == "the same again and again");
    check_record(session);
}

TEST_CASE("turn: a tool that refuses speaks to the model and the turn goes on") {
    ScriptedSession session(
        {scripted_reply(says("Try.", "", {call(0, "fly")})), scripted_reply(says("No.", "I cannot."))});
    session.tool = [](const auto&) { return tools::ToolResult{"[error: no tool named \"fly\"]", false, {}}; };
    CHECK(answer(session.run("fly")) == "I cannot.");
    CHECK(!session.view.all<ToolCompleted>().at(0).ok);
    check_record(session);
}

TEST_CASE("turn: a call that was mended runs, and what was mended is on record") {
    auto reply = scripted_reply(says("Look.", "", {call(0, "bash")}));
    // The end tag of the block is missing.
    std::string text = prompts::text_of(reply);
    const std::string last = "\n</｜DSML｜function_calls>";
    text.erase(text.find(last), last.size());
    ScriptedSession session({prompts::split_controls(text), scripted_reply(says("ok", "Done."))});
    CHECK(answer(session.run("go")) == "Done.");
    CHECK(session.ran.size() == 1);
    CHECK(!session.view.all<ReplyFinished>().at(0).repairs.empty());
    check_record(session);
}

TEST_CASE("turn: a call that cannot be read does not run, and the model is told what was wrong with it") {
    std::string text = prompts::text_of(scripted_reply(says("Look.", "", {call(0, "bash")})));
    const std::string name = " name=\"bash\"";
    text.erase(text.find(name), name.size());
    ScriptedSession session({prompts::split_controls(text), scripted_reply(says("Again.", "I cannot."))});
    CHECK(answer(session.run("go")) == "I cannot.");
    CHECK(session.ran.empty());
    const auto told = session.view.all<ToolCompleted>().at(0);
    CHECK(!told.ok);
    CHECK(told.text.find("could not be read") != std::string::npos);
    check_record(session);
}

TEST_CASE("turn: the limit of steps ends it before the model is asked again") {
    TurnLimits limits;
    limits.steps_max = 2;
    const auto reply = scripted_reply(says("Again.", "", {call(0, "bash")}));
    ScriptedSession session({reply, reply, reply}, limits);
    const auto end = failure(session.run("loop"));
    CHECK(end.kind == TurnFailed::Kind::limit);
    CHECK(end.reason.find("2 steps") != std::string::npos);
    CHECK(end.totals.steps == 2);
    CHECK(session.ran.size() == 2);
    CHECK(session.view.kinds().ends_with("tool_completed turn_failed"));
    check_record(session);
}

TEST_CASE("turn: the limit of tokens ends it within a reply, and the reply is on record as far as it came") {
    TurnLimits limits;
    limits.tokens_max = 10;
    ScriptedSession session({scripted_reply(says("Long thoughts about nothing.", "x"))}, limits);
    const auto end = failure(session.run("think"));
    CHECK(end.kind == TurnFailed::Kind::limit);
    CHECK(end.reason.find("10 generated tokens") != std::string::npos);
    CHECK(session.view.tokens.size() == 10);
    CHECK(session.view.all<ReplyFinished>().at(0).stop == StopReason::length);
    check_record(session);
}

TEST_CASE("turn: a full context ends it") {
    ScriptedSession session({scripted_reply(says("Long thoughts about nothing.", "x"))});
    session.model.context_max = 40;
    const auto end = failure(session.run("t"));
    CHECK(end.kind == TurnFailed::Kind::limit);
    CHECK(end.reason.find("context of 40 tokens") != std::string::npos);
}

TEST_CASE("turn: the limit of time ends it within a reply") {
    TurnLimits limits;
    limits.time_max = 1s;
    ScriptedSession session({scripted_reply(says(std::string(4000, 'z'), "x"))}, limits);
    session.model.pause = 5ms;
    const auto end = failure(session.run("think"));
    CHECK(end.kind == TurnFailed::Kind::limit);
    CHECK(end.reason.find("1 s") != std::string::npos);
    CHECK(session.view.all<ReplyFinished>().at(0).stop == StopReason::cancelled);
    check_record(session);
}

TEST_CASE("turn: calls of a reply that was cut do not run, and the model is told") {
    TurnLimits limits;
    limits.reply_tokens_max = 120;
    const auto cut = scripted_reply(says(
        "Two.", "", {call(0, "bash", {{"command", "ls"}}), call(1, "bash", {{"command", std::string(400, 'x')}})}));
    ScriptedSession session({cut, scripted_reply(says("Oh.", "Short."))}, limits);
    CHECK(answer(session.run("go")) == "Short.");
    CHECK(session.ran.empty());
    const auto told = session.view.all<ToolCompleted>();
    REQUIRE(!told.empty());
    CHECK(!told[0].ok);
    CHECK(told[0].text.find("cut off") != std::string::npos);
    check_record(session);
}

TEST_CASE("turn: an interrupt within a reply keeps the partial reply and the session can go on") {
    ScriptedSession session({scripted_reply(says("Some long thoughts.", "x")), scripted_reply(says("b", "Second."))});
    session.view.on_token = [&] {
        if (session.view.tokens.size() == 5) session.stop.request_stop();
    };
    const auto end = failure(session.run("one"));
    CHECK(end.kind == TurnFailed::Kind::cancelled);
    CHECK(session.view.tokens.size() == 5);
    CHECK(session.view.all<ReplyFinished>().at(0).stop == StopReason::cancelled);
    check_record(session);

    session.stop = std::stop_source();
    session.view.on_token = {};
    CHECK(answer(session.run("two")) == "Second.");
    check_record(session);
}

TEST_CASE("turn: an interrupt within a tool lets no later call run, and every call has a result") {
    ScriptedSession session(
        {scripted_reply(says("Two.", "", {call(0, "bash"), call(1, "bash")})), scripted_reply(says("b", "Second."))});
    session.tool = [&](const auto&) {
        session.stop.request_stop();
        return tools::ToolResult{"[cancelled]", true, {}};
    };
    CHECK(failure(session.run("one")).kind == TurnFailed::Kind::cancelled);
    CHECK(session.ran.size() == 1);
    CHECK(session.view.all<ToolCompleted>().size() == 2);
    check_record(session);

    session.stop = std::stop_source();
    CHECK(answer(session.run("two")) == "Second.");
    check_record(session);
}

TEST_CASE("turn: a reply without an answer fails the task") {
    ScriptedSession session({scripted_reply(says("Nothing to say.", " "))});
    const auto end = failure(session.run("one"));
    CHECK(end.kind == TurnFailed::Kind::error);
    check_record(session);
}
