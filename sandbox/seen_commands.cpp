// sandbox/seen_commands.cpp: Looks behind wrappers and into lines of shell, a bounded number of times.
#include "sandbox/seen_commands.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace heddle::sandbox {

namespace {

constexpr int depth_max = 4;                  // of shells in lines of shells
constexpr std::size_t commands_max = 10'000;  // in all lines together

constexpr std::array<std::string_view, 10> shells = {"ash",  "bash", "busybox", "csh", "dash",
                                                     "eval", "fish", "ksh",     "sh",  "tcsh"};
constexpr std::array<std::string_view, 46> wrappers = {
    "ash",    "bash",    "builtin", "busybox", "chroot",   "chrt",   "command", "csh",      "dash",    "doas",
    "env",    "eval",    "exec",    "expect",  "fakeroot", "find",   "fish",    "flock",    "gdb",     "ionice",
    "ksh",    "linux32", "linux64", "ltrace",  "nice",     "nohup",  "nsenter", "parallel", "prlimit", "runuser",
    "script", "setarch", "setsid",  "sh",      "ssh",      "stdbuf", "strace",  "su",       "sudo",    "taskset",
    "tcsh",   "time",    "timeout", "unshare", "watch",    "xargs"};

constexpr std::array<std::string_view, 3> system_folders = {"/usr/bin/", "/bin/", "/usr/local/bin/"};

std::string_view base_name(std::string_view program) {
    return program.substr(program.rfind('/') + 1);  // npos + 1 is 0
}

template <typename List>
bool holds(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_program(std::string_view wanted, std::string_view program) {
    if (wanted == "*") return true;
    if (wanted == program) return !program.empty();
    if (wanted.find('/') != wanted.npos) return false;
    const std::string_view name = base_name(program);
    if (name.empty()) return false;
    return wanted == name && holds(system_folders, program.substr(0, program.size() - name.size()));
}

// A word that is not known may be any, and any number of words.
bool may_start_with(std::span<const ShellWord> words, const Texts& wanted) {
    for (std::size_t at = 0; at < wanted.size(); ++at) {
        if (at == words.size()) return false;
        if (!words[at]) return true;
        if (at == 0 ? !is_program(wanted[0], *words[0]) : wanted[at] != "*" && wanted[at] != *words[at]) return false;
    }
    return true;
}

bool has_shell_sign(std::string_view text) {
    return text.find_first_of(" \t\n;&|<>()$`'\"\\") != text.npos;
}

// Whether a shell takes this word for a line, not for the name of a script or one of its arguments.
bool is_line_of_shell(const ShellCommand& command, std::size_t at) {
    if (*command[0] == "eval") return true;
    const ShellWord& before = command[at - 1];
    return at > 1 && before && before->starts_with('-') && before->find('c') != std::string::npos;
}

}  // namespace

bool runs_others(std::string_view program) {
    return holds(wrappers, base_name(program));
}

bool matches(const CommandRule& rule, const std::vector<std::string>& argv) {
    const Texts& words = rule.match;
    if (words.empty() || words.size() > argv.size()) return false;
    if (words.size() > 1 && runs_others(argv[0])) return false;
    if (!is_program(words[0], argv[0])) return false;
    return std::equal(words.begin() + 1, words.end(), argv.begin() + 1,
                      [](const auto& wanted, const auto& word) { return wanted == "*" || wanted == word; });
}

SeenCommands::SeenCommands(const std::vector<std::string>& argv) {
    add({argv.begin(), argv.end()}, 0);
}

void SeenCommands::add(ShellCommand command, int depth) {
    if (command.empty()) return;
    if (commands_.size() == commands_max) {
        may_be_any_ = true;
        return;
    }
    if (command[0] && runs_others(*command[0])) {
        const bool is_shell = holds(shells, base_name(*command[0]));
        for (std::size_t at = 1; at < command.size(); ++at) {
            const bool is_line = is_shell && is_line_of_shell(command, at);
            if (!command[at])
                may_be_any_ = may_be_any_ || is_line;
            else if (is_line || has_shell_sign(*command[at]))
                add_line(*command[at], is_shell, depth + 1);
        }
    }
    commands_.push_back(std::move(command));
}

void SeenCommands::add_line(const std::string& line, bool is_shell, int depth) {
    ShellLine found = read_shell_line(line);
    if (is_shell && (!found.is_clear || depth > depth_max)) may_be_any_ = true;
    if (depth > depth_max) return;
    for (ShellCommand& command : found.commands) add(std::move(command), depth);
}

bool SeenCommands::may_meet(const CommandRule& rule) const {
    if (may_be_any_) return true;
    return std::any_of(commands_.begin(), commands_.end(), [&](const ShellCommand& command) {
        const std::span<const ShellWord> words(command);
        const bool is_wrapper = words[0] && runs_others(*words[0]);
        if (!(is_wrapper && rule.match.size() > 1) && may_start_with(words, rule.match)) return true;
        if (!is_wrapper) return false;
        for (std::size_t at = 1; at < words.size(); ++at) {
            const bool may_be_program = words[at] && !words[at]->empty() && words[at]->front() != '-';
            if (may_be_program && may_start_with(words.subspan(at), rule.match)) return true;
        }
        return false;
    });
}

std::optional<std::vector<std::string>> sole_command(const std::vector<std::string>& argv) {
    if (argv.size() != 3 || argv[1] != "-c" || (base_name(argv[0]) != "bash" && base_name(argv[0]) != "sh"))
        return std::nullopt;
    const ShellLine line = read_shell_line(argv[2]);
    if (!line.is_plain) return std::nullopt;
    std::vector<std::string> words;
    for (const auto& word : line.commands[0]) words.push_back(*word);
    return words;
}

}  // namespace heddle::sandbox
