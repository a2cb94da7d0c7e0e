// tools/web/reader.h: Pages fetched and parsed by a program that may become theirs, each time in a guest of its own.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/net/event.h"
#include "sandbox/sandbox.h"
#include "tools/web/reader_wire.h"

namespace heddle::tools::web {

struct Visit {
    Fetched fetched;
    std::vector<sandbox::NetEvent> network;  // what the proxy was asked for, and what came of it: its word, no guest's
};

struct Reading {
    std::optional<Document> document;  // none: no text
    std::string problem;               // not empty: the reader failed at it; the end of a sentence
};

// The guests have no workspace: they see the system and the reader's own folder, and write nothing. One that fetches
// meets no parser of documents' but HTTP's and reaches what its rules allow; one that parses reaches nothing. Safe to
// use from several threads.
class Reader {
 public:
    // `tier`: of the guests, at least; never none. The sandbox outlives this. `folder` holds heddle-reader and is all
    // that its guests see beside the system; it is reader/ beside this program unless named.
    explicit Reader(sandbox::Sandbox& sandbox, sandbox::Tier tier = sandbox::Tier::c,
                    const std::filesystem::path& folder = {});

    // Throws Error, the end of a sentence, where the reader did not come to its end: the sandbox gives no such guest,
    // its limits, `stop`.
    Visit fetch(const FetchOrder& order, const sandbox::NetRules& rules, std::stop_token stop);

    // One for each source. If a guest fails at many, each is read in a guest of its own, so that one of them costs no
    // other. Throws Error if the sandbox gives no such guest, or for `stop`.
    std::vector<Reading> parse(const std::vector<Source>& sources, std::stop_token stop);

    // What the guests of the calling thread have asked of the network since it last called this: a line each, of a
    // thousand at most.
    std::vector<std::string> take_network_log();

 private:
    void note(const std::vector<sandbox::NetEvent>& events);

    sandbox::Sandbox& sandbox_;
    sandbox::Policy policy_;
    std::mutex mutex_;
    std::map<std::thread::id, std::vector<std::string>> logs_;  // of threads that had guests and have not taken theirs
};

}  // namespace heddle::tools::web
