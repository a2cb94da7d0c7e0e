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
#include "runtime/instructions.h"
#include "runtime/load_bar.h"
#include "runtime/model/engine_model.h"
#include "runtime/recorder.h"
#include "runtime/store/trajectory.h"
#include "tools/standard_prompt.h"

namespace heddle {

namespace asio = boost::asio;
using prompts::Json;

namespace {

constexpr int interrupted_exit = 130;

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
    explicit State(const AppOptions& wanted)
        : options(wanted), workshop(wanted, [this](std::string_view text) {
              return model->codec().encode({{prompts::Piece::Kind::text, std::string(text)}}).size();
          }) {}

    AppOptions options;
    Workshop workshop;
    std::unique_ptr<EngineModel> model;
    std::unique_ptr<Recorder> recorder;
    Toolbox toolbox;
    std::unique_ptr<Agent> agent;
    asio::io_context loop{1};
    asio::thread_pool tools_thread{1};

    AgentOptions agent_options() const {
        AgentOptions made;
        made.system = tools::system_message(workshop.dispatcher());
        made.system.content += folder_instructions(workshop.policy().workspace);
        made.render = {options.thinking, options.retention};
        made.limits = options.limits;
        made.session = {workshop.policy().workspace.string(), model->name(), prompts::name_of(options.retention),
                        session_settings(options, workshop.policy())};
        made.turn_settings = turn_settings(options, model->sampling());
        return made;
    }
};

App::App(const AppOptions& options, bool quiet) : state_(std::make_unique<State>(options)) {
    auto& state = *state_;
    state.model = load_model(options, quiet);
    const NewSession session{workspace().string(), state.model->name(), state.model->weights_hash(),
                             prompts::name_of(options.retention)};
    state.recorder = std::make_unique<Recorder>(Trajectory::create(options.store, session));
    state.toolbox.batch_of = [&state](std::span<const prompts::ToolCall> calls) {
        return state.workshop.dispatcher().batch_of(calls);
    };
    state.toolbox.call = [&state](const Toolbox::Calls& batch, std::stop_token stop) {
        return run_on(state.tools_thread,
                      [&state, batch, stop] { return state.workshop.dispatcher().call(batch, stop); });
    };
}

App::~App() = default;

const std::string& App::session() const {
    return state_->recorder->session();
}
const std::filesystem::path& App::workspace() const {
    return workshop().policy().workspace;
}
const Model& App::model() const {
    return *state_->model;
}

Workshop& App::workshop() const {
    return state_->workshop;
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
    state.workshop.dispatcher().begin_turn();
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
