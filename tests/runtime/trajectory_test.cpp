// tests/runtime/trajectory_test.cpp: What a session's record promises: exact, append-only, one writer, nothing lost.
#include "runtime/store/trajectory.h"

#include <doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include "runtime/error.h"
#include "runtime/store/database.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

using namespace heddle;
using prompts::Message;
using prompts::Role;

namespace {

const NewSession new_session{"/home/someone/project", "pocket", "sha256:abc", "until_user"};

std::string error_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Message user(const std::string& text) {
    Message message;
    message.content = text;
    return message;
}

NodeId add_user(Trajectory& trajectory, std::optional<NodeId> parent, const std::vector<TokenId>& ids) {
    const std::array<Rendered, 1> rendered{{{ids, "rendered", true}}};
    return trajectory.add_node(parent, {Role::user, user("a question"), rendered, {}});
}

std::vector<TokenId> ids_to(const History& history, NodeId leaf) {
    std::vector<TokenId> all;
    for (const NodeId id : history.path_to(leaf)) {
        const auto ids = history.node(id).ids();
        all.insert(all.end(), ids.begin(), ids.end());
    }
    return all;
}

ReplyFinished reply() {
    ReplyFinished event;
    event.message.role = Role::assistant;
    event.message.reasoning = "Count first.";
    event.message.content = "It has \xff bytes.";
    event.message.calls = {{"call_0", "bash", {{"command", "ls\n\"x\""}, {"n", 3}}}};
    event.repairs = {"added a missing end tag"};
    event.stop = StopReason::length;
    event.usage = {812, 790, 22, 31, 1000, 2000};
    return event;
}

}  // namespace

TEST_CASE("trajectory: root to leaf, the runs are exactly the tokens, with text, log-probabilities and kind") {
    test::TempFolder folder;
    const auto file = folder.path() / "deep" / "er" / "sessions.db";
    auto trajectory = Trajectory::create(file, new_session);
    const NodeId asked = add_user(trajectory, {}, {0, 5, 2147483647, -1});
    const NodeId said = trajectory.add_node(asked, {Role::assistant, {}, {}, {}});
    trajectory.append_sampled(said, 17, -0.25F, "\xc3");
    trajectory.append_sampled(said, 18, -0.5F, "\xa9");
    trajectory.append_sampled(said, 1, -3.0F, prompts::control::think_end);
    const std::vector<TokenId> end{2};
    trajectory.append_rendered(said, {end, prompts::control::end, false});

    const History history = read_session(file, trajectory.id());
    CHECK(ids_to(history, said) == std::vector<TokenId>{0, 5, 2147483647, -1, 17, 18, 1, 2});
    const auto& runs = history.node(said).runs;
    REQUIRE(runs.size() == 3);
    CHECK(runs[0].text == "\xc3\xa9");
    CHECK(runs[0].logprobs == std::vector<float>{-0.25F, -0.5F});
    CHECK(runs[0].sampled);
    CHECK(runs[0].content == true);
    CHECK(runs[1].content == false);
    CHECK(!runs[2].sampled);
    CHECK(runs[2].logprobs.empty());
    CHECK(history.leaf() == said);
    CHECK(!history.node(said).message);
    CHECK(history.node(asked).message->content == "a question");
    CHECK(history.session.cwd == "/home/someone/project");
    CHECK(history.session.model_hash == "sha256:abc");
}

TEST_CASE("trajectory: a branch leaves the first path as it was, and names what it repeats") {
    test::TempFolder folder;
    auto trajectory = Trajectory::create(folder.path() / "s.db", new_session);
    const NodeId root = add_user(trajectory, {}, {1, 2});
    const NodeId first = add_user(trajectory, root, {3, 4});
    const std::vector<TokenId> shorter{4};
    const std::array<Rendered, 1> rendered{{{shorter, "y", {}}}};
    const NodeId copy = trajectory.add_node(root, {Role::assistant, user("x"), rendered, first});
    const History history = trajectory.replay();
    CHECK(ids_to(history, first) == std::vector<TokenId>{1, 2, 3, 4});
    CHECK(ids_to(history, copy) == std::vector<TokenId>{1, 2, 4});
    CHECK(history.node(copy).copied_from == first);
    CHECK(history.leaf() == copy);
}

