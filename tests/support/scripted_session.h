// tests/support/scripted_session.h: A session with a scripted model and tools, a real store, and a view that checks.
#pragma once

#include <doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/agent.h"
#include "runtime/model/scripted_model.h"
#include "runtime/recorder.h"
#include "runtime/store/history.h"
#include "runtime/store/trajectory.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

inline prompts::Message says(std::string reasoning, std::string content, std::vector<prompts::ToolCall> calls = {}) {
    prompts::Message message;
    message.role = prompts::Role::assistant;
    message.reasoning = std::move(reasoning);
    message.content = std::move(content);
    message.calls = std::move(calls);
    return message;
}

inline prompts::ToolCall call(int number, std::string name, prompts::Json arguments = {{"command", "ls"}}) {
    return {"call_" + std::to_string(number), std::move(name), std::move(arguments)};
}

// Opens the store beside the writer, as another process would, whenever it is shown something.
class CheckingView : public View {
 public:
    std::filesystem::path store;
    std::string session;
    std::vector<Event> events;
    std::vector<TokenId> tokens;
    std::function<void()> on_token, on_event;

    void token(const SampledToken& token) override {
        tokens.push_back(token.id);
        const auto ids = read_session(store, session).nodes.back().ids();
        REQUIRE(!ids.empty());
        CHECK(ids.back() == token.id);  // on record before it is shown
        if (on_token) on_token();
    }

    void event(const Event& event) override {
        events.push_back(event);
        const auto recorded = read_session(store, session).events;
        REQUIRE(recorded.size() == events.size());  // on record before it is shown, and once
        CHECK(recorded.back().kind == kind_of(event));
        CHECK(recorded.back().body == body_of(event));
        if (on_event) on_event();
    }

    template <typename Kind>
    std::vector<Kind> all() const {
        std::vector<Kind> found;
        for (const auto& event : events) {
            if (const auto* one = std::get_if<Kind>(&event)) found.push_back(*one);
        }
        return found;
    }

    std::string kinds() const {
        std::string line;
        for (const auto& event : events) line += (line.empty() ? "" : " ") + std::string(kind_of(event));
        return line;
    }
};

class ScriptedSession {
 public:
    explicit ScriptedSession(std::vector<prompts::Pieces> replies, TurnLimits limits = {},
                             prompts::RenderOptions render = {})
        : model(std::move(replies)),
          store_(folder_.path() / "store.db"),
          recorder_(std::make_unique<Recorder>(
              Trajectory::create(store_, {"/somewhere", "scripted", "", prompts::name_of(render.retention)}))) {
        view.store = store_;
        view.session = recorder_->session();
        toolbox_.batch_of = [this](std::span<const prompts::ToolCall> calls) {
            return side_by_side ? calls.size() : std::size_t{1};
        };
        toolbox_.call = [this](const Toolbox::Calls& asked, std::stop_token) { return run_tools(asked); };
        AgentOptions options;
        options.system.role = prompts::Role::system;
        options.system.content = "You are a test.";
        options.render = render;
        options.limits = limits;
        options.session = {"/somewhere", "scripted", prompts::name_of(render.retention), prompts::Json::object()};
        agent = std::make_unique<Agent>(model, toolbox_, *recorder_, view, options);
    }

    TurnEnd run(const std::string& prompt) {
        TurnEnd end;
        std::exception_ptr failure;
        boost::asio::co_spawn(loop, agent->run(prompt, stop.get_token()),
                              [&](std::exception_ptr thrown, TurnEnd result) {
                                  failure = thrown;
                                  end = std::move(result);
                              });
        loop.restart();
        loop.run();
        if (failure) std::rethrow_exception(failure);
        return end;
    }

    History history() const { return read_session(store_, view.session); }

    // The ids of the newest branch, root to leaf, as the store has them.
    std::vector<TokenId> recorded_prompt() const {
        const auto record = history();
        std::vector<TokenId> ids;
        for (const NodeId id : record.path_to(*agent->context().nodes().back().record)) {
            const auto more = record.node(id).ids();
            ids.insert(ids.end(), more.begin(), more.end());
        }
        return ids;
    }

    ScriptedModel model;
    CheckingView view;
    std::unique_ptr<Agent> agent;
    boost::asio::io_context loop{1};
    std::stop_source stop;
    std::function<tools::ToolResult(const prompts::ToolCall&)> tool = [](const prompts::ToolCall& asked) {
        tools::ToolResult result;
        result.text = "did " + asked.name;
        return result;
    };
    std::vector<prompts::ToolCall> ran;
    bool side_by_side = false;  // all calls of a reply

 private:
    boost::asio::awaitable<std::vector<tools::ToolResult>> run_tools(Toolbox::Calls asked) {
        const auto recorded = history().events;
        for (std::size_t i = 1; i <= asked.size(); ++i)
            CHECK(recorded.at(recorded.size() - i).kind == "tool_started");  // on record before it runs
        std::vector<tools::ToolResult> results;
        for (const auto& one : asked) {
            ran.push_back(one);
            results.push_back(tool(one));
        }
        co_return results;
    }

    TempFolder folder_;
    std::filesystem::path store_;
    std::unique_ptr<Recorder> recorder_;
    Toolbox toolbox_;
};

}  // namespace heddle::test
