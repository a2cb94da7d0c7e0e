// runtime/app.h: Builds the house: the only place that sees every concrete type.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "prompts/retention.h"
#include "runtime/model/model.h"
#include "runtime/turn.h"
#include "runtime/view.h"
#include "runtime/workshop.h"

namespace heddle {

struct AppOptions : WorkshopOptions {
    std::filesystem::path model;  // a checkpoint's folder
    std::filesystem::path store;  // the database of sessions; made when it is missing
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
    // Opens the workshop before there are threads and weights, then loads the model and opens the record.
    // `quiet`: no progress of the loading on stderr. Throws one line for what the environment is not able to.
    App(const AppOptions& options, bool quiet);
    ~App();

    const std::string& session() const;
    const Model& model() const;
    const std::filesystem::path& workspace() const;  // canonical

    sandbox::Session* end_tools() { return workshop().end(); }  // after the last turn

    // Runs one turn to its end; blocks. `view` is told of it and outlives the app's turns: it is the same in each.
    TurnEnd run(const std::string& prompt, View& view);

 private:
    struct State;
    Workshop& workshop() const;
    std::unique_ptr<State> state_;
};

}  // namespace heddle