TEST_CASE("trajectory: every kind of event comes back as it was given, in order, with its node") {
    test::TempFolder folder;
    auto trajectory = Trajectory::create(folder.path() / "s.db", new_session);
    const NodeId node = trajectory.add_node({}, {Role::assistant, {}, {}, {}});
    const Totals totals{2, 1, {1, 2, 3, 4, 5, 6}, 99};
    const std::vector<Event> events{SessionStarted{"/w", "m", "all", {{"version", "0.1"}}},
                                    TurnStarted{"What?\nNow.", {{"seed", 7}}},
                                    StepStarted{1, 10, 4, 6},
                                    reply(),
                                    ToolStarted{"call_0", "bash", {{"command", "ls"}}},
                                    ToolCompleted{"call_0", "a\tb", false, {{"exit_status", 1}}, 12345},
                                    TurnCompleted{"Done.", totals},
                                    TurnFailed{"no steps left", TurnFailed::Kind::limit, totals}};
    for (const auto& event : events) trajectory.append(event, node);
    const History history = trajectory.replay();
    REQUIRE(history.events.size() == events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& row = history.events[i];
        CHECK(row.kind == kind_of(events[i]));
        CHECK(row.node == node);
        if (i > 0) CHECK(row.seq > history.events[i - 1].seq);
        const auto event = event_of(row.kind, row.body);
        REQUIRE(event);
        CHECK(event->index() == i);
        CHECK(body_of(*event) == row.body);
        if (i != 3) CHECK(row.body == body_of(events[i]));
    }
    const auto replied = std::get<ReplyFinished>(*event_of("reply", history.events[3].body));
    CHECK(replied.message.content == "It has \xef\xbf\xbd bytes.");  // the byte that is no UTF-8 stays in the runs only
    CHECK(replied.message.calls == reply().message.calls);
    CHECK(replied.stop == StopReason::length);
    CHECK(history.node(node).message->reasoning == "Count first.");
    CHECK(!event_of("from_the_future", {}));
    CHECK(contains(error_of([] { event_of("reply", {{"message", {{"role", "king"}}}}); }), "event of kind reply"));
    CHECK(contains(error_of([] { event_of("turn_failed", {{"reason", "x"}}); }), "event of kind turn_failed"));
}

TEST_CASE("trajectory: a message of every role comes back whole") {
    test::TempFolder folder;
    auto trajectory = Trajectory::create(folder.path() / "s.db", new_session);
    Message system;
    system.role = Role::system;
    system.content = "Be brief.";
    system.tools = {{prompts::Json{{"name", "bash"}, {"description", "d"}, {"parameters", {{"type", "object"}}}}},
                    {prompts::Json{{"name", "python"}}}};
    system.response_format = {{"type", "object"}};
    Message result;
    result.role = Role::tool;
    result.content = "a.txt";
    result.call_id = "call_0";
    const NodeId root = trajectory.add_node({}, {Role::system, system, {}, {}});
    const NodeId leaf = trajectory.add_node(root, {Role::tool, result, {}, {}});
    const History history = trajectory.replay();
    const auto& back = *history.node(root).message;
    CHECK(back.content == "Be brief.");
    REQUIRE(back.tools.size() == 2);
    CHECK(back.tools[0].function == system.tools[0].function);
    CHECK(back.response_format == system.response_format);
    CHECK(history.node(leaf).message->call_id == "call_0");
    CHECK(history.node(leaf).role == Role::tool);
}

TEST_CASE("trajectory: nothing on record can be changed or deleted, nor belong to another session") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    auto one = Trajectory::create(file, new_session), two = Trajectory::create(file, new_session);
    const NodeId node = add_user(one, {}, {1});
    one.append(TurnStarted{"x", prompts::Json::object()}, node);
    CHECK(contains(error_of([&] { add_user(two, node, {2}); }), "FOREIGN KEY"));
    CHECK(contains(error_of([&] { two.append(StepStarted{}, node); }), "FOREIGN KEY"));
    CHECK(two.replay().nodes.empty());
    Database database(file, Database::Access::write);
    for (const char* table : {"node", "run", "event"}) {
        CHECK(contains(error_of([&] { database.execute("delete", std::string("delete from ") + table); }),
                       "never deleted"));
    }
    CHECK(contains(error_of([&] { database.execute("change", "update event set body = '{}'"); }), "never changed"));
    CHECK(contains(error_of([&] { database.execute("change", "update run set ids = x''"); }), "never changed"));
    CHECK(contains(error_of([&] { database.execute("change", "update node set role = 'tool'"); }), "never changed"));
}

