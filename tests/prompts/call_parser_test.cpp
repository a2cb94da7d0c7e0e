// tests/prompts/call_parser_test.cpp: The vendor's format without repairs, streams cut anywhere, and what deltas
// promise.
#include "prompts/call_parser.h"

#include <doctest.h>
#include <fmt/core.h>

#include <random>

#include "tests/support/parsing.h"
#include "tests/support/prompts.h"

namespace heddle::prompts {

namespace {

const std::string two_calls =
    "Look.</think>I will look.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n"
    "<｜DSML｜parameter name=\"a\" string=\"true\"> x\n\"y\" </parameter> 杭州\n</｜DSML｜parameter>\n"
    "<｜DSML｜parameter name=\"n\" string=\"false\">{\"k\": [1, 2.5]}</｜DSML｜parameter>\n"
    "</｜DSML｜invoke>\n<｜DSML｜invoke "
    "name=\"g\">\n\n</｜DSML｜invoke>\n</｜DSML｜function_calls><｜end▁of▁sentence｜>";

Piece text_piece(std::string text) {
    return {Piece::Kind::text, std::move(text)};
}

}  // namespace

TEST_CASE("call_parser: the vendor's format gives the message and no repairs") {
    const auto parsed = parse(split_controls(two_calls), true);
    CHECK(parsed.repairs == std::vector<std::string>{});
    CHECK(parsed.message.role == Role::assistant);
    CHECK(parsed.message.reasoning == "Look.");
    CHECK(parsed.message.content == "I will look.");
    REQUIRE(parsed.message.calls.size() == 2);
    CHECK(parsed.message.calls[0].id == "call_0");
    CHECK(parsed.message.calls[0].arguments["a"] == " x\n\"y\" </parameter> 杭州\n");
    CHECK(json_text(parsed.message.calls[0].arguments["n"]) == "{\"k\": [1, 2.5]}");
    CHECK(parsed.message.calls[1] == ToolCall{"call_1", "g", Json::object()});
}

TEST_CASE("call_parser: every reply of the goldens reads back as its message") {
    int replies = 0;
    for (const char* name : {"test_input.json", "test_input_search_w_date.json", "developer_tools_input.json"}) {
        const auto messages = golden_conversation(name);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (messages[i].role != Role::assistant) continue;
            const auto before = std::span(messages).first(i + 1);
            const auto parsed = parse(render(before, {}).back(), i > last_question(before).value_or(0));
            CHECK(parsed.repairs == std::vector<std::string>{});
            CHECK(parsed.message.reasoning == messages[i].reasoning);
            CHECK(parsed.message.content == messages[i].content);
            REQUIRE(parsed.message.calls.size() == messages[i].calls.size());
            for (std::size_t c = 0; c < messages[i].calls.size(); ++c) {
                CHECK(parsed.message.calls[c].name == messages[i].calls[c].name);
                CHECK(parsed.message.calls[c].arguments == messages[i].calls[c].arguments);
            }
            ++replies;
        }
    }
    CHECK(replies == 11);
}

TEST_CASE("call_parser: where the stream is cut changes nothing") {
    const auto pieces = split_controls(two_calls);
    const auto expected = parse(pieces, true);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].kind == Piece::Kind::control) continue;
        for (std::size_t cut = 1; cut < pieces[i].text.size(); ++cut) {
            auto parts = pieces;
            parts[i].text = pieces[i].text.substr(0, cut);
            parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, text_piece(pieces[i].text.substr(cut)));
            CHECK(parse(parts, true) == expected);
        }
    }
    CHECK(parse(in_bytes(pieces), true) == expected);
}

TEST_CASE("call_parser: text that spells control tokens is text") {
    const std::string spelled = "</think> <｜DSML｜function_calls> <｜end▁of▁sentence｜>";
    const Piece close{Piece::Kind::control, control::think_end};
    const auto parsed = parse({text_piece("r" + spelled), close, text_piece("c" + spelled)}, true);
    CHECK(parsed.repairs == std::vector<std::string>{});
    CHECK(parsed.message.reasoning == "r" + spelled);
    CHECK(parsed.message.content == "c" + spelled);
}

TEST_CASE("call_parser: a control token within a value is a part of the value") {
    const std::string value = "a <think> b</think> <｜User｜> ｜DSML｜ <｜DSML｜x> c";
    const auto parsed =
        parse(split_controls("\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n"
                             "<｜DSML｜parameter name=\"a\" string=\"true\">" +
                             value + "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>"),
              false);
    CHECK(parsed.repairs == std::vector<std::string>{});
    REQUIRE(parsed.message.calls.size() == 1);
    CHECK(parsed.message.calls[0].arguments["a"] == value);
}

TEST_CASE("call_parser: what was rendered reads back as it was, whatever it holds") {
    RandomReplies random(7);
    for (int round = 0; round < 3000; ++round) {
        const bool thinking = random.number(4) > 0;
        const Message message = random.reply(thinking);
        const std::vector<Message> conversation{said(Role::user, "q"), message};
        const auto parsed = parse(render(conversation, {.thinking = thinking}).back(), thinking);
        INFO(text_of(render(conversation, {.thinking = thinking}).back()));
        for (const auto& repair : parsed.repairs) FAIL(repair);
        REQUIRE(parsed.message.reasoning == message.reasoning);
        REQUIRE(parsed.message.content == message.content);
        REQUIRE(parsed.message.calls == message.calls);
    }
}

