// sandbox/wrappers.cpp: What stands behind the names of wrappers, and the options of shells.
#include "sandbox/wrappers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <string>

#include "sandbox/word_list.h"

namespace heddle::sandbox {

namespace {

constexpr std::array<std::string_view, 10> read_shells = {"ash",  "bash", "dash",  "ksh", "lksh",
                                                          "mksh", "posh", "rbash", "sh",  "yash"};
constexpr std::array<std::string_view, 5> other_shells = {"csh", "fish", "nu", "tcsh",
                                                          "zsh"};  // lines mean other things

constexpr std::array<std::string_view, 59> others = {"alias",
                                                     "builtin",
                                                     "busybox",
                                                     "bwrap",
                                                     "chroot",
                                                     "chrt",
                                                     "command",
                                                     "dbus-run-session",
                                                     "doas",
                                                     "env",
                                                     "eval",
                                                     "exec",
                                                     "expect",
                                                     "fakeroot",
                                                     "find",
                                                     "firejail",
                                                     "flock",
                                                     "gdb",
                                                     "hash",
                                                     "ionice",
                                                     "linux32",
                                                     "linux64",
                                                     "ltrace",
                                                     "mapfile",
                                                     "nice",
                                                     "nohup",
                                                     "nsenter",
                                                     "numactl",
                                                     "parallel",
                                                     "pkexec",
                                                     "prlimit",
                                                     "proot",
                                                     "readarray",
                                                     "runcon",
                                                     "runuser",
                                                     "script",
                                                     "setarch",
                                                     "setpriv",
                                                     "setsid",
                                                     "sg",
                                                     "ssh",
                                                     "ssh-agent",
                                                     "start-stop-daemon",
                                                     "stdbuf",
                                                     "strace",
                                                     "su",
                                                     "sudo",
                                                     "systemd-run",
                                                     "taskset",
                                                     "time",
                                                     "timeout",
                                                     "toybox",
                                                     "trap",
                                                     "unbuffer",
                                                     "unshare",
                                                     "valgrind",
                                                     "watch",
                                                     "xargs",
                                                     "xvfb-run"};

// Words of theirs that are no program, before the one that is.
constexpr std::array<std::string_view, 7> with_operand = {"chroot", "chrt",    "flock",  "runcon",
                                                          "ssh",    "taskset", "timeout"};
// Such that an unknown word is hardly the program.
constexpr std::array<std::string_view, 9> with_many = {"expect", "find", "hash", "mapfile", "readarray",
                                                       "script", "su",   "sg",   "runuser"};
constexpr std::array<std::string_view, 3> givers = {"find", "parallel", "xargs"};
constexpr std::array<std::string_view, 12> evaluating = {"[",      "[[",   "declare",  "export", "let",     "local",
                                                         "printf", "read", "readonly", "test",   "typeset", "wait"};
constexpr std::size_t options_max = 64;  // of a shell; with more a line means to confuse
constexpr std::array<std::string_view, 6> before_program = {"-c", "--command", "-exec", "-execdir", "-ok", "-okdir"};

bool is_option(const ShellWord& word) {
    return word && !word->empty() && (word->front() == '-' || word->front() == '+');
}

bool is_shell(std::string_view name) {
    return holds(read_shells, name) || holds(other_shells, name);
}

// Of the shell whose name stands at this place.
void look_at_shell(const ShellCommand& command, std::size_t shell, bool is_program, Wrapped& found) {
    bool takes_line = false, reads_input = false, is_asked = false;
    std::size_t at = shell + 1;
    for (; at < command.size() && is_option(command[at]); ++at) {
        const std::string_view option = *command[at];
        if (at > shell + options_max) {
            found.may_be_any = true;
            return;
        }
        if (option == "--" || option == "-") {
            ++at;
            break;
        }
        const bool is_long = option.starts_with("--");
        is_asked = is_asked || option == "--version" || option == "--help";
        takes_line = takes_line || option == "--command" || (!is_long && option.find('c') != option.npos);
        reads_input = reads_input || (!is_long && option.find('s') != option.npos);
        const bool has_argument =
            is_long ? option == "--rcfile" || option == "--init-file" : option.back() == 'o' || option.back() == 'O';
        if (has_argument) ++at;
    }
    if (takes_line && at < command.size()) {
        found.lines.insert(at);
        found.may_be_any = found.may_be_any || !holds(read_shells, base_name(*command[shell]));
    }
    const bool has_none = !takes_line && !is_asked && (reads_input || at >= command.size());
    found.reads_input = found.reads_input || (has_none && is_program);
}

// The word that is the program in the end, as far as that is seen.
std::optional<std::size_t> program_at(const ShellCommand& command) {
    std::size_t operands = 0, wrapper = 0;
    for (std::size_t at = 1; at < command.size(); ++at) {
        const ShellWord& word = command[at];
        const std::string_view name = base_name(*command[wrapper]);
        if (!word && command[at - 1] && holds(before_program, *command[at - 1])) return at;
        if (is_shell(name)) return wrapper;
        if (name == "command" && (word == "-v" || word == "-V")) return std::nullopt;
        if (holds(with_many, name) || is_option(word)) continue;
        if (word && (word->empty() || word->find('=') != word->npos)) continue;
        if (holds(with_operand, name) && operands++ == 0) continue;
        if (!word) return at;
        if (std::isalpha(static_cast<unsigned char>(word->front())) == 0 && word->front() != '/') continue;  // a number
        if (!runs_others(*word)) return at;
        wrapper = at;
        operands = 0;
    }
    return wrapper;
}

// Of "alias" and "hash".
bool names_program(const ShellCommand& command, std::size_t at) {
    const bool is_alias = *command[at] == "alias", is_hash = *command[at] == "hash";
    return (is_alias || is_hash) &&
           std::any_of(command.begin() + static_cast<std::ptrdiff_t>(at) + 1, command.end(),
                       [&](const ShellWord& word) {
                           return !word || (is_alias ? word->find('=') != word->npos : word->starts_with("-p"));
                       });
}

}  // namespace

std::string_view base_name(std::string_view program) {
    return program.substr(program.rfind('/') + 1);  // npos + 1 is 0
}

bool runs_others(std::string_view program) {
    const std::string_view name = base_name(program);
    return is_shell(name) || holds(others, name) || name.starts_with("ld-linux");
}

bool evaluates(std::string_view program) {
    return holds(evaluating, program);
}

Wrapped look_behind(const ShellCommand& command) {
    Wrapped found;
    const auto program = program_at(command);
    found.may_be_any = program && !command[*program];
    for (std::size_t at = 0; at < command.size(); ++at) {
        if (!command[at]) continue;
        const std::string_view name = base_name(*command[at]);
        if (is_shell(name)) look_at_shell(command, at, program == at, found);
        if (at < 2 && names_program(command, at)) found.may_be_any = true;
        if (name != "eval" && name != "trap") continue;
        while (++at < command.size()) found.lines.insert(at);
    }
    if (base_name(*command[0]) == "parallel" && std::all_of(command.begin() + 1, command.end(), is_option))
        found.may_be_any = true;  // its input has the commands
    return found;
}

std::size_t next_giver(const ShellCommand& command) {
    const auto found = std::find_if(command.begin() + 1, command.end(),
                                    [](const ShellWord& word) { return word && holds(givers, base_name(*word)); });
    return static_cast<std::size_t>(found - command.begin());
}

ShellCommand with_given_words(ShellCommand command) {
    const std::string_view program = base_name(*command[0]);
    if (!holds(givers, program)) return command;
    const bool is_find = program == "find", is_xargs = !is_find;
    std::string given = "{}";
    bool has_operand = false, is_replaced = is_find || program == "parallel";
    for (std::size_t at = 1; at < command.size(); ++at) {
        ShellWord& word = command[at];
        if (!word) continue;
        if (is_xargs && !has_operand && (word->starts_with("-I") || word->starts_with("-i"))) {
            is_replaced = true;
            if (word->size() > 2)
                given = word->substr(2);
            else if (*word == "-I" && at + 1 < command.size() && command[at + 1] && !command[at + 1]->empty())
                given = *command[++at];
            continue;
        }
        has_operand = has_operand || !is_option(word);
        if (is_replaced && word->find(given) != word->npos) word.reset();
    }
    if (is_xargs && has_operand) command.emplace_back();
    return command;
}

}  // namespace heddle::sandbox
