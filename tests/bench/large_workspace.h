// tests/bench/large_workspace.h: A workspace of many files that is copied on write: opened, changed, read, rolled back.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "sandbox/changes/diff.h"
#include "sandbox/changes/snapshot.h"
#include "sandbox/sandbox.h"

namespace heddle::bench {

class LargeWorkspace {
 public:
    static constexpr int folders = 100, files_a_folder = 100, changes = 50;

    LargeWorkspace(const std::filesystem::path& path, const std::filesystem::path& guests) : path_(path) {
        for (int folder = 0; folder < folders; ++folder) {
            const auto at = path_ / ("d" + std::to_string(folder));
            std::filesystem::create_directories(at);
            for (int file = 0; file < files_a_folder; ++file)
                std::ofstream(at / ("f" + std::to_string(file))) << std::string(2000, 'a');
        }
        std::filesystem::copy_file(guests / "change_files", path_ / "change_files",
                                   std::filesystem::copy_options::overwrite_existing);
        policy_.workspace = path_;
        policy_.mode = sandbox::WorkspaceMode::cow;
    }
    LargeWorkspace(const LargeWorkspace&) = delete;
    ~LargeWorkspace() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    struct Times {  // microseconds
        double open = 0, change = 0, diff = 0, rollback = 0;
        double keep = 0, back = 0;  // in a session that goes on: a snapshot, and back to the start
    };

    template <typename Clock>
    Times round(sandbox::Sandbox& sandbox, Clock microseconds) const {
        Times times;
        std::optional<sandbox::Session> session;
        times.open = microseconds([&] { session.emplace(sandbox.open(policy_)); });
        change_files(*session);
        times.keep = microseconds([&] { session->snapshot(); });
        times.back = microseconds([&] { session->rollback(); });
        if (!session->diff().empty()) throw sandbox::Error("go back in a session: changes are left");
        times.change = change_files(*session);
        session->close();
        const sandbox::Fd root(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        std::size_t found = 0;
        times.diff = microseconds([&] { found = sandbox::changes::diff(session->changes(), root, {}).size(); });
        if (found != changes) throw sandbox::Error("find all changes: " + std::to_string(found) + " were found");
        times.rollback = microseconds([&] { sandbox::changes::rollback(session->changes(), root); });
        return times;
    }

 private:
    // What it took, in microseconds.
    static double change_files(sandbox::Session& session) {
        sandbox::Command command;
        command.argv = {"./change_files", std::to_string(changes)};
        const sandbox::Result result = session.run(command);
        if (result.outcome.exit_status() != 0) throw sandbox::Error(result.err.text() + describe(result.outcome));
        return std::stod(result.out.text());
    }

    std::filesystem::path path_;
    sandbox::Policy policy_;
};

}  // namespace heddle::bench
