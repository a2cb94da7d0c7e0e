// tests/runtime/console_test.cpp: What people and scripts are shown: all of it, once, and nothing hostile raw.
#include "runtime/console.h"

#include <doctest.h>

#include <sstream>

#include "runtime/json_lines.h"
#include "tests/support/scripted_session.h"

using namespace heddle;
using prompts::Json;
using test::call;
using test::says;

namespace {

// A stream that is read back as text.
class TextFile {
 public:
    TextFile() : file_(std::tmpfile()) { REQUIRE(file_ != nullptr); }
    ~TextFile() { std::fclose(file_); }
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;
    std::FILE* get() const { return file_; }
    std::string text() const {
        std::rewind(file_);
        std::string all;
        for (int byte = std::fgetc(file_); byte != EOF; byte = std::fgetc(file_)) all += static_cast<char>(byte);
        return all;
    }

 private:
    std::FILE* file_;
};

SampledToken shown(const std::string& reasoning, const std::string& content = {}) {
    SampledToken token;
    token.shown.reasoning = reasoning;
    token.shown.content = content;
    return token;
}

ReplyFinished finished(const prompts::Message& message) {
    ReplyFinished event;
    event.message = message;
    event.usage = {812, 790, 22, 31, 1000, 2000};
    return event;
}

const std::string hostile =
    "\x1b]0;owned\x07\x9b"
    "2J\xe2\x80\xae";

bool is_harmless(const std::string& text) {
    return text.find('\x1b') == std::string::npos && text.find('\x07') == std::string::npos &&
           text.find('\x9b') == std::string::npos && text.find("\xe2\x80\xae") == std::string::npos;
}

}  // namespace

TEST_CASE("console: a step shows reasoning, its figures, the call and the clipped result, and no answer") {
    TextFile progress;
    Console console({progress.get(), nullptr, false});
    console.event(StepStarted{2, 812, 790, 22});
    console.token(shown("Look "));
    console.token(shown("first."));
    console.event(finished(says("Look first.", "Soon.", {call(0, "bash", {{"command", "ls"}})})));
    console.event(ToolStarted{"call_0", "bash", {{"command", "ls"}}});
    std::string many;
    for (int i = 0; i < 40; ++i) many += "line " + std::to_string(i) + "\n";
    console.event(ToolCompleted{"call_0", many, true, {}, 10});
    console.event(StepStarted{3, 900, 880, 20});
    console.event(finished(says("", "The answer.")));
    const std::string text = progress.text();
    CHECK(
        text.starts_with("Look first.\nSoon.\nstep 2: 812 tokens in view, 790 reused, 22 evaluated, 31 generated\n"
                         "> bash: ls\n  line 0\n"));
    CHECK(text.find("  line 11\n  ... 28 more lines\n") != std::string::npos);
    CHECK(text.find("The answer.") == std::string::npos);
}

TEST_CASE("console: what was held back while it streamed comes with the whole reply, once") {
    TextFile progress, answers;
    Console console({progress.get(), answers.get(), false});
    console.event(StepStarted{1, 1, 0, 1});
    console.token(shown("Hm", ""));
    console.token(shown("", "An ans"));
    console.event(finished(says("Hm.", "An answer.\n\n")));
    CHECK(progress.text().starts_with("Hm"));
    CHECK(answers.text().find("An answer.") == 0);
    CHECK(answers.text().find("An answer.", 1) == std::string::npos);
}

TEST_CASE("console: no control character of a model or a tool reaches the terminal raw") {
    TextFile progress, answers;
    Console console({progress.get(), answers.get(), false});
    console.event(StepStarted{1, 1, 0, 1});
    console.token(shown(hostile, hostile));
    auto reply = finished(says(hostile, hostile, {call(0, hostile, {{"command", hostile}})}));
    reply.repairs = {hostile};
    console.event(reply);
    console.event(ToolStarted{"call_0", hostile, {{"command", hostile}}});
    console.event(ToolStarted{"call_1", hostile, {{hostile, hostile}, {"b", "two\nlines" + hostile}}});
    console.event(ToolCompleted{"call_0", hostile, false, {}, 10});
    console.event(TurnFailed{hostile, TurnFailed::Kind::error, {}});
    CHECK(is_harmless(progress.text()));
    CHECK(is_harmless(answers.text()));
}

TEST_CASE("json lines: items have the shape that scripts know, with times and tokens beside it") {
    TextFile out;
    JsonLines lines(out.get(), "the-session", true, 7);
    lines.event(SessionStarted{"/somewhere", "toy", "until_user", Json::object()});
    lines.event(TurnStarted{"go", Json::object()});
    lines.event(StepStarted{1, 812, 790, 22});
    for (const TokenId id : {1, 2, 7, 3}) {
        SampledToken token;
        token.id = id;
        lines.token(token);
    }
    lines.event(finished(says("Hm.", "Look.", {call(0, "bash"), call(1, "read_file", {{"path", "a"}})})));
    lines.event(ToolStarted{"call_0", "bash", {{"command", "ls"}}});
    lines.event(ToolCompleted{"call_0", "a\n", true, {{"exit_status", 2}}, 1500});
    lines.event(ToolStarted{"call_1", "read_file", {{"path", "a"}}});
    lines.event(ToolCompleted{"call_1", "[error: no such file: a]", false, Json::object(), 10});
    lines.event(TurnCompleted{"Done \xff.", {}});

    std::vector<Json> all;
    std::istringstream in(out.text());
    for (std::string line; std::getline(in, line);) all.push_back(Json::parse(line));
    REQUIRE(all.size() == 10);
    CHECK(all[0]["type"] == "thread.started");
    CHECK(all[0]["thread_id"] == "the-session");
    CHECK(all[2]["item"] == Json({{"id", "item_0"}, {"type", "reasoning"}, {"text", "Hm."}}));
    CHECK(all[3]["item"]["type"] == "agent_message");
    CHECK(all[4]["type"] == "step.completed");
    CHECK(all[4]["usage"]["cached_input_tokens"] == 790);
    CHECK(all[5]["type"] == "item.started");
    CHECK(all[5]["item"]["status"] == "in_progress");
    CHECK(all[5]["item"]["command"] == "ls");
    CHECK(all[6]["item"]["id"] == all[5]["item"]["id"]);
    CHECK(all[6]["item"]["exit_code"] == 2);
    CHECK(all[6]["item"]["status"] == "failed");
    CHECK(all[6]["item"]["aggregated_output"] == "a\n");
    CHECK(all[8]["item"]["type"] == "mcp_tool_call");
    CHECK(all[8]["item"]["error"]["message"] == "[error: no such file: a]");
    CHECK(all[9]["type"] == "turn.completed");
    CHECK(all[9]["usage"]["reasoning_output_tokens"] == 3);
    for (const auto& line : all) CHECK(line.contains("timestamp"));
}
