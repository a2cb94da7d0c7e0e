// tests/runtime/log_test.cpp: What heddle log shows and exports: everything, once, harmless on a terminal, exact in
// tokens.
#include <doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "runtime/cli/commands.h"
#include "runtime/error.h"
#include "runtime/store/database.h"
#include "runtime/store/export.h"
#include "runtime/store/trajectory.h"
#include "runtime/terminal_text.h"
#include "runtime/transcript.h"
#include "tests/support/child.h"
#include "tests/support/lines.h"
#include "tests/support/temp_folder.h"

using namespace heddle;
using prompts::Json;
using prompts::Message;
using prompts::Role;
using test::count;
using test::lines_of;

namespace {

// One title-setting escape, one cursor move, a carriage return, a right-to-left override, and what looks like a
// heading.
const std::string hostile = "\x1b]0;owned\x07 \x1b[2J\r\n\nstep 9: all done\x9b \xe2\x80\xae end\x7f";

Message message(Role role, const std::string& content) {
    Message made;
    made.role = role;
    made.content = content;
    return made;
}

NodeId add(Trajectory& trajectory, std::optional<NodeId> parent, const Message& made, const std::vector<TokenId>& ids,
           std::optional<NodeId> copied_from = {}) {
    const std::array<Rendered, 1> rendered{{{ids, made.content, {}}}};
    return trajectory.add_node(parent, {made.role, made, rendered, copied_from});
}

ReplyFinished reply(const std::string& reasoning, const std::string& content, bool calls) {
    ReplyFinished event;
    event.message = message(Role::assistant, content);
    event.message.reasoning = reasoning;
    if (calls) event.message.calls = {{"call_0", "bash", {{"command", "ls\n" + hostile}, {"times", 2}}}};
    event.usage = {20, 12, 8, 3, 1000, 2000};
    return event;
}

// A turn with a call, a turn whose reasoning was dropped from the first, and a reply that a kill cut off.
struct Recorded {
    test::TempFolder folder;
    std::filesystem::path file = folder.path() / "heddle.db";
    std::string id;
    NodeId system, user, called, result, answered, called_copy, user_again, partial;

    explicit Recorded(const std::string& text = "plain text") {
        auto t = Trajectory::create(file, {"/work" + text, "pocket", "xxh3:12", "until_user"});
        id = t.id();
        t.append(SessionStarted{"/work", "pocket", "until_user", Json::object()});
        system = add(t, {}, message(Role::system, "Be brief."), {0, 1});
        user = add(t, system, message(Role::user, text), {2});
        t.append(TurnStarted{text, {{"seed", 7}, {"temperature", 1.0}}}, user);
        called = t.add_node(user, {Role::assistant, {}, {}, {}});
        t.append(StepStarted{1, 20, 12, 8}, called);
        t.append_sampled(called, 10, -0.5F, "think");
        t.append_sampled(called, 11, -0.25F, prompts::control::think_end);
        const std::vector<TokenId> end{3};
        t.append_rendered(called, {end, prompts::control::end, false});
        auto first = reply("I look " + text, "", true);
        first.repairs = {"closed a tag " + text};
        t.append(first, called);
        t.append(ToolStarted{"call_0", "bash" + text, first.message.calls[0].arguments}, called);
        t.append(ToolCompleted{"call_0", "a.txt " + text, true, {{"exit_status", 0}}, 5000}, called);
        auto answer_message = message(Role::tool, "a.txt " + text);
        answer_message.call_id = "call_0";
        result = add(t, called, answer_message, {4});
        answered = t.add_node(result, {Role::assistant, {}, {}, {}});
        t.append(StepStarted{2, 40, 39, 1}, answered);
        t.append_sampled(answered, 12, -1, "One");
        t.append(reply("", "One file. " + text, false), answered);
        t.append(TurnCompleted{"One file.", {2, 1, {60, 51, 9, 4, 1, 2}, 3'000'000}}, answered);
        called_copy = add(t, user, first.message, {11, 3}, called);
        const NodeId result_copy = add(t, called_copy, answer_message, {4}, result);
        user_again = add(t, result_copy, message(Role::user, "And now?"), {5});
        t.append(TurnStarted{"And now?", Json::object()}, user_again);
        partial = t.add_node(user_again, {Role::assistant, {}, {}, {}});
        t.append(StepStarted{1, 50, 21, 29}, partial);
        t.append_sampled(partial, 13, -2, "half a \xc3");
    }
    History history() const { return read_session(file, id); }
};

std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& [key, value] : object.items()) names.push_back(key);
    return names;
}

