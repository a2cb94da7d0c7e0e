// runtime/store/trajectory.cpp: Writes one session's record: its tree of nodes with token ids, and its events.
#include "runtime/store/trajectory.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "prompts/chat_format.h"
#include "prompts/message_json.h"
#include "runtime/error.h"
#include "runtime/json_line.h"
#include "runtime/store/blobs.h"
#include "runtime/store/database.h"
#include "runtime/store/format.h"
#include "runtime/store/session_id.h"
#include "runtime/store/writer_lock.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t title_bytes_max = 72;  // a line of `log list`

// The first words of a prompt, in one line and cut between words where there are any.
std::string title_of(std::string_view prompt) {
    std::string title;
    bool gap = false;
    for (const char byte : prompt) {
        if (std::isspace(static_cast<unsigned char>(byte)) != 0) {
            gap = !title.empty();
            continue;
        }
        if (gap) title += ' ';
        gap = false;
        title += byte;
        if (title.size() > title_bytes_max) break;
    }
    if (title.size() <= title_bytes_max) return title;
    std::size_t cut = title_bytes_max;
    while (cut > 0 && (title[cut] & 0xc0) == 0x80) --cut;  // not within a character
    const std::size_t space = title.rfind(' ', cut);
    if (space != std::string::npos && space > title_bytes_max / 2) cut = space;
    return title.substr(0, cut) + " ...";
}

// A sampled token is the message's own text unless it is one of the format's control tokens.
bool is_control(std::string_view bytes) {
    using namespace prompts::control;
    return std::ranges::any_of(std::array<std::string_view, 7>{begin, end, user, assistant, think, think_end, dsml},
                               [&](std::string_view name) { return name == bytes; });
}

// Nobody else makes or changes the store while this one is opening it.
std::unique_ptr<Database> open_store(const fs::path& file) {
    std::error_code error;
    if (const auto folder = file.parent_path(); !folder.empty() && !fs::exists(folder)) {
        fs::create_directories(folder, error);
        if (error) {
            throw Error(fmt::format("cannot make the folder {} of the store: {}; set HEDDLE_HOME to a folder of yours",
                                    folder.string(), error.message()));
        }
        fs::permissions(folder, fs::perms::owner_all, error);  // conversations are private
    }
    const WriterLock opening = WriterLock::take(lock_file_of(file), 0);
    auto database = std::make_unique<Database>(file, Database::Access::write);
    migrate(*database, store_format());
    return database;
}

}  // namespace

struct Trajectory::State {
    explicit State(const fs::path& file) : database(open_store(file)) {}
    ~State() { database->checkpoint(); }

    void hold(std::int64_t session, std::string name) {
        number = session;
        id = std::move(name);
        lock = WriterLock::try_take(lock_file_of(database->file()), number);
        if (!lock) {
            throw Error(
                fmt::format("cannot write to session {}: another heddle is writing to it; end that one first, or "
                            "begin a new session",
                            id));
        }
    }

    std::unique_ptr<Database> database;
    std::int64_t number = 0;
    std::string id;
    std::optional<WriterLock> lock;
    Statement add_node{*database, "record a message",
                       "insert into node(session, parent, role, created_us, copied_from, message) "
                       "values (?1, ?2, ?3, ?4, ?5, ?6)"};
    Statement add_run{*database, "record tokens",
                      "insert into run(node, place, sampled, content, ids, logprobs, text) select ?1, "
                      "coalesce((select max(place) + 1 from run where node = ?1), 0), ?2, ?3, ?4, ?5, ?6"};
    Statement add_event{*database, "record an event",
                        "insert into event(session, node, kind, at_us, body) values (?1, ?2, ?3, ?4, ?5)"};
    Statement set_title{*database, "record the title",
                        "update session set title = ?2 where number = ?1 and title = ''"};
};

Trajectory::Trajectory(std::unique_ptr<State> state) : state_(std::move(state)) {}
Trajectory::Trajectory(Trajectory&&) noexcept = default;
Trajectory& Trajectory::operator=(Trajectory&&) noexcept = default;
Trajectory::~Trajectory() = default;

Trajectory Trajectory::create(const fs::path& file, const NewSession& session) {
    auto state = std::make_unique<State>(file);
    const auto created = now_us();
    const auto id = new_session_id(created);
    Statement insert(*state->database, "record a new session",
                     "insert into session(id, created_us, cwd, model, model_hash, retention) "
                     "values (?1, ?2, ?3, ?4, ?5, ?6)");
    insert.execute(id, created, session.cwd, session.model, session.model_hash, session.retention);
    state->hold(state->database->last_insert_id(), id);
    return Trajectory(std::move(state));
}

Trajectory Trajectory::open(const fs::path& file, std::string_view id) {
    if (!fs::exists(file)) throw Error(fmt::format("cannot resume {}: there is no store at {}", id, file.string()));
    auto state = std::make_unique<State>(file);
    Statement find(*state->database, "find the session", "select number from session where id = ?1");
    Row row = find.run(id);
    if (!row.next()) {
        throw Error(
            fmt::format("cannot resume {}: {} has no such session; `heddle log list` shows them", id, file.string()));
    }
    state->hold(row.integer(0), std::string(id));
    return Trajectory(std::move(state));
}

const std::string& Trajectory::id() const {
    return state_->id;
}

std::vector<NodeId> Trajectory::add_nodes(std::optional<NodeId> parent, std::span<const NewNode> nodes) {
    Transaction whole(*state_->database, "record messages");
    std::vector<NodeId> ids;
    for (const auto& node : nodes) {
        std::optional<std::string> json;
        if (node.message) json = json_line(prompts::json_of(*node.message));
        state_->add_node.execute(state_->number, parent, prompts::name_of(node.role), now_us(), node.copied_from, json);
        parent = state_->database->last_insert_id();
        ids.push_back(*parent);
        for (const auto& stretch : node.rendered) append_rendered(*parent, stretch);
    }
    whole.commit();
    return ids;
}

void Trajectory::append_rendered(NodeId node, const Rendered& rendered) {
    std::optional<std::int64_t> content;
    if (rendered.content) content = *rendered.content ? 1 : 0;
    const Blob text(reinterpret_cast<const unsigned char*>(rendered.text.data()), rendered.text.size());
    state_->add_run.execute(node, 0, content, blob_of(rendered.ids), std::nullopt, text);
}

void Trajectory::append_sampled(NodeId node, TokenId id, float logprob, std::string_view bytes) {
    const Blob text(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    state_->add_run.execute(node, 1, is_control(bytes) ? 0 : 1, blob_of(std::span<const TokenId>(&id, 1)),
                            blob_of(std::span<const float>(&logprob, 1)), text);
}

std::int64_t Trajectory::append(const Event& event, std::optional<NodeId> node) {
    const auto* turn = std::get_if<TurnStarted>(&event);
    std::optional<Transaction> whole;
    if (turn != nullptr) {
        whole.emplace(*state_->database, "record an event");
        state_->set_title.execute(state_->number, title_of(turn->prompt));
    }
    state_->add_event.execute(state_->number, node, kind_of(event), now_us(), json_line(body_of(event)));
    const std::int64_t seq = state_->database->last_insert_id();
    if (whole) whole->commit();
    return seq;
}

History Trajectory::replay() {
    return read_session(*state_->database, state_->id);
}

}  // namespace heddle
