// sandbox/shell_line.h: The commands that a line of shell writes out, as far as that can be told without running it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sandbox {

using ShellWord = std::optional<std::string>;  // none: the shell makes it when it runs: $x, *.c, $(date)
using ShellCommand = std::vector<ShellWord>;   // its program first; assignments and redirections are left out

struct ShellLine {
    // Each that may run, those of substitutions and of branches too. What stands in a place of a command without being
    // one may be among them.
    std::vector<ShellCommand> commands;
    // It is one command of known words alone: no operator, redirection, assignment, expansion or comment.
    bool is_plain = false;
    bool is_clear = true;  // false: some of it was not understood, and may be any command
};

// As bash reads it without a terminal. Any bytes may come in.
ShellLine read_shell_line(std::string_view line);

// Whether a shell that takes this text for arithmetic, a prompt or the like would run a command of it.
bool holds_substitution(std::string_view text);

}  // namespace heddle::sandbox
