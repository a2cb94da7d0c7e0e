// sandbox/seen_commands.h: The commands that a command is seen to start, by its words alone, and rules held against
// them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/policy_file.h"
#include "sandbox/shell_line.h"

namespace heddle::sandbox {

// Whether the command starts with the words of the rule. Only argv counts; nothing is taken apart as a shell would. A
// bare name means the program of that name in the system's folders; it is not met by one at another path.
bool matches(const CommandRule& rule, const std::vector<std::string>& argv);

// What a command says of itself is seen: the line that a shell is given, the words behind a program that runs others.
// What a program starts on its own account is not: a script, make, "python -c", a copy or a link under another name, a
// text that becomes a command later. So a rule that is met here may tighten or ask, and never widen.
class SeenCommands {
 public:
    SeenCommands() = default;  // none
    explicit SeenCommands(const std::vector<std::string>& argv);

    // Whether one of them meets the rule, or might, where words are not known before they run.
    bool may_meet(const CommandRule& rule) const;

 private:
    void add(ShellCommand command, int depth);
    void add_line(const std::string& line, bool is_shell, int depth);

    std::vector<ShellCommand> commands_;
    bool may_be_any_ = false;
};

// The one command that a shell's argv ("bash", "-c", LINE) runs, if its line is nothing but that command.
std::optional<std::vector<std::string>> sole_command(const std::vector<std::string>& argv);

}  // namespace heddle::sandbox