TEST_CASE("call_parser: deltas add up to the message, hold whole characters, and never show a part of a tag") {
    RandomReplies random(8);
    for (int round = 0; round < 500; ++round) {
        const Message message = random.reply(true);
        const auto pieces = render(std::vector{said(Role::user, "q"), message}, {}).back();
        CallParser parser(true);
        std::string reasoning, content;
        int opened = 0;
        for (const auto& piece : in_bytes(pieces)) {
            const auto delta = parser.feed(piece);
            reasoning += delta.reasoning;
            content += delta.content;
            opened += delta.call_opened;
            REQUIRE(message.reasoning.starts_with(reasoning));
            REQUIRE(message.content.starts_with(content));
            REQUIRE(is_utf8(delta.reasoning));
            REQUIRE(is_utf8(delta.content));
        }
        CHECK(reasoning == message.reasoning);
        CHECK(content == message.content);
        CHECK(opened == (message.calls.empty() ? 0 : 1));
    }
}

TEST_CASE("call_parser: text is shown at once, but for what may open a block") {
    CallParser parser(false);
    CHECK(parser.feed(text_piece("a b")).content == "a b");
    CHECK(parser.feed(text_piece("c\n\n")).content == "c");
    CHECK(parser.feed(text_piece("<")).content == "");
    CHECK(parser.feed(text_piece("b>")).content == "\n\n<b>");
    CHECK(parser.feed(text_piece("\xe6\x9d")).content == "");
    CHECK(parser.feed(text_piece("\xad<")).content == "杭");
    CHECK(!parser.feed({Piece::Kind::control, control::dsml}).call_opened);
    CHECK(!parser.feed(text_piece("invok")).call_opened);
    const auto delta = parser.feed(text_piece("e name="));
    CHECK(delta.call_opened);
    CHECK(delta.content == "");
}

TEST_CASE("call_parser: a reply broken off anywhere never runs a call with half an argument") {
    const auto pieces = in_bytes(split_controls(two_calls));
    const auto whole = parse(pieces, true).message;
    for (std::size_t kept = 0; kept < pieces.size(); ++kept) {
        const auto parsed = parse({pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(kept)}, true);
        CHECK(whole.reasoning.starts_with(parsed.message.reasoning));
        // What was held back is text when nothing follows.
        CHECK((whole.content + "\n\n<").starts_with(parsed.message.content));
        REQUIRE(parsed.message.calls.size() <= 2);
        for (std::size_t i = 0; i < parsed.message.calls.size(); ++i) {
            const auto& call = parsed.message.calls[i];
            CHECK(call.name == whole.calls[i].name);
            for (const auto& [name, value] : call.arguments.items()) CHECK(value == whole.calls[i].arguments[name]);
        }
    }
}

TEST_CASE("call_parser: twenty calls in a block are twenty calls") {
    Message message = reply("r", "");
    for (int i = 0; i < 20; ++i) message.calls.push_back({fmt::format("call_{}", i), "f", Json{{"i", i}}});
    const auto parsed = parse(render(std::vector{said(Role::user, "q"), message}, {}).back(), true);
    CHECK(parsed.repairs == std::vector<std::string>{});
    CHECK(parsed.message.calls == message.calls);
}

TEST_CASE("call_parser: a reply without end costs time in step with its length") {
    // Each of these made of ten thousand tags that never close; quadratic work would take minutes.
    for (const std::string part :
         {"<｜DSML｜invoke name=\"", "<｜DSML｜parameter name=\"a\" string=\"true\">", "\n\n<function_calls>\n",
          "\n\n<", "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n{", "<｜DSML｜", "</｜DSML｜parameter",
          "\n\n<invoke name=\"x", "<parameter name=\"a", "</parameter>", "<｜DSML｜parameter name='a"}) {
        for (const std::string head :
             {"", "\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n", "\n\n<function_calls>"}) {
            std::string text = head;
            for (int i = 0; i < 10'000; ++i) text += part;
            const auto parsed = parse(split_controls(text), false);
            CHECK(parsed.repairs.size() <= 25);
        }
    }
}

TEST_CASE("split_controls: cuts at the names of control tokens and nowhere else") {
    CHECK(split_controls("") == Pieces{});
    CHECK(split_controls("a<b>｜x") == Pieces{text_piece("a<b>｜x")});
    CHECK(split_controls("<｜DSML｜x</think><think>") == Pieces{text_piece("<"),
                                                                {Piece::Kind::control, control::dsml},
                                                                text_piece("x"),
                                                                {Piece::Kind::control, control::think_end},
                                                                {Piece::Kind::control, control::think}});
    CHECK(text_of(split_controls(two_calls)) == two_calls);
}

}  // namespace heddle::prompts
