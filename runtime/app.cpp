// runtime/app.cpp: Builds the house: the only place that sees every concrete type.
#include "runtime/app.h"

#include <fmt/core.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>

#include "runtime/agent.h"
#include "runtime/blocking.h"
#include "runtime/error.h"
#include "runtime/instructions.h"
#include "runtime/load_bar.h"
#include "runtime/model/engine_model.h"
#include "runtime/recorder.h"
#include "runtime/store/local_documents.h"
#include "runtime/store/trajectory.h"
#include "sandbox/cover.h"
#include "sandbox/sandbox.h"
#include "tools/dispatcher.h"
#include "tools/standard_prompt.h"
#include "tools/tool_set.h"
#include "tools/workbench.h"

namespace heddle {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using prompts::Json;

namespace {

constexpr int interrupted_exit = 130;

fs::path existing_folder(const fs::path& folder) {
    std::error_code error;
    const auto whole = fs::canonical(folder, error);
    if (error)
        throw Error(fmt::format("cannot work in {}: {}; name a folder with --cd", folder.string(), error.message()));
    if (!fs::is_directory(whole)) throw Error(fmt::format("cannot work in {}: it is not a folder", folder.string()));
    return whole;
}

// A run of the smallest command: if a layer is missing here, the first call would be the wrong time to learn it.
void check_sandbox(sandbox::Sandbox& sandbox, const sandbox::Policy& policy) {
    const auto result = sandbox.run({{"true"}, "", {}, false}, policy);
    if (result.outcome.kind == sandbox::Outcome::Kind::setup_failed) {
        throw Error(fmt::format("the sandbox cannot run here, so nothing runs: {}", result.outcome.detail));
    }
    for (const auto& line : result.remarks) fmt::print(stderr, "heddle: {}\n", line);
}

std::unique_ptr<EngineModel> load_model(const AppOptions& options, bool quiet) {
    EngineModelOptions wanted{options.model,   options.backend,
                              options.threads, options.temperature,
                              options.top_p,   options.seed ? *options.seed : std::random_device{}()};
    if (quiet) return EngineModel::load(wanted);
    LoadBar bar(stderr);
    return EngineModel::load(wanted, [&bar](std::uint64_t done, std::uint64_t total, const std::string& file) {
        bar.show(done, total, file);
    });
}

// The web tools over the documents of this machine, but for those that the policy hides. What a page holds is counted
// as the model reads it, once there is one.
tools::web::Web local_web(const AppOptions& options, const sandbox::Policy& policy,
                          const std::unique_ptr<EngineModel>& model) {
    const auto documents = std::make_shared<LocalDocuments>(options.documents, [policy](const fs::path& file) {
        return sandbox::is_hidden(policy.hide, policy.workspace, file);
    });
    return {documents, documents, [&model](std::string_view text) {
                return model->codec().encode({{prompts::Piece::Kind::text, std::string(text)}}).size();
            }};
}

Json turn_settings(const AppOptions& options, const Sampling& sampling) {
    return {{"temperature", sampling.temperature},
            {"top_p", sampling.top_p},
            {"seed", sampling.seed},
            {"thinking", options.thinking},
            {"steps_max", options.limits.steps_max},
            {"tokens_max", options.limits.tokens_max},
            {"time_max_s", options.limits.time_max.count()},
            {"reply_tokens_max", options.limits.reply_tokens_max}};
}

Json session_settings(const AppOptions& options, const sandbox::Policy& policy) {
    return {{"version", HEDDLE_VERSION},
            {"backend", options.backend},
            {"sandbox",
             {{"tier", sandbox::name_of(policy.tier)},
              {"mode", sandbox::name_of(policy.mode)},
              {"net", sandbox::name_of(policy.network)},
              {"wall_ms", policy.limits.wall.count()},
              {"cpu_ms", policy.limits.cpu.count()},
              {"memory_bytes", policy.limits.memory_bytes},
              {"processes", policy.limits.processes}}}};
}

}  // namespace

struct App::State {
    AppOptions options;
    sandbox::Policy policy;
    sandbox::Sandbox sandbox;
    std::unique_ptr<tools::Workbench> bench;
    std::unique_ptr<tools::Dispatcher> dispatcher;
    std::unique_ptr<EngineModel> model;
    std::unique_ptr<Recorder> recorder;
    Toolbox toolbox;
    std::unique_ptr<Agent> agent;
    asio::io_context loop{1};
    asio::thread_pool tools_thread{1};

    AgentOptions agent_options() const {
        AgentOptions made;
        made.system = tools::system_message(*dispatcher);
        made.system.content += folder_instructions(options.workspace);
        made.render = {options.thinking, options.retention};
        made.limits = options.limits;
        made.session = {options.workspace.string(), model->name(), prompts::name_of(options.retention),
                        session_settings(options, policy)};
        made.turn_settings = turn_settings(options, model->sampling());
        return made;
    }
};

App::App(const AppOptions& options, bool quiet) {
    sandbox::Policy policy = options.policy;
    policy.workspace = existing_folder(options.workspace);
    auto launcher = sandbox::Sandbox::start();
    state_.reset(new State{options, policy, std::move(launcher), {}, {}, {}, {}, {}, {}});
    auto& state = *state_;
    state.options.workspace = policy.workspace;
    if (!sandbox::keeps_apart(policy.mode)) {
        check_sandbox(state.sandbox, policy);
        state.sandbox.keep_ready(policy);  // while the model loads
    }
    state.bench = std::make_unique<tools::Workbench>(state.sandbox, policy);  // where changes are kept apart, the check
    state.dispatcher = std::make_unique<tools::Dispatcher>(
        tools::ToolContext{*state.bench, options.environment, options.gate, local_web(options, policy, state.model)});
    tools::add_tools(*state.dispatcher, options.tools);
    state.model = load_model(options, quiet);
    const NewSession session{policy.workspace.string(), state.model->name(), state.model->weights_hash(),
                             prompts::name_of(options.retention)};
    state.recorder = std::make_unique<Recorder>(Trajectory::create(options.store, session));
    state.toolbox.call = [&state](const prompts::ToolCall& call, std::stop_token stop) {
        return run_on(state.tools_thread, [&state, call, stop] { return state.dispatcher->call(call, stop); });
    };
}

App::~App() = default;

const std::string& App::session() const {
    return state_->recorder->session();
}
const fs::path& App::workspace() const {
    return state_->options.workspace;
}
const Model& App::model() const {
    return *state_->model;
}

sandbox::Session* App::end_tools() {
    return state_->bench->end();
}

TurnEnd App::run(const std::string& prompt, View& view) {
    auto& state = *state_;
    if (!state.agent) {
        state.agent =
            std::make_unique<Agent>(*state.model, state.toolbox, *state.recorder, view, state.agent_options());
    }
    std::stop_source stop;
    asio::signal_set signals(state.loop, SIGINT, SIGTERM, SIGHUP);
    signals.async_wait([&](boost::system::error_code error, int) {
        if (error) return;
        stop.request_stop();
        // What is on record is right at any moment, so an impatient second one need not wait for the guest's end.
        signals.async_wait([](boost::system::error_code again, int) {
            if (!again) std::_Exit(interrupted_exit);
        });
    });
    TurnEnd end;
    std::exception_ptr failure;
    asio::co_spawn(state.loop, state.agent->run(prompt, stop.get_token()),
                   [&](std::exception_ptr thrown, TurnEnd result) {
                       failure = thrown;
                       end = std::move(result);
                       signals.cancel();
                   });
    state.loop.restart();
    state.loop.run();
    if (failure) std::rethrow_exception(failure);
    return end;
}

}  // namespace heddle
