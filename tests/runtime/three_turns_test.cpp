// tests/runtime/three_turns_test.cpp: Three turns with tools and the engine: what log show says, and what was reused.
#include <doctest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "engine/tokenizer.h"
#include "prompts/chat_format.h"
#include "prompts/message_json.h"
#include "runtime/cli/commands.h"
#include "runtime/context.h"
#include "tests/support/heddle_program.h"
#include "tests/support/lines.h"

using namespace heddle;
using prompts::Json;
using prompts::Message;
using test::count;
using test::HeddleProgram;
using test::lines_of;

namespace {

const std::string pocket = HEDDLE_SOURCE_DIR "/examples/pocket/model";

// Straight from the renderer and the tokenizer, with nothing of the runtime between.
std::vector<TokenId> rendered_ids(const engine::Tokenizer& tokenizer, const std::vector<Message>& messages) {
    std::vector<TokenId> ids;
    std::string run;
    const auto flush = [&] {
        const auto more = tokenizer.encode(run);
        ids.insert(ids.end(), more.begin(), more.end());
        run.clear();
    };
    for (const auto& entry : prompts::render(messages, {})) {
        for (const auto& piece : entry) {
            if (piece.kind == prompts::Piece::Kind::text) {
                run += piece.text;
                continue;
            }
            flush();
            ids.push_back(*tokenizer.control(piece.text));
        }
    }
    flush();
    return ids;
}

}  // namespace

TEST_CASE("three turns: log show has reasoning kept within a turn and dropped at the next message; reuse is exact") {
    HeddleProgram heddle;
    std::ofstream(heddle.workspace() / "orders.csv") << "item,price\nrope,12\nlamp,30\n";
    std::ofstream(heddle.workspace() / "budget.txt") << "345\n";
    const std::vector<std::string> words{"--model",   pocket, "--cd",          heddle.workspace(),
                                         "--threads", "1",    "--temperature", "0"};
    const int code = heddle.run(words,
                                "What is the total of the column price in orders.csv?\n"
                                "Take the number in budget.txt and add 12.\n"
                                "What is the total of the column price in orders.csv?\n");
    if (code == exit_environment) {
        MESSAGE("not tried: heddle cannot run here: ", heddle.err());
        return;
    }
    REQUIRE(heddle.run({"log", "show"}) == exit_done);
    const std::string shown = heddle.out();
    INFO(shown);
    CHECK(count(shown, "\nuser, ") == 3);
    CHECK(count(shown, "\n[earlier reasoning dropped from view: message ") == 2);
    CHECK(count(shown, "\nreasoning:\n") >= 4);
    CHECK(count(shown, "\ncall ") >= 3);

    REQUIRE(heddle.run({"log", "export", "--format", "jsonl"}) == exit_done);
    std::map<std::int64_t, Json> nodes;
    for (auto& node : lines_of(heddle.out())) nodes[node["node"].get<std::int64_t>()] = node;
    REQUIRE(heddle.run({"log", "show", "--json"}) == exit_done);
    const auto events = lines_of(heddle.out());

    // The conversation as it was said, in order; the renderer decides what of it is in view at each step.
    const auto tokenizer = engine::Tokenizer::load(pocket + "/tokenizer.json");
    std::vector<Message> said{prompts::message_of(nodes.begin()->second["message"])};
    const auto thinks_in = [&](const std::vector<TokenId>& ids) {
        return std::count(ids.begin(), ids.end(), *tokenizer.control(prompts::control::think));
    };
    const auto in_system = thinks_in(rendered_ids(tokenizer, said));  // the format's own example
    std::vector<TokenId> cache;
    int turn = 0, steps = 0, step_of_turn = 0;
    for (const auto& event : events) {
        const std::string kind = event["kind"];
        const Json body = event.value("body", Json());
        if (kind == "turn_started") {
            Message message;
            message.content = body["prompt"];
            said.push_back(message);
            ++turn;
            step_of_turn = 0;
        } else if (kind == "step_started") {
            INFO("turn ", turn, ", step ", body["step"].get<int>());
            const auto prompt = rendered_ids(tokenizer, said);
            CHECK(body["prompt_tokens"] == prompt.size());
            CHECK(body["reused"] == common_prefix(cache, prompt));
            CHECK(body["evaluated"] == prompt.size() - common_prefix(cache, prompt));
            CHECK(thinks_in(prompt) == in_system + ++step_of_turn);  // one a step of this turn, none of an earlier one
            ++steps;
            cache = prompt;
        } else if (kind == "reply") {
            said.push_back(prompts::message_of(body["message"]));
            // The cache holds what was sampled, but for the last token, which nothing was sampled after.
            const auto ids = nodes.at(event["node"].get<std::int64_t>())["token_ids"].get<std::vector<TokenId>>();
            cache.insert(cache.end(), ids.begin(), ids.end() - 1);
        } else if (kind == "tool_completed") {
            Message message;
            message.role = prompts::Role::tool;
            message.content = body["text"];
            message.call_id = body["call_id"];
            said.push_back(message);
        }
    }
    CHECK(turn == 3);
    CHECK(steps >= 7);
}