// Runs `heddle log ARGUMENTS` with HEDDLE_HOME in a child; returns what it wrote, and the exit code as main() has it.
std::pair<std::string, int> run_log(const std::filesystem::path& home, std::vector<std::string> arguments) {
    const auto out = home / "stdout.txt";
    test::Child child([&](auto) {
        ::setenv("HEDDLE_HOME", home.c_str(), 1);
        const int fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(fd, STDOUT_FILENO);
        CLI::App app;
        int exit_code = 77;
        add_log(app, exit_code);
        std::ranges::reverse(arguments);
        arguments.push_back("log");
        try {
            app.parse(arguments);
        } catch (const CLI::ParseError&) {
            exit_code = exit_usage;
        } catch (const Error&) {
            exit_code = exit_environment;
        }
        ::_exit(exit_code);
    });
    const int code = child.wait();
    std::ifstream in(out, std::ios::binary);
    return {std::string(std::istreambuf_iterator<char>(in), {}), code};
}

}  // namespace

TEST_CASE("log: show tells everything in order, with the reuse of each step and where reasoning left the view") {
    const Recorded recorded;
    const std::string text = transcript_of(recorded.history());
    std::size_t at = 0;
    const std::string copies = fmt::format("{} as {}", recorded.called, recorded.called_copy);
    for (const std::string& part :
         std::vector<std::string>{"session " + recorded.id,
                                  "model pocket xxh3:12",
                                  "user, ",
                                  "  plain text\n",
                                  "step 1: 20 tokens in view, 12 reused, 8 evaluated",
                                  "reasoning:\n  I look plain text\n",
                                  "[mended: closed a tag plain text]",
                                  "[3 tokens generated, ",
                                  "call call_0 of bashplain text:\n",
                                  "  command:\n    ls\n",
                                  "  times: 2\n",
                                  "result of call_0, 0.01 s:\n  a.txt plain text\n",
                                  "step 2: 40 tokens in view, 39 reused, 1 evaluated",
                                  "answer:\n  One file. plain text\n",
                                  "[turn done: 2 steps, 1 call, 4 tokens generated, 3.00 s]",
                                  "user, ",
                                  "  And now?\n",
                                  "[earlier reasoning dropped from view: message " + copies + "]",
                                  "step 1: 50 tokens in view, 21 reused, 29 evaluated",
                                  "[partial reply: it was not finished; 1 token on record]\n  half a \\xc3\n",
                                  "[turn not ended: "}) {
        const auto found = text.find(part, at);
        INFO(part, " in ", text.substr(at));
        REQUIRE(found != std::string::npos);
        at = found + part.size();
    }
    CHECK(count(text, "a.txt plain text") == 1);  // the copies on the new branch are not said twice
    CHECK(count(text, "One file. plain text") == 1);
}

TEST_CASE("log: hostile text stays text: no control character reaches the terminal, no line passes for a heading") {
    const Recorded recorded(hostile);
    const History history = recorded.history();
    for (const std::string& text : {transcript_of(history), list_line_of(history.session)}) {
        for (const char byte : text) {
            const auto value = static_cast<unsigned char>(byte);
            REQUIRE((value == '\n' || (value >= 0x20 && value != 0x7f)));
        }
        CHECK(count(text, "\xe2\x80\xae") == 0);
        CHECK(count(text, "\x9b") == 0);
        CHECK(count(text, "\nstep 9") == 0);
        CHECK(count(text, "\\x1b") > 1);
    }
    CHECK(count(list_line_of(history.session), "\n") == 0);
}

TEST_CASE("log: show --json has each event as recorded, and a reply that never finished as such") {
    const Recorded recorded(hostile);
    const auto lines = lines_of(event_lines_of(recorded.history()));
    const auto history = recorded.history();
    REQUIRE(lines.size() == history.events.size() + 2);
    CHECK(lines[0]["kind"] == "session");
    CHECK(lines[0]["id"] == recorded.id);
    for (std::size_t i = 0; i < history.events.size(); ++i) {
        CHECK(lines[i + 1]["seq"] == history.events[i].seq);
        CHECK(lines[i + 1]["body"] == history.events[i].body);
        CHECK(keys(lines[i + 1]) == std::vector<std::string>{"kind", "seq", "at_us", "node", "body"});
    }
    CHECK(lines.back()["kind"] == "partial_reply");
    CHECK(lines.back()["node"] == recorded.partial);
    CHECK(lines.back()["body"]["tokens"] == 1);
}

