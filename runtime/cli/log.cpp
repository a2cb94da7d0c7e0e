// runtime/cli/log.cpp: heddle log: lists sessions, shows one, exports them for training.
#include <memory>
#include <string>

#include "runtime/cli/commands.h"
#include "runtime/cli/standard_output.h"
#include "runtime/config.h"
#include "runtime/store/export.h"
#include "runtime/store/history.h"
#include "runtime/terminal_text.h"
#include "runtime/transcript.h"

namespace heddle {

namespace {

struct LogFlags {
    std::string session;  // an id or its start; empty: see each command
    bool last = false, json = false;
    std::string format = "jsonl";
};

void list() {
    for (const auto& session : list_sessions(find_paths().store)) print_answer(list_line_of(session) + "\n");
}

void show(const LogFlags& flags) {
    const auto store = find_paths().store;
    const auto history = read_session(store, find_session(store, flags.session).id);
    print_answer(flags.json ? printable_json(event_lines_of(history)) : transcript_of(history));
}

void export_records(const LogFlags& flags) {
    const auto store = find_paths().store;
    if (!flags.session.empty()) {
        print_answer(printable_json(record_lines_of(read_session(store, find_session(store, flags.session).id))));
        return;
    }
    const auto sessions = list_sessions(store);
    for (auto session = sessions.rbegin(); session != sessions.rend(); ++session) {
        print_answer(printable_json(record_lines_of(read_session(store, session->id))));
    }
}

}  // namespace

void add_log(CLI::App& app, int& exit_code) {
    const auto flags = std::make_shared<LogFlags>();
    auto* log = app.add_subcommand("log", "What was said and done in earlier sessions");
    log->require_subcommand(1);

    auto* list_command = log->add_subcommand("list", "All sessions, the newest first");
    list_command->callback([&exit_code] {
        list();
        exit_code = exit_done;
    });

    auto* show_command = log->add_subcommand("show", "One session, whole");
    auto* id = show_command->add_option("session", flags->session, "Its id or the start of it; none: the newest")
                   ->type_name("ID");
    show_command->add_flag("--last", flags->last, "The newest session")->excludes(id);
    show_command->add_flag("--json", flags->json, "JSON Lines, one event a line");
    show_command->callback([flags, &exit_code] {
        show(*flags);
        exit_code = exit_done;
    });

    auto* export_command = log->add_subcommand("export", "Messages with their exact tokens, for training");
    export_command
        ->add_option("session", flags->session, "Its id or the start of it; none: every session, oldest first")
        ->type_name("ID");
    export_command->add_option("--format", flags->format, "jsonl: one JSON object a message")
        ->check(CLI::IsMember({"jsonl"}))
        ->required();
    export_command->callback([flags, &exit_code] {
        export_records(*flags);
        exit_code = exit_done;
    });
}

}  // namespace heddle
