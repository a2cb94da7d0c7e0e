// runtime/app.h: Builds the house: the only place that sees every concrete type.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "prompts/retention.h"
#include "runtime/model/model.h"
#include "runtime/turn.h"
#include "runtime/view.h"
#include "sandbox/policy.h"
#include "sandbox/session.h"
#include "tools/command_gate.h"

namespace heddle {

struct AppOptions {
    std::filesystem::path model;                     // a checkpoint's folder
    std::filesystem::path workspace;                 // an existing folder: all that the tools may change
    sandbox::Policy policy;                          // of the tools; its workspace is the one above
    std::map<std::string, std::string> environment;  // that their commands get on top of the clean one
    std::shared_ptr<tools::CommandGate> gate;        // of a policy with rules on single commands
    std::vector<std::string> tools;                  // by name, as tool_names() has them
    std::vector<std::string> protect;                // globs whose changes are not committed, beside Heddle's own list
    std::filesystem::path store;                     // the database of sessions; made when it is missing
    std::filesystem::path documents;                 // the index that search and open ask; may be missing
    std::string backend = "cpu";
    int threads = 0;                           // 0: one per core that this process may use
    std::optional<double> temperature, top_p;  // none: as the checkpoint says
    std::optional<std::uint64_t> seed;         // none: by chance; the record has it
    bool thinking = true;
    prompts::Retention retention = prompts::Retention::until_user;
    TurnLimits limits;
};

// One session in one folder, from the launcher to the store. Interrupts (Ctrl-C, SIGTERM, SIGHUP) cancel the turn that
// runs; a second one ends the process at once.
class App {
 public:
    // Starts the sandbox before threads and weights, checks that it can run, then loads the model and opens the record.
    // `quiet`: no progress of the loading on stderr. Throws one line for what the environment is not able to.
    App(const AppOptions& options, bool quiet);
    ~App();

    const std::string& session() const;
    const Model& model() const;
    const std::filesystem::path& workspace() const;  // canonical

    // After the last turn: ends all that the tools started. Returns the session that holds what they wrote, as long as
    // the app lives, or nullptr where the policy keeps nothing apart. Throws sandbox::Error.
    sandbox::Session* end_tools();

    // Runs one turn to its end; blocks. `view` is told of it and outlives the app's turns: it is the same in each.
    TurnEnd run(const std::string& prompt, View& view);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace heddle