TEST_CASE("log: export gives each message its exact tokens; root to leaf they are what the model saw") {
    const Recorded recorded;
    const auto lines = lines_of(record_lines_of(recorded.history()));
    std::map<NodeId, Json> records;
    for (const auto& line : lines) {
        CHECK(keys(line) == std::vector<std::string>{"session", "node", "parent", "copied_from", "role", "sampled",
                                                     "timestamp_us", "token_ids", "mask", "is_content", "logprobs",
                                                     "text", "message", "stop", "repairs", "usage", "model",
                                                     "weight_version", "sampler"});
        CHECK(line["mask"].size() == line["token_ids"].size());
        CHECK(line["is_content"].size() == line["token_ids"].size());
        records[line["node"]] = line;
    }
    const auto ids_to = [&](NodeId leaf) {
        std::vector<TokenId> ids;
        for (Json at = leaf; !at.is_null(); at = records.at(at)["parent"]) {
            const auto own = records.at(at)["token_ids"].get<std::vector<TokenId>>();
            ids.insert(ids.begin(), own.begin(), own.end());
        }
        return ids;
    };
    CHECK(ids_to(recorded.answered) == std::vector<TokenId>{0, 1, 2, 10, 11, 3, 4, 12});
    CHECK(ids_to(recorded.partial) == std::vector<TokenId>{0, 1, 2, 11, 3, 4, 5, 13});

    const Json& called = records[recorded.called];
    CHECK(called["mask"] == Json({1, 1, 0}));
    CHECK(called["is_content"] == Json({1, 0, 0}));
    CHECK(called["logprobs"] == Json({-0.5, -0.25}));
    CHECK(called["stop"] == "tool_calls");
    CHECK(called["repairs"] == Json({"closed a tag plain text"}));
    CHECK(called["weight_version"] == "xxh3:12");
    CHECK(called["sampler"]["seed"] == 7);
    CHECK(called["message"]["tool_calls"][0]["function"]["name"] == "bash");
    CHECK(records[recorded.answered]["stop"] == "end");
    const Json& copy = records[recorded.called_copy];
    CHECK(copy["copied_from"] == recorded.called);
    CHECK(copy["sampled"] == false);
    CHECK(copy["mask"] == Json({0, 0}));
    CHECK(copy["logprobs"].empty());
    CHECK(copy["stop"].is_null());
    const Json& partial = records[recorded.partial];
    CHECK(partial["sampled"] == true);
    CHECK(partial["message"].is_null());
    CHECK(partial["stop"].is_null());
    CHECK(records[recorded.system]["is_content"] == Json({nullptr, nullptr}));
}

TEST_CASE("log: the commands list, show by the start of an id or the last, and export one or all") {
    const Recorded recorded;
    std::string second;
    {
        auto t = Trajectory::create(recorded.file, {"/elsewhere", "pocket", "", "all"});
        second = t.id();
        add(t, {}, message(Role::system, "x"), {9});
    }
    const auto home = recorded.folder.path();
    const auto [listed, code] = run_log(home, {"list"});
    CHECK(code == exit_done);
    CHECK(listed.starts_with(second));
    CHECK(count(listed, recorded.id) == 1);
    CHECK(count(listed, "3 steps") == 1);
    CHECK(run_log(home, {"show", recorded.id}).first == transcript_of(recorded.history()));
    CHECK(run_log(home, {"show", recorded.id, "--json"}).first == printable_json(event_lines_of(recorded.history())));
    CHECK(run_log(home, {"show", "--last"}).first.starts_with("session " + second));
    CHECK(run_log(home, {"show"}).first.starts_with("session " + second));
    CHECK(run_log(home, {"export", "--format", "jsonl", recorded.id}).first ==
          printable_json(record_lines_of(recorded.history())));
    const auto all = lines_of(run_log(home, {"export", "--format", "jsonl"}).first);
    CHECK(all.size() == recorded.history().nodes.size() + 1);
    CHECK(all.front()["session"] == recorded.id);
    CHECK(all.back()["session"] == second);
    CHECK(run_log(home, {"show", "nothing"}).second == exit_environment);
    CHECK(run_log(home, {"show", recorded.id, "--last"}).second == exit_usage);
    CHECK(run_log(home, {"export", "--format", "csv"}).second == exit_usage);
    CHECK(run_log(home, {}).second == exit_usage);
}

TEST_CASE("log: with no store there is nothing to list, and nothing is made") {
    test::TempFolder home;
    CHECK(run_log(home.path(), {"list"}) == std::pair<std::string, int>{"", exit_done});
    CHECK(run_log(home.path(), {"export", "--format", "jsonl"}).second == exit_done);
    CHECK(run_log(home.path(), {"show"}).second == exit_environment);
    CHECK(!std::filesystem::exists(home.path() / "heddle.db"));
}

TEST_CASE("log: a store of a newer heddle is shown and exported, but not written to") {
    const Recorded recorded;
    const std::string before = transcript_of(recorded.history());
    {
        Database database(recorded.file, Database::Access::write);
        database.execute("age",
                         "insert into event(session, kind, at_us, body) values (1, 'from_the_future', 5, '{}'); "
                         "alter table node add column mood text; pragma user_version = 9");
    }
    const std::string shown = transcript_of(recorded.history());
    CHECK(shown.starts_with(before.substr(0, before.rfind("[turn not ended"))));
    CHECK(count(shown, "[from_the_future: an event that this version does not know]") == 1);
    CHECK(lines_of(record_lines_of(recorded.history())).size() == recorded.history().nodes.size());
    CHECK_THROWS_WITH_AS(Trajectory::open(recorded.file, recorded.id), doctest::Contains("a newer heddle made it"),
                         Error);
}
