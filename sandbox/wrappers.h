// sandbox/wrappers.h: Programs that run others, and which of their words are lines of shell, programs, or not known.
#pragma once

#include <cstddef>
#include <set>
#include <string_view>

#include "sandbox/shell_line.h"

namespace heddle::sandbox {

// The program's name without its folder.
std::string_view base_name(std::string_view program);

// Whether a program does nothing but run others.
bool runs_others(std::string_view program);

// Whether a builtin runs what stands in its words as the index of an array: "a[$(x)]".
bool evaluates(std::string_view program);

// Below, a command is one whose program is known, and runs others.

// What a program that runs others says with its words of what it will run.
struct Wrapped {
    std::set<std::size_t> lines;  // words that a shell takes as its line
    bool may_be_any = false;      // a program or a line that is not known, or another name for a program
    bool reads_input = false;     // a shell that has no line and no script
};

// Options are not told apart from what they take, so a program behind one's argument ("sudo -u me $x") is not known to
// be one. Nor is a shell's script, whatever it holds; a word that is not known is taken for one ("sh $x").
Wrapped look_behind(const ShellCommand& command);

// The first place behind the program of one that puts words in, as find and xargs do; size() if there is none. From
// there on it is such a command, too.
std::size_t next_giver(const ShellCommand& command);

// With what is put in its words when it runs, if its program puts words in, said to be not known.
ShellCommand with_given_words(ShellCommand command);

}  // namespace heddle::sandbox
