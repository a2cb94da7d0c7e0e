// tests/fuzz/shell_line_fuzz.cpp: Any bytes as a line of shell: bounded, and what is plain reads the same in quotes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sandbox/seen_commands.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace heddle::sandbox;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const ShellLine line = read_shell_line(text);
    for (const auto& command : line.commands)
        if (command.empty()) std::abort();
    const SeenCommands seen({"bash", "-c", "--", text});  // else one that begins with - is an option
    for (const auto& command : line.commands) {
        CommandRule rule;
        for (const auto& word : command) {
            if (!word) break;
            rule.match.push_back(*word);
        }
        // What is read is seen, whichever rule asks. One of several words is not held against a wrapper.
        if (rule.match.size() == 1 && !rule.match[0].empty() && !seen.may_meet(rule)) std::abort();
    }
    if (!line.is_plain) return 0;
    std::string quoted;
    for (const auto& word : line.commands.at(0)) {
        quoted += quoted.empty() ? "'" : " '";
        for (const char c : word.value()) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
        quoted += '\'';
    }
    const ShellLine again = read_shell_line(quoted);
    if (!again.is_plain || again.commands != line.commands) std::abort();
    return 0;
}
