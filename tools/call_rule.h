// tools/call_rule.h: Which calls a user's rule is about: bash(git push *), edit_file(src/*), python.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/seen_commands.h"

namespace heddle::tools {

// What of a call a rule's pattern is held against. A tool that has neither is told by its name alone.
struct CallSubject {
    std::optional<std::string> line;      // of a tool that gives it to a shell
    std::vector<std::string> names = {};  // of others: addresses, or paths, from the workspace and without dots in them
};

// A call as rules look at it: its line is read once, for all of them.
class SeenCall {
 public:
    SeenCall(std::string_view tool, CallSubject subject);

 private:
    friend class CallRule;
    friend std::optional<class CallRule> rule_like(const SeenCall& call);
    std::string tool_;
    CallSubject subject_;
    sandbox::SeenCommands commands_;                // that its line is seen to start
    std::optional<std::vector<std::string>> sole_;  // the one that its line consists of
};

// A tool's name, and in brackets what its calls have to say. For a shell that are words, "*" for any one, at the end
// for all that follow; for others a glob, whose "*" goes over slashes, too.
class CallRule {
 public:
    // Throws std::invalid_argument: what is wrong with it. Whether there is such a tool is not looked at.
    explicit CallRule(std::string_view text);

    const std::string& tool() const { return tool_; }
    const std::string& text() const { return text_; }
    bool has_pattern() const { return pattern_.has_value(); }

    // Whether the call is known to be nothing but this: of a shell's line, the one command that it consists of, to its
    // last word.
    bool covers(const SeenCall& call) const;
    // Whether some of the call is this or, where that is not known before it runs, might be: any command that a shell's
    // line is seen to start (sandbox/seen_commands), whatever words follow.
    bool may_meet(const SeenCall& call) const;

 private:
    bool fits(const std::string& name) const;

    std::string text_, tool_;
    std::optional<std::string> pattern_;
    std::vector<std::string> words_;  // of the pattern, without a "*" at the end
    bool is_open_ = false;            // there was one
};

// Rules between commas that stand in no brackets, as a user writes several. Throws likewise.
std::vector<CallRule> call_rules_of(std::string_view list);

// A rule for all calls like this one, for a user who does not want to be asked again: of the command's program for a
// shell's line of one command, of the tool for others; none for a line that is more than that.
std::optional<CallRule> rule_like(const SeenCall& call);

}  // namespace heddle::tools
