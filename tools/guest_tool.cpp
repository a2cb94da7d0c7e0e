// tools/guest_tool.cpp: Outcome to words; the capture's two ends to clipped text.
#include "tools/guest_tool.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "tools/clip.h"
#include "tools/long_output.h"
#include "tools/plain_output.h"

namespace heddle::tools {

namespace {

using sandbox::Outcome;

double seconds(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

// Of a command that failed: the limit that it had met, in words that say what to use less of.
std::string met_by(const Outcome& outcome) {
    switch (outcome.met) {
        case sandbox::Limit::none:
            return "";
        case sandbox::Limit::tasks:
            return fmt::format("; it had met the limit of {} processes and threads", outcome.detail);
        case sandbox::Limit::disk:
            return fmt::format("; the disk was full: {}", outcome.detail);
    }
    std::abort();
}

// The last line of the result; empty after a success. The guest cannot forge its absence: the line comes from outside.
std::string ending_of(const Outcome& outcome, const sandbox::Limits& limits) {
    switch (outcome.kind) {
        case Outcome::Kind::exited:
            return outcome.code == 0 ? "" : fmt::format("[exit status {}{}]", outcome.code, met_by(outcome));
        case Outcome::Kind::signaled:
            return fmt::format("[killed by signal {}{}]", outcome.code, met_by(outcome));
        case Outcome::Kind::timed_out:
            return fmt::format("[stopped after {} s]", seconds(limits.wall));
        case Outcome::Kind::cpu_exceeded:
            return fmt::format("[stopped: used more than {} s of processor time]", seconds(limits.cpu));
        case Outcome::Kind::out_of_memory:
            return "[stopped: out of memory]";
        case Outcome::Kind::output_exceeded:
            return "[stopped: printed too much; send it to a file]";
        case Outcome::Kind::cancelled:
            return "[cancelled]";
        case Outcome::Kind::setup_failed:
            return fmt::format("[could not start: {}]", one_line(outcome.detail, 500));
    }
    std::abort();
}

}  // namespace

std::string text_of(const sandbox::Result& result, const sandbox::Limits& limits,
                    const std::vector<std::string>& notes) {
    const sandbox::Captured& out = result.out;
    Clip clip;
    if (out.dropped_bytes() == 0) {
        clip.append(readable(plain_output(out.head + out.tail)));  // as one: the seam may lie within a character
    } else {
        clip.append(readable(plain_output(out.head)));
        clip.skip(out.dropped_bytes());
        clip.append(readable(plain_output(out.tail)));
    }
    std::string text = clip.text();
    if (text.ends_with('\n')) text.pop_back();

    // One line each, and none of them from the guest.
    std::vector<std::string> lines;
    for (const auto& line : result.violations) lines.push_back(fmt::format("[sandbox: {}]", line));
    for (const auto& note : notes) lines.push_back(fmt::format("[{}]", note));
    if (std::string ending = ending_of(result.outcome, limits); !ending.empty()) lines.push_back(std::move(ending));
    if (text.empty() && lines.empty()) return "[no output]";
    if (text.empty()) return fmt::format("{}", fmt::join(lines, "\n"));
    for (const auto& line : lines) text += "\n" + line;
    return text;
}

ToolResult tool_result(const sandbox::Result& ran, const sandbox::Limits& limits,
                       const std::vector<std::string>& notes) {
    ToolResult result;
    result.text = text_of(ran, limits, notes);
    result.ok = ran.outcome.kind != Outcome::Kind::setup_failed;
    result.details = {{"end", sandbox::end_of(ran.outcome)},
                      {"exit_status", ran.outcome.exit_status()},
                      {"wall_ms", ran.usage.wall.count() / 1000},
                      {"cpu_ms", ran.usage.cpu.count() / 1000},
                      {"memory_peak_bytes", ran.usage.memory_peak_bytes},
                      {"output_bytes", ran.out.total_bytes}};
    // What drew or dressed it is for the record alone.
    if (is_drawn(ran.out.head) || is_drawn(ran.out.tail))
        result.details["drawn_output"] = clipped(readable(ran.out.head + ran.out.tail));
    if (ran.enforcement) result.details["sandbox_tier"] = sandbox::name_of(ran.enforcement->tier);
    return result;
}

ToolResult run_guest(sandbox::Command command, const Ruling& ruling, ToolContext& context, std::stop_token stop,
                     std::vector<std::string> notes) {
    if (!ruling.argv.empty()) command.argv = ruling.argv;
    command.merge_output = true;
    command.environment = quieted(ruling.policy ? ruling.environment : context.environment);
    sandbox::Result ran = context.bench.run(command, stop, ruling.policy ? &*ruling.policy : nullptr);
    ran.violations.insert(ran.violations.end(), ruling.notes.begin(), ruling.notes.end());
    if (ran.out.dropped_bytes() == 0) {
        LongOutput whole(context.bench.outputs());
        whole.add(ran.out.head + ran.out.tail);
        if (std::string kept = whole.note(); !kept.empty()) notes.push_back(std::move(kept));
    }
    ToolResult result = tool_result(ran, (ruling.policy ? *ruling.policy : context.bench.policy()).limits, notes);
    if (!ruling.details.is_null()) result.details["rules"] = ruling.details;
    return result;
}

std::map<std::string, std::string> quieted(const std::map<std::string, std::string>& variables) {
    // What is not here the sandbox sets for all its commands.
    const std::map<std::string, std::string> quiet = {{"MANPAGER", "cat"},
                                                      {"SYSTEMD_PAGER", "cat"},
                                                      {"GIT_EDITOR", "true"},
                                                      {"NO_COLOR", "1"},
                                                      {"PIP_NO_INPUT", "1"}};
    std::map<std::string, std::string> all = variables;
    all.insert(quiet.begin(), quiet.end());
    // A pipe makes Python hold back what it prints until it ends, so that errors would come first.
    all["PYTHONUNBUFFERED"] = "1";
    return all;
}

}  // namespace heddle::tools