TEST_CASE(
    "trajectory: sessions are listed newest first, found by the start of their id, titled by their first prompt") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    CHECK(list_sessions(file).empty());
    CHECK(!std::filesystem::exists(file));
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        auto trajectory = Trajectory::create(file, new_session);
        ids.push_back(trajectory.id());
        trajectory.append(
            TurnStarted{"  Count\n the lines of every file in this folder, and say which file has the most of them ",
                        prompts::Json::object()});
        trajectory.append(TurnStarted{"and now?", prompts::Json::object()});
        for (int step = 0; step < i; ++step) trajectory.append(StepStarted{});
    }
    CHECK(std::ranges::is_sorted(ids));
    CHECK(ids[0].size() == 36);
    CHECK(ids[0][14] == '7');
    const auto all = list_sessions(file);
    REQUIRE(all.size() == 5);
    CHECK(all[0].id == ids[4]);
    CHECK(all[0].steps == 4);
    CHECK(all[2].id == ids[2]);
    CHECK(all[0].title == "Count the lines of every file in this folder, and say which file has the ...");
    CHECK(find_session(file, ids[1]).id == ids[1]);
    CHECK(find_session(file, ids[1].substr(0, 35)).id == ids[1]);
    CHECK(find_session(file, "").id == ids[4]);
    CHECK(contains(error_of([&] { find_session(file, ids[0].substr(0, 2)); }), "cannot tell which session"));
    CHECK(contains(error_of([&] { find_session(file, "zz"); }), "cannot find a session whose id begins with zz"));
    CHECK(contains(error_of([&] { Trajectory::open(file, "zz"); }), "no such session"));
    CHECK(contains(error_of([&] { Trajectory::open(folder.path() / "none.db", "zz"); }), "no store"));
}

TEST_CASE("trajectory: a title never cuts a character") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    for (int shift = 0; shift < 4; ++shift) {
        auto trajectory = Trajectory::create(file, new_session);
        std::string prompt(static_cast<std::size_t>(shift), 'a');
        for (int i = 0; i < 40; ++i) prompt += "\xf0\x9f\x90\x98";
        trajectory.append(TurnStarted{prompt, prompts::Json::object()});
        const std::string title = find_session(file, "").title;
        CHECK(title.ends_with("\xf0\x9f\x90\x98 ..."));
    }
}

TEST_CASE("trajectory: one writer a session, also within a process; its death frees the session") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    std::string id;
    {
        auto trajectory = Trajectory::create(file, new_session);
        id = trajectory.id();
        CHECK(contains(error_of([&] { Trajectory::open(file, id); }), "another heddle is writing to it"));
        auto other = Trajectory::create(file, new_session);  // another session is no one's business
        other.append(StepStarted{});
        CHECK(read_session(file, id).session.id == id);
    }
    test::Child holder([&](auto report) {
        auto trajectory = Trajectory::open(file, id);
        report(1);
        for (;;) ::pause();
    });
    REQUIRE(holder.next() == 1);
    CHECK(contains(error_of([&] { Trajectory::open(file, id); }), "another heddle is writing to it"));
    holder.kill();
    Trajectory::open(file, id).append(StepStarted{});
}

TEST_CASE("trajectory: processes that start at the same moment make one store, and write beside each other") {
    test::TempFolder folder;
    const auto file = folder.path() / "new" / "s.db";
    constexpr int writers = 6, tokens = 200;
    std::vector<std::unique_ptr<test::Child>> children;
    for (int i = 0; i < writers; ++i) {
        children.push_back(std::make_unique<test::Child>([&](auto) {
            auto trajectory = Trajectory::create(file, new_session);
            const NodeId node = trajectory.add_node({}, {Role::assistant, {}, {}, {}});
            for (TokenId id = 0; id < tokens; ++id) trajectory.append_sampled(node, id, -1, "x");
        }));
    }
    for (auto& child : children) CHECK(child->wait() == 0);
    const auto sessions = list_sessions(file);
    REQUIRE(sessions.size() == writers);
    for (const auto& session : sessions) CHECK(read_session(file, session.id).nodes[0].ids().size() == tokens);
}

