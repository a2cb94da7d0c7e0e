// tests/runtime/context_test.cpp: What the model sees is what the renderer would print, and no id is made twice.
#include "runtime/context.h"

#include <doctest.h>

#include <algorithm>

#include "runtime/model/scripted_model.h"
#include "tests/support/random_messages.h"

using namespace heddle;
using prompts::Message;
using prompts::Retention;
using prompts::Role;

namespace {

Reply reply_of(const Message& message, bool thinking = true) {
    Reply reply;
    reply.message = message;
    reply.tokens = toy_codec().encode(scripted_reply(message, thinking));
    reply.logprobs.assign(reply.tokens.size(), -1.0f);
    return reply;
}

std::string text_of(const std::vector<TokenId>& ids) {
    std::string text;
    for (const TokenId id : ids) text += toy_codec().bytes_of(id);
    return text;
}

Message message_of(Role role, std::string content) {
    Message message;
    message.role = role;
    message.content = std::move(content);
    return message;
}

std::vector<TokenId> rendered_ids(const std::vector<Message>& messages, const prompts::RenderOptions& options) {
    prompts::Pieces all;
    for (const auto& entry : prompts::render(messages, options)) all.insert(all.end(), entry.begin(), entry.end());
    return toy_codec().encode(all);
}

// Plays a random conversation and holds the context against the renderer after each addition.
void play(unsigned seed, const prompts::RenderOptions& options) {
    test::RandomMessages random(seed);
    Context context(toy_codec(), options);
    std::vector<Message> all;
    std::vector<TokenId> last;
    const auto check = [&](const char* after) {
        INFO("seed ", seed, ", after ", after, " ", all.size());
        const auto prompt = context.prompt();
        CHECK(text_of(prompt) == prompts::text_of(prompts::render(all, options)));
        CHECK(prompt == rendered_ids(all, options));
        CHECK(prompt.size() == context.tokens());
        last = prompt;
    };
    const auto add = [&](const std::vector<Message>& messages, const char* what) {
        const std::size_t before = context.nodes().size();
        const std::size_t kept = context.add(messages);
        all.insert(all.end(), messages.begin(), messages.end());
        std::size_t kept_tokens = 0;
        for (std::size_t i = 0; i < kept; ++i) kept_tokens += context.nodes()[i].ids.size();
        CHECK(common_prefix(last, context.prompt()) >= kept_tokens);
        if (kept == before) CHECK(common_prefix(last, context.prompt()) == last.size());
        for (std::size_t i = kept; i < before; ++i) CHECK(context.nodes()[i].sampled == 0);
        check(what);
    };

    add({message_of(Role::system, "You are it.")}, "the system message");
    for (int turn = random.number(4) + 1; turn > 0; --turn) {
        add({random.user()}, "a user message");
        for (int step = random.number(4); step >= 0; --step) {
            const auto message = random.reply(step == 0 ? 0 : random.number(3) + 1);
            auto said = message;
            if (!options.thinking) said.reasoning.clear();
            context.add_reply(reply_of(said, options.thinking));
            all.push_back(said);
            CHECK(context.nodes().back().sampled == context.nodes().back().ids.size());
            check("a reply");
            if (step == 0) break;
            std::vector<Message> results;
            for (const auto& call : said.calls) results.push_back(random.result(call.id));
            add(results, "results");
        }
    }
}

}  // namespace

TEST_CASE("context: the prompt is what the official renderer prints, id for id, in random conversations") {
    for (unsigned seed = 0; seed < 60; ++seed) play(seed, {true, Retention::until_user});
}

TEST_CASE("context: the same without thinking") {
    for (unsigned seed = 100; seed < 130; ++seed) play(seed, {false, Retention::until_user});
}

