// runtime/cli/run_options.cpp: The options that exec and the conversation share, each named once.
#include "runtime/cli/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "runtime/cli/sandbox_policy.h"
#include "runtime/config.h"
#include "runtime/error.h"
#include "tools/tool_set.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

// Beside the program, as it is built; or below the prefix, as it is installed.
fs::path embedded_model() {
    std::error_code error;
    const auto folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto& candidate : {folder / "pocket", folder.parent_path() / "share/heddle/pocket"}) {
        if (fs::exists(candidate / "config.json", error)) return candidate;
    }
    throw Error("there is no model: the embedded one is not beside the program; name one with --model or HEDDLE_MODEL");
}

// For CLI11: what is wrong with what was typed, as reading it says.
template <auto parse>
std::string wrong_with(const std::string& typed) {
    try {
        parse(typed);
        return "";
    } catch (const std::invalid_argument& wrong) {
        return wrong.what();
    }
}

void add_rules(std::vector<tools::CallRule>& rules, const std::vector<std::string>& more) {
    for (const auto& one : more) std::ranges::move(tools::known_call_rules(one), std::back_inserter(rules));
}

tools::CallRules call_rules(tools::CallRules rules, const WorkshopFlags& flags) {
    add_rules(rules.allow, flags.allow);
    add_rules(rules.ask, flags.ask);
    add_rules(rules.deny, flags.deny);
    if (!flags.approval.empty()) rules.asks_otherwise = flags.approval == "ask";
    return rules;
}

WorkshopOptions workshop_options(const WorkshopFlags& flags, const Config& config, const Paths& paths, tools::Ask ask) {
    WorkshopOptions options;
    options.workspace = flags.workspace.empty() ? fs::current_path() : fs::path(flags.workspace);
    SandboxRunOptions wanted;
    wanted.workspace = options.workspace;
    wanted.policy_file = flags.policy_file;
    wanted.no_sandbox = flags.no_sandbox;
    const AgentPolicy said = agent_policy(wanted, ask);
    for (const auto& line : said.all.remarks) fmt::print(stderr, "heddle: {}\n", line);
    options.policy = said.all.policy;
    options.environment = said.all.environment;
    options.gate = said.gate;
    options.rules = call_rules(config.rules, flags);
    options.ask = std::move(ask);
    options.tools = flags.tools.empty() ? config.tools : tools::tools_of(flags.tools);
    options.protect = said.all.protect;
    options.outputs = paths.outputs;
    options.documents = paths.documents;
    options.web = {config.search, config.search_url, config.search_key};
    return options;
}

}  // namespace

void add_workshop_options(CLI::App& app, WorkshopFlags& flags) {
    app.add_option("-C,--cd", flags.workspace, "Folder to work in; all that the tools may change")->type_name("DIR");
    app.add_option("--policy", flags.policy_file, "A policy file in place of the user's policy.toml")
        ->type_name("FILE");
    app.add_flag("--no-sandbox", flags.no_sandbox,
                 "Enforce nothing, in this session: commands may do all that you may; limits hold as far as they can");
    const auto add_rule = [&app](const char* name, std::vector<std::string>& rules, const char* what) {
        app.add_option(name, rules, what)->type_name("RULE")->check(wrong_with<tools::known_call_rules>)->take_all();
    };
    add_rule("--deny-tool", flags.deny, "Calls that never run: a tool's name, or bash(git push *), edit_file(src/*)");
    add_rule("--ask-tool", flags.ask, "Calls that wait until the user has approved them");
    add_rule("--allow-tool", flags.allow, "Calls that run without asking, with --approval ask");
    app.add_option("--approval", flags.approval, "Of calls that no rule names and that may change something")
        ->check(CLI::IsMember({"allow", "ask"}));
}

void add_run_options(CLI::App& app, RunFlags& flags) {
    app.add_option("-m,--model", flags.model, "Checkpoint: a folder with config.json, tokenizer.json, *.safetensors")
        ->type_name("DIR");
    add_workshop_options(app, flags);
    app.add_option("--tools", flags.tools,
                   fmt::format("What the model may call, of {}", fmt::join(tools::tool_names(), ", ")))
        ->type_name("NAME,...")
        ->check(wrong_with<tools::tools_of>);
    app.add_option("--steps", flags.steps, "Model calls in a turn, at most")->check(CLI::Range(1, 1'000'000));
    app.add_option("--tokens", flags.tokens, "Tokens that the model says in a turn, at most")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--time", flags.seconds, "Seconds that a turn takes, at most")->check(CLI::Range(1, 1'000'000));
    app.add_option("--temperature", flags.temperature, "Of sampling; 0 takes the likeliest token")
        ->check(CLI::Range(0.0, 10.0));
    app.add_option("--top-p", flags.top_p, "Samples from the smallest set that reaches this probability")
        ->check(CLI::Range(1e-6, 1.0));
    app.add_option("--seed", flags.seed, "Makes sampling repeatable");
    app.add_flag("--no-thinking", flags.no_thinking, "Answer without a reasoning block");
    app.add_option("--backend", flags.backend, "cpu, or reference (double precision, slow)")
        ->check(CLI::IsMember({"cpu", "reference"}));
    app.add_option("--threads", flags.threads, "Of the engine; one per core unless named")
        ->check(CLI::Range(1, 1'000'000));
    app.add_flag("--json", flags.json, "JSON Lines on standard output, one event a line");
    app.add_option("-o,--output-last-message", flags.output_file, "File that also gets the answer")->type_name("FILE");
}

WorkshopOptions workshop_options(const WorkshopFlags& flags, tools::Ask ask) {
    return workshop_options(flags, load_config(), find_paths(), std::move(ask));
}

AppOptions app_options(const RunFlags& flags, tools::Ask ask) {
    const Config config = load_config();
    AppOptions options;
    if (!flags.model.empty()) {
        options.model = flags.model;
    } else {
        options.model = config.model ? *config.model : embedded_model();
    }
    const Paths paths = find_paths();
    static_cast<WorkshopOptions&>(options) = workshop_options(flags, config, paths, std::move(ask));
    options.store = paths.store;
    options.backend = flags.backend.empty() ? config.backend : flags.backend;
    options.threads = flags.threads.value_or(config.threads);
    options.temperature = flags.temperature ? flags.temperature : config.temperature;
    options.top_p = flags.top_p ? flags.top_p : config.top_p;
    options.seed = flags.seed ? flags.seed : config.seed;
    options.thinking = config.thinking && !flags.no_thinking;
    options.retention = config.retention;
    options.limits.steps_max = flags.steps.value_or(config.steps);
    options.limits.tokens_max = flags.tokens.value_or(config.tokens);
    options.limits.time_max = std::chrono::seconds(flags.seconds.value_or(config.time));
    options.limits.reply_tokens_max = config.reply_tokens;
    return options;
}

}  // namespace heddle