TEST_CASE("trajectory: killed at any moment, what was acknowledged is there once and in order") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    const std::string id = Trajectory::create(file, new_session).id();
    std::mt19937 random(5);
    std::int64_t tokens = 0, events = 0;
    for (int round = 0; round < 40; ++round) {
        test::Child child([&](auto report) {
            auto trajectory = Trajectory::open(file, id);
            const auto before = trajectory.replay();
            const NodeId node = trajectory.add_node(before.leaf(), {Role::assistant, {}, {}, {}});
            for (TokenId token = 0;; ++token) {
                trajectory.append_sampled(node, token, -1, "word ");
                report(0);
                if (token % 16 == 0) {
                    trajectory.append(ToolStarted{std::to_string(token), "bash", {{"command", std::string(2000, 'x')}}},
                                      node);
                    report(1);
                }
            }
        });
        child.next();  // it has begun
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
        child.kill();
        auto told = child.told();
        told.push_back(0);  // the one that was waited for
        const auto acknowledged_tokens = std::ranges::count(told, 0), acknowledged_events = std::ranges::count(told, 1);

        const History history = read_session(file, id);
        REQUIRE(history.nodes.size() == static_cast<std::size_t>(round) + 1);
        const auto ids = history.nodes.back().ids();
        CHECK(static_cast<std::ptrdiff_t>(ids.size()) >= acknowledged_tokens);
        CHECK(static_cast<std::ptrdiff_t>(ids.size()) <= acknowledged_tokens + 1);
        for (std::size_t i = 0; i < ids.size(); ++i) REQUIRE(ids[i] == static_cast<TokenId>(i));
        const auto found_events = static_cast<std::int64_t>(history.events.size()) - events;
        CHECK(found_events >= acknowledged_events);
        CHECK(found_events <= acknowledged_events + 1);
        events += found_events;
        tokens += static_cast<std::int64_t>(ids.size());
    }
    CHECK(tokens > 40);
    Database database(file, Database::Access::write);
    Statement check(database, "check", "pragma integrity_check");
    Row row = check.run();
    REQUIRE(row.next());
    CHECK(row.text(0) == "ok");
}

TEST_CASE("trajectory: a full disk ends with one line, and the store is intact up to there") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db", said = folder.path() / "error.txt";
    const std::string id = Trajectory::create(file, new_session).id();
    test::Child child([&](auto report) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1 << 20, 1 << 20};  // no file may grow past it
        ::setrlimit(RLIMIT_FSIZE, &limit);
        auto trajectory = Trajectory::open(file, id);
        const NodeId node = trajectory.add_node({}, {Role::assistant, {}, {}, {}});
        for (TokenId token = 0;; ++token) {
            try {
                trajectory.append_sampled(node, token, -1, std::string(3000, 'x'));
            } catch (const Error& error) {
                std::ofstream(said) << error.what() << '\n';
                throw;
            }
            report(token);
        }
    });
    const auto told = child.told();
    CHECK(child.wait() == 1);
    REQUIRE(told.size() > 10);
    std::ifstream in(said);
    std::string error, more;
    std::getline(in, error);
    INFO(error);
    CHECK(contains(error, "cannot record tokens in " + file.string()));
    CHECK(contains(error, "check the space and the health of the disk"));
    CHECK(contains(error, "what was recorded before is intact"));
    CHECK(!std::getline(in, more));
    const auto ids = read_session(file, id).nodes[0].ids();
    CHECK(ids.size() == told.size());
    Trajectory::open(file, id).append(StepStarted{});  // and it goes on when there is room again
}

TEST_CASE("trajectory: a damaged store says so in one line and is not written to") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    std::string id;
    {
        auto trajectory = Trajectory::create(file, new_session);
        id = trajectory.id();
        const NodeId node = trajectory.add_node({}, {Role::assistant, {}, {}, {}});
        for (TokenId token = 0; token < 500; ++token) trajectory.append_sampled(node, token, -1, "some text here");
    }
    const auto size = std::filesystem::file_size(file);
    for (const std::size_t at : {std::size_t{0}, std::size_t{4096 * 3}, std::size_t{4096 * 8}}) {
        const auto torn = folder.path() / "torn.db";
        std::filesystem::copy_file(file, torn, std::filesystem::copy_options::overwrite_existing);
        std::fstream out(torn, std::ios::binary | std::ios::in | std::ios::out);
        REQUIRE(at + 4096 < size);
        out.seekp(static_cast<std::streamoff>(at));
        out << std::string(4096, '\x5a');
        out.close();
        const std::string error = error_of([&] {
            read_session(torn, id);
            auto trajectory = Trajectory::open(torn, id);
            add_user(trajectory, {}, {1});
            read_session(torn, id);
        });
        INFO(at, ": ", error);
        CHECK(contains(error, "torn.db"));
        CHECK(contains(error, "nothing was overwritten"));
        CHECK(error.find('\n') == std::string::npos);
    }
}
