// tools/approvals.cpp: Deny, what was granted before, ask, allow, and what no rule names, in this order.
#include "tools/approvals.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/printable.h"

namespace heddle::tools {

namespace {

constexpr std::size_t asked_bytes_max = 2000;  // nobody approves what he is not shown, nor reads more

std::string whole_call(const prompts::ToolCall& call) {
    return call.name + " " + call.arguments.dump(-1, ' ', false, prompts::Json::error_handler_t::replace);
}

// "bash: ls -l", "write_file: path=a.txt content=..."; on one line.
std::string shown_call(const prompts::ToolCall& call) {
    std::string shown = call.name + ":";
    for (const auto& [name, value] : call.arguments.items()) {
        shown += call.arguments.size() == 1 ? " " : " " + name + "=";
        shown +=
            sandbox::printable(value.is_string() ? value.get<std::string>()
                                                 : value.dump(-1, ' ', false, prompts::Json::error_handler_t::replace));
    }
    return shown;
}

// What "always" is about: no more than the rule that asked, where that says what it is about.
std::optional<CallRule> grant_of(const SeenCall& seen, const CallRule* why) {
    if (why != nullptr && why->has_pattern() && why->covers(seen)) return *why;
    return rule_like(seen);
}

}  // namespace

Approvals::Approvals(CallRules rules, Ask ask) : rules_(std::move(rules)), ask_(std::move(ask)) {}

Approval Approvals::decide(const prompts::ToolCall& call, const CallSubject& subject, bool changes_nothing,
                           std::stop_token stop) {
    if (rules_.deny.empty() && rules_.ask.empty() && rules_.allow.empty() && !rules_.asks_otherwise) return {};
    const SeenCall seen(call.name, subject);
    const auto met_in = [&](const std::vector<CallRule>& rules) {
        return std::ranges::find_if(rules, [&](const CallRule& rule) { return rule.may_meet(seen); });
    };
    const auto covered_by = [&](const std::vector<CallRule>& rules) {
        return std::ranges::find_if(rules, [&](const CallRule& rule) { return rule.covers(seen); });
    };
    if (const auto rule = met_in(rules_.deny); rule != rules_.deny.end()) {
        return {fmt::format("[error: not run: the user's rule denies {}; do it another way, or leave it to the user]",
                            sandbox::printable(rule->text())),
                {{"rule", "deny " + rule->text()}}};
    }
    if (const auto rule = covered_by(granted_); rule != granted_.end()) return {"", {{"granted", rule->text()}}};
    if (granted_calls_.contains(whole_call(call))) return {"", {{"granted", "this call"}}};
    if (const auto rule = met_in(rules_.ask); rule != rules_.ask.end()) {
        return asked(call, seen, &*rule, std::move(stop));
    }
    if (const auto rule = covered_by(rules_.allow); rule != rules_.allow.end()) {
        return {"", {{"rule", "allow " + rule->text()}}};
    }
    if (changes_nothing || !rules_.asks_otherwise) return {};
    return asked(call, seen, nullptr, std::move(stop));
}

Approval Approvals::asked(const prompts::ToolCall& call, const SeenCall& seen, const CallRule* why,
                          std::stop_token stop) {
    const std::string rule = why ? "ask " + why->text() : "no rule allows it";
    prompts::Json details = {{"rule", rule}, {"answer", nullptr}};
    const std::string shown = shown_call(call);
    const auto refused = [&](const char* because) -> Approval {
        return {fmt::format("[error: not run: the user has to approve such a call, and {}; do it another way, or leave "
                            "it to the user]",
                            because),
                details};
    };
    if (!ask_) return refused("nobody can be asked here");
    if (shown.size() > asked_bytes_max) return refused("it is too long to be asked about; make it shorter");
    const auto grant = grant_of(seen, why);
    const Answer answer =
        ask_(fmt::format("allow {}? ({}) [y/N, a: always {} in this conversation]", shown, sandbox::printable(rule),
                         grant ? sandbox::printable(grant->text()) : "this very call"),
             stop);
    if (stop.stop_requested()) return {"[cancelled before it was run]", details};
    details["answer"] = answer == Answer::no ? "no" : answer == Answer::once ? "once" : "always";
    if (answer == Answer::no) return refused("the user did not");
    if (answer == Answer::always) {
        if (grant) {
            granted_.push_back(*grant);
        } else {
            granted_calls_.insert(whole_call(call));
        }
    }
    return {"", details};
}

}  // namespace heddle::tools
