// tools/web/reader.cpp: Guests without a workspace, an order each, and how their ends read in words.
#include "tools/web/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "tools/clip.h"
#include "tools/error.h"

namespace heddle::tools::web {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds parse_time{30}, parse_cpu{20};  // a document that is made to take long ends in seconds
constexpr std::chrono::seconds fetch_time_more{5};             // than the order's: the guest's start and end
constexpr std::uint64_t memory_bytes = 1 << 30;                // a page of 20 MB as a tree
constexpr std::uint64_t open_files = 64, tmp_bytes = 64 << 10;
constexpr int processes = 8;
constexpr std::size_t log_lines_max = 1'000;

fs::path reader_folder() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (error) throw sandbox::Error("find the reader beside this program", error.value());
    return self.parent_path() / "reader";
}

sandbox::Command reading(std::string order, const fs::path& folder) {
    sandbox::Command command;
    command.argv = {(folder / "heddle-reader").string()};
    command.input = std::move(order);
    return command;
}

constexpr const char* no_guest = "the sandbox gives no guest to read it in: ";

// What cannot be read so ends one call of the model's, not the conversation.
template <typename Work>
auto in_guest(Work work) {
    try {
        return work();
    } catch (const sandbox::Error& error) {
        throw Error(std::string(no_guest) + error.what());
    }
}

// What the guest wrote, whole. Throws Error where it did not end well.
std::string answer_of(const sandbox::Result& result) {
    using Kind = sandbox::Outcome::Kind;
    switch (result.outcome.kind) {
        case Kind::setup_failed:
            throw Error(no_guest + result.outcome.detail);
        case Kind::cancelled:
            throw Error("it was cancelled");
        case Kind::exited:
            break;
        default:
            throw Error("reading it took more than it may: " + sandbox::describe(result.outcome));
    }
    if (result.out.dropped_bytes() > 0) throw Error("the reader said more than it may");
    if (result.outcome.code != 0) {
        const std::string said = result.err.text();
        throw Error("the reader failed at it: " + one_line(said.substr(0, said.find('\n')), 200));
    }
    return result.out.head + result.out.tail;
}

}  // namespace

Reader::Reader(sandbox::Sandbox& sandbox, sandbox::Tier tier, const fs::path& folder) : sandbox_(sandbox) {
    policy_.workspace = folder.empty() ? reader_folder() : folder;
    policy_.mode = sandbox::WorkspaceMode::ro;
    policy_.tier = std::max(tier, sandbox::Tier::c);
    policy_.limits.memory_bytes = memory_bytes;
    policy_.limits.open_files = open_files;
    policy_.limits.tmp_bytes = tmp_bytes;
    policy_.limits.processes = processes;
    policy_.limits.file_bytes = tmp_bytes;
}

Visit Reader::fetch(const FetchOrder& order, const sandbox::NetRules& rules, std::stop_token stop) {
    sandbox::Policy policy = policy_;
    policy.network = sandbox::NetworkMode::proxy;
    policy.net = rules;
    policy.limits.wall = order.time + fetch_time_more;
    policy.limits.output_bytes = answer_max_of(order);
    std::vector<sandbox::NetEvent> network;
    const sandbox::Result result = in_guest([&] {
        sandbox::Session session = sandbox_.open(policy);
        auto ended = session.run(reading(encode(order), policy.workspace), std::move(stop));
        session.close();
        network = session.network();
        return ended;
    });
    note(network);
    return {decode_fetched(answer_of(result)), std::move(network)};
}

void Reader::note(const std::vector<sandbox::NetEvent>& events) {
    const std::lock_guard lock(mutex_);
    auto& log = logs_[std::this_thread::get_id()];
    for (const auto& event : events)
        if (log.size() < log_lines_max) log.push_back(sandbox::describe(event));
}

std::vector<std::string> Reader::take_network_log() {
    const std::lock_guard lock(mutex_);
    auto taken = logs_.extract(std::this_thread::get_id());
    return taken ? std::move(taken.mapped()) : std::vector<std::string>();
}

std::vector<Reading> Reader::parse(const std::vector<Source>& sources, std::stop_token stop) {
    sandbox::Policy policy = policy_;
    policy.limits.wall = parse_time;
    policy.limits.cpu = parse_cpu;
    policy.limits.output_bytes = documents_answer_max;
    const sandbox::Result result =
        in_guest([&] { return sandbox_.run(reading(encode(sources), policy.workspace), policy, stop); });
    std::vector<Reading> readings;
    try {
        for (auto& document : decode_documents(answer_of(result), sources.size()))
            readings.push_back({std::move(document), {}});
        return readings;
    } catch (const Error& error) {
        using Kind = sandbox::Outcome::Kind;
        if (result.outcome.kind == Kind::setup_failed || result.outcome.kind == Kind::cancelled) throw;
        if (sources.size() <= 1) return std::vector<Reading>(sources.size(), Reading{{}, error.what()});
    }
    readings.clear();
    for (const auto& source : sources) readings.push_back(std::move(parse({source}, stop).front()));
    return readings;
}

}  // namespace heddle::tools::web