TEST_CASE("context: a new user message cuts the reasoning of the turn before, and reuse ends where it was opened") {
    test::RandomMessages random(3);
    Context context(toy_codec(), {true, Retention::until_user});
    context.add({message_of(Role::system, "S"), message_of(Role::user, "one")});
    context.nodes()[0].record = 1;
    context.nodes()[1].record = 2;
    const auto until_think = context.tokens() - 1;
    context.add_reply(reply_of(random.reply(1)));
    context.nodes()[2].record = 3;
    context.add({random.result("call_0")});
    context.nodes()[3].record = 4;
    context.add_reply(reply_of(random.reply(0)));
    context.nodes()[4].record = 5;
    const auto before = context.prompt();

    const std::size_t kept = context.add({message_of(Role::user, "two")});
    CHECK(kept == 1);
    CHECK(common_prefix(before, context.prompt()) == until_think);
    for (std::size_t i = 1; i < 5; ++i) {
        CHECK(context.nodes()[i].copied_from == static_cast<std::int64_t>(i + 1));
        CHECK(!context.nodes()[i].record);
        CHECK(context.nodes()[i].message.reasoning.empty());
    }
    CHECK(!context.nodes()[5].copied_from);
    const auto ids = context.prompt();
    CHECK(std::count(ids.begin(), ids.end(), toy_codec().think) == 1);
}

TEST_CASE("context: a policy that keeps everything changes nothing that was there") {
    test::RandomMessages random(4);
    Context context(toy_codec(), {true, Retention::all});
    context.add({message_of(Role::system, "S"), message_of(Role::user, "one")});
    context.add_reply(reply_of(random.reply(0)));
    const auto before = context.prompt();
    CHECK(context.add({message_of(Role::user, "two")}) == 3);
    CHECK(common_prefix(before, context.prompt()) == before.size());
}

TEST_CASE("context: what the model sampled stays as it was sampled, though a tokenizer would cut it otherwise") {
    Context context(toy_codec(), {true, Retention::until_user});
    context.add({message_of(Role::user, "one")});
    Reply reply;
    reply.message = message_of(Role::assistant, "result the");
    for (const char byte : std::string("hm")) reply.tokens.push_back(static_cast<unsigned char>(byte));
    reply.tokens.push_back(toy_codec().think_end);
    for (const char byte : std::string("result the")) reply.tokens.push_back(static_cast<unsigned char>(byte));
    context.add_reply(reply);
    CHECK(context.nodes()[1].sampled == reply.tokens.size());
    CHECK(context.nodes()[1].ids.back() == toy_codec().end);  // not sampled, but nothing may follow without it

    context.add({message_of(Role::user, "two")});
    const std::vector<TokenId> answer(reply.tokens.begin() + 3, reply.tokens.end());
    auto expected = answer;
    expected.push_back(toy_codec().end);
    CHECK(context.nodes()[1].ids == expected);
}

TEST_CASE("context: a reply that broke off within its reasoning leaves only its end behind") {
    Context context(toy_codec(), {true, Retention::until_user});
    context.add({message_of(Role::user, "one")});
    Reply reply;
    reply.message = message_of(Role::assistant, "");
    reply.message.reasoning = "hm";
    reply.tokens = {'h', 'm'};
    reply.stop = StopReason::cancelled;
    context.add_reply(reply);
    context.add({message_of(Role::user, "two")});
    CHECK(context.nodes()[1].ids == std::vector<TokenId>{toy_codec().end});
}

TEST_CASE("context: a turn that ended before the model spoke leaves no reasoning open") {
    Context context(toy_codec(), {true, Retention::until_user});
    context.add({message_of(Role::user, "one")});
    CHECK(context.add({message_of(Role::user, "two")}) == 0);
    CHECK(context.nodes()[0].ids.back() == toy_codec().think_end);
    const std::vector<Message> all{message_of(Role::user, "one"), message_of(Role::user, "two")};
    CHECK(context.prompt() == rendered_ids(all, context.options()));
}

TEST_CASE("context: a message that cannot be rendered leaves it as it was") {
    Context context(toy_codec(), {true, Retention::until_user});
    context.add({message_of(Role::user, "one")});
    const auto before = context.prompt();
    CHECK_THROWS(context.add({message_of(Role::tool, "no call asked for this")}));
    CHECK(context.prompt() == before);
    CHECK(context.nodes().size() == 1);
}
