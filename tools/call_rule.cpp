// tools/call_rule.cpp: Rules by their words, held against a shell's commands or against names.
#include "tools/call_rule.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tools/clip.h"

namespace heddle::tools {

namespace {

using sandbox::CommandRule;

constexpr std::size_t shown_bytes_max = 100;
constexpr std::string_view blanks = " \t";

CommandRule command_rule(const std::vector<std::string>& words) {
    CommandRule rule;
    rule.match = words;
    return rule;
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = text.find_first_not_of(blanks); at != text.npos; at = text.find_first_not_of(blanks, at)) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

}  // namespace

CallRule::CallRule(std::string_view text) : text_(trimmed(text)) {
    const auto refuse = [this](const char* why) {
        throw std::invalid_argument(
            fmt::format("\"{}\" is no rule of calls: {}; write TOOL or TOOL(PATTERN), as "
                        "bash(git push *) or edit_file(src/*)",
                        one_line(text_, shown_bytes_max), why));
    };
    if (text_.find('\0') != text_.npos) refuse("it has a NUL byte");
    const std::size_t open = std::min(text_.find('('), text_.size());
    tool_ = text_.substr(0, open);
    if (!is_name(tool_)) refuse("it does not begin with the name of a tool");
    if (open == text_.size()) return;
    if (!text_.ends_with(')')) refuse("its bracket does not end");
    pattern_ = std::string(trimmed(std::string_view(text_).substr(open + 1, text_.size() - open - 2)));
    words_ = words_of(*pattern_);
    if (words_.empty()) refuse("there is nothing in its brackets");
    is_open_ = words_.back() == "*";
    if (is_open_) words_.pop_back();
}

SeenCall::SeenCall(std::string_view tool, CallSubject subject) : tool_(tool), subject_(std::move(subject)) {
    if (!subject_.line) return;
    const std::vector<std::string> shell = {"bash", "-c", *subject_.line};
    commands_ = sandbox::SeenCommands(shell);
    sole_ = sandbox::sole_command(shell);
}

bool CallRule::fits(const std::string& name) const {
    return ::fnmatch(pattern_->c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

bool CallRule::covers(const SeenCall& call) const {
    if (call.tool_ != tool_) return false;
    if (!pattern_) return true;
    if (call.subject_.line) {
        if (!call.sole_ || (!is_open_ && call.sole_->size() != words_.size())) return false;
        return words_.empty() || sandbox::matches(command_rule(words_), *call.sole_);
    }
    const auto& names = call.subject_.names;
    return !names.empty() && std::ranges::all_of(names, [this](const auto& name) { return fits(name); });
}

bool CallRule::may_meet(const SeenCall& call) const {
    if (call.tool_ != tool_) return false;
    if (!pattern_) return true;
    if (call.subject_.line) return words_.empty() || call.commands_.may_meet(command_rule(words_));
    const auto& names = call.subject_.names;
    return names.empty() || std::ranges::any_of(names, [this](const auto& name) { return fits(name); });
}

std::vector<CallRule> call_rules_of(std::string_view list) {
    std::vector<CallRule> rules;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= list.size(); ++at) {
        if (at < list.size() && list[at] == '(') ++depth;
        if (at < list.size() && list[at] == ')') --depth;
        if (at < list.size() && (list[at] != ',' || depth > 0)) continue;
        rules.emplace_back(list.substr(begin, at - begin));
        begin = at + 1;
    }
    return rules;
}

std::optional<CallRule> rule_like(const SeenCall& call) {
    if (!call.subject_.line) return CallRule(call.tool_);
    if (!call.sole_) return std::nullopt;
    const std::string& program = call.sole_->front();
    if (words_of(program) != std::vector{program} || program.find('\0') != program.npos) return std::nullopt;
    const CallRule rule(fmt::format("{}({} *)", call.tool_, program));
    return rule.covers(call) ? std::optional(rule) : std::nullopt;
}

}  // namespace heddle::tools
