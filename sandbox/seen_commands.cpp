// sandbox/seen_commands.cpp: Looks behind wrappers and into lines of shell, a bounded number of times.
#include "sandbox/seen_commands.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "sandbox/word_list.h"
#include "sandbox/wrappers.h"

namespace heddle::sandbox {

namespace {

constexpr int depth_max = 4;                  // of shells in lines of shells
constexpr std::size_t commands_max = 10'000;  // in all lines together

constexpr std::array<std::string_view, 3> system_folders = {"/usr/bin/", "/bin/", "/usr/local/bin/"};

bool is_program(std::string_view wanted, std::string_view program) {
    if (wanted == "*") return true;
    if (wanted == program) return !program.empty();
    if (wanted.find('/') != wanted.npos) return false;
    const std::string_view name = base_name(program);
    if (name.empty()) return false;
    return wanted == name && holds(system_folders, program.substr(0, program.size() - name.size()));
}

// As a shell may write the path of the same program; a relative one as seen from the folders above.
bool may_be_program(std::string_view wanted, std::string_view program) {
    if (is_program(wanted, program)) return true;
    if (program.find('/') == program.npos) return false;
    std::string path = std::filesystem::path(program).lexically_normal().native();
    while (path.starts_with("../")) path.erase(0, 3);
    if (path.starts_with("//")) path.erase(0, 1);
    if (path.starts_with('/')) return is_program(wanted, path);
    const bool is_deep = path.find('/') != path.npos;  // a bare name is one of the folder here
    return is_deep && std::any_of(system_folders.begin(), system_folders.end(), [&](std::string_view folder) {
               return (std::string(folder) + std::string(wanted)).ends_with("/" + path);
           });
}

// At each place whether the wanted, but for their first, may follow from there on. A word that is not known may be any,
// and any number of words. Options may stand between, each with a word that it takes: "git -C x push".
std::vector<bool> where_rest_may_follow(const ShellCommand& words, const Texts& wanted) {
    std::vector<bool> behind(words.size() + 2, true);
    for (std::size_t k = wanted.size(); k-- > 1;) {
        std::vector<bool> here(words.size() + 2, false);
        for (std::size_t at = words.size(); at-- > 0;) {
            const ShellWord& word = words[at];
            here[at] = !word || ((wanted[k] == "*" || wanted[k] == *word) && behind[at + 1]) ||
                       (word->starts_with('-') && (here[at + 1] || here[at + 2]));
        }
        behind = std::move(here);
    }
    return behind;
}

bool has_shell_sign(std::string_view text) {
    return text.find_first_of(" \t\n;&|<>()$`'\"\\") != text.npos;
}

}  // namespace

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
        if (const std::size_t giver = next_giver(command); giver < command.size()) {
            if (depth == depth_max) may_be_any_ = true;
            if (depth < depth_max)
                add({command.begin() + static_cast<std::ptrdiff_t>(giver), command.end()}, depth + 1);
        }
        command = with_given_words(std::move(command));
        const Wrapped found = look_behind(command);
        // A command of the user's own that is a shell is one for him to type into.
        may_be_any_ = may_be_any_ || found.may_be_any || (found.reads_input && depth > 0);
        for (std::size_t at = 1; at < command.size(); ++at) {
            const bool is_line = found.lines.contains(at);
            if (!command[at])
                may_be_any_ = may_be_any_ || is_line;
            else if (is_line || has_shell_sign(*command[at]))
                add_line(*command[at], is_line, depth + 1);
        }
    } else if (command[0] && evaluates(*command[0])) {
        for (const ShellWord& word : command)
            if (word && holds_substitution(*word)) add_line(*word, false, depth + 1);
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
    return std::any_of(commands_.begin(), commands_.end(), [&](const ShellCommand& words) {
        const std::vector<bool> follows = where_rest_may_follow(words, rule.match);
        const auto may_start_at = [&](std::size_t at) {
            return !words[at] || (may_be_program(rule.match[0], *words[at]) && follows[at + 1]);
        };
        const bool is_wrapper = words[0] && runs_others(*words[0]);
        if (!(is_wrapper && rule.match.size() > 1) && may_start_at(0)) return true;
        if (!is_wrapper) return false;
        for (std::size_t at = 1; at < words.size(); ++at) {
            const bool may_be_one = words[at] && !words[at]->empty() && words[at]->front() != '-';
            if (may_be_one && may_start_at(at)) return true;
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
