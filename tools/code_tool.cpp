// tools/code_tool.cpp: Gate, interpreter, reply; and the three cases in which there is none to run it.
#include "tools/code_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "sandbox/seen_commands.h"
#include "tools/clip.h"
#include "tools/guest_tool.h"
#include "tools/submit.h"

namespace heddle::tools {

namespace {

using sandbox::Outcome;
using State = CodeReply::State;

constexpr std::size_t shown_bytes_max = 100;  // of what is still running

ToolResult refused(std::string text, const char* why) {
    return {"[error: " + std::move(text) + "]", false, {{"refused", why}}};
}

// Whether a line may set what a shell keeps for the next one.
bool may_set(const std::vector<std::string>& argv) {
    constexpr std::array<std::string_view, 16> setters = {"cd",    "pushd", "popd",  "export",  "declare", "typeset",
                                                          "unset", "set",   "shopt", "alias",   "unalias", "source",
                                                          ".",     "umask", "trap",  "readonly"};
    const auto sole = sandbox::sole_command(argv);
    return !sole || std::ranges::find(setters, sole->front()) != setters.end();
}

std::vector<std::string> notes_on_guest(const Code& code, const Ruling& ruling, const Interpreter* interpreter,
                                        const std::string& workspace) {
    std::vector<std::string> notes;
    const bool is_away = interpreter != nullptr && !interpreter->folder().empty() && interpreter->folder() != workspace;
    if (is_away || (ruling.argv.empty() && may_set(code.command.argv)))
        notes.push_back(fmt::format("ran by itself in {}, as a rule wants, and not in {}: what it set is not kept",
                                    one_line(workspace, 500), code.name));
    return notes;
}

ToolResult run_without_interpreter(const Code& code, const Ruling& ruling, ToolContext& context,
                                   const std::stop_token& stop, const std::string& why) {
    std::vector<std::string> notes;
    if (context.bench.tells_loss())
        notes.push_back(
            fmt::format("{} cannot be kept here between calls, so each runs anew: folder and variables "
                        "do not carry over",
                        code.name));
    ToolResult result = run_guest(code.command, ruling, context, stop, notes);
    result.details["not_kept"] = one_line(why, 500);
    return result;
}

// Of what still ran when it was last looked at. Empty when it still does.
std::optional<ToolResult> rest_of(Interpreter& interpreter, const Code& code, const ToolContext& context) {
    const CodeReply reply = interpreter.type("", std::chrono::milliseconds(0), {});
    if (reply.state == State::running) return std::nullopt;
    return told(reply, code.name, context.bench.policy().limits);
}

}  // namespace

ToolResult told(const CodeReply& reply, const char* name, const sandbox::Limits& limits,
                std::vector<std::string> notes) {
    if (reply.is_anew)
        notes.push_back(fmt::format("{} is a new one: the one before had ended, and what was set in it is lost", name));
    if (reply.state == State::gone)
        notes.push_back(fmt::format("{} has ended; the next call starts a new one, without what was set", name));
    if (!reply.kept.empty()) notes.push_back(reply.kept);
    if (reply.state != State::running) return tool_result(reply.result, limits, notes);
    notes.emplace_back("still running; bash_input waits for it, types to it, or ends it");
    sandbox::Result so_far = reply.result;
    so_far.outcome.kind = Outcome::Kind::exited;  // of which nothing is said
    ToolResult result = tool_result(so_far, limits, notes);
    result.details["end"] = "running";
    result.details["exit_status"] = nullptr;
    return result;
}

ToolResult run_code(const Code& code, ToolContext& context, const std::stop_token& stop) {
    Ruling ruling;
    if (context.gate) ruling = context.gate->decide(code.command, stop);
    if (!ruling.refusal.empty()) return {ruling.refusal, false, {{"refused", "policy"}, {"rules", ruling.details}}};
    Workbench& bench = context.bench;
    const sandbox::Limits& limits = bench.policy().limits;
    Interpreter* const interpreter = (bench.*code.interpreter)(quieted(context.environment));
    if (!ruling.argv.empty() || !ruling.is_common)
        return run_guest(code.command, ruling, context, stop,
                         notes_on_guest(code, ruling, interpreter, bench.policy().workspace));
    if (interpreter == nullptr) return run_without_interpreter(code, ruling, context, stop, bench.why_no_session());

    std::string before;
    if (interpreter->is_running()) {
        const auto rest = rest_of(*interpreter, code, context);
        if (!rest)
            return refused(fmt::format("not run, for {} is still busy with: {}; wait for that, type to it or end it "
                                       "with bash_input",
                                       code.name, one_line(interpreter->code(), shown_bytes_max)),
                           "busy");
        before = rest->text + "\n[so the command before has ended; now this one:]\n";
    }
    CodeReply reply =
        interpreter->run(code.text, code.goes_on, code.goes_on ? context.yield_time : limits.wall + limits.wall, stop);
    if (reply.result.outcome.kind == Outcome::Kind::setup_failed && reply.state == State::gone)
        return run_without_interpreter(code, ruling, context, stop, reply.result.outcome.detail);
    auto& lines = reply.result.violations;
    lines.insert(lines.end(), ruling.notes.begin(), ruling.notes.end());
    std::vector<std::string> notes;
    std::optional<std::string> submission;
    if (reply.state == State::done && reply.result.outcome.succeeded())
        submission = submitted_by(code.text, reply.result.out, notes);
    ToolResult result = told(reply, code.name, limits, std::move(notes));
    result.text = before + result.text;
    result.answer = std::move(submission);
    if (!ruling.details.is_null()) result.details["rules"] = ruling.details;
    return result;
}

}  // namespace heddle::tools
