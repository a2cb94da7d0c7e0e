// sandbox/changes/protected_paths.cpp: The list of protected paths, and how a path is held against it.
#include "sandbox/changes/protected_paths.h"

#include <algorithm>
#include <span>

#include "sandbox/changes/git_paths.h"
#include "sandbox/error.h"
#include "sandbox/path_glob.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Names = std::span<const std::string>;

struct Rule {
    std::string_view glob;
    std::string_view what;
};

// Read where they lie by shells at login and by programs started in the folder above them.
constexpr Rule rules[] = {
    // A workspace can be a home folder, or be copied to one.
    {".bashrc", "shell start file"},
    {".bash_*", "shell start file"},
    {".profile", "shell start file"},
    {".zshrc", "shell start file"},
    {".zshenv", "shell start file"},
    {".zprofile", "shell start file"},
    {".zlogin", "shell start file"},
    {".zlogout", "shell start file"},
    {".kshrc", "shell start file"},
    {".cshrc", "shell start file"},
    {".tcshrc", "shell start file"},
    {".login", "shell start file"},
    {".inputrc", "shell start file"},
    {".config/fish/**", "shell start file"},
    {".config/autostart/**", "session start file"},
    {".config/systemd/**", "session start file"},
    {".config/git/**", "git configuration"},
    {".xprofile", "session start file"},
    {".xsessionrc", "session start file"},
    {".xinitrc", "session start file"},
    {".pam_environment", "session start file"},
    {".gitconfig", "git configuration"},
    {".ssh/**", "ssh configuration"},
    // Direnv, editors and debuggers read these in whatever folder they are started.
    {"**/.envrc", "shell start file"},
    {"**/.exrc", "editor configuration"},
    {"**/.vimrc", "editor configuration"},
    {"**/.nvimrc", "editor configuration"},
    {"**/.nvim.lua", "editor configuration"},
    {"**/.gdbinit", "debugger configuration"},
    {"**/.lldbinit", "debugger configuration"},
    // Tasks, settings and dev containers name programs that the editor starts; a subfolder can be opened alone.
    {"**/.vscode/tasks.json", "editor configuration"},
    {"**/.vscode/settings.json", "editor configuration"},
    {"**/.vscode/launch.json", "editor configuration"},
    {"**/.vscode/mcp.json", "agent configuration"},
    {"**/*.code-workspace", "editor configuration"},
    {"**/.devcontainer/**", "editor configuration"},
    {"**/.devcontainer.json", "editor configuration"},
    {"**/.idea/**", "editor configuration"},
    {"**/.zed/**", "editor configuration"},
    {"**/.fleet/**", "editor configuration"},
    // Instructions and tool lists of the next agent that works here.
    {"**/.mcp.json", "agent configuration"},
    {"**/.claude/**", "agent configuration"},
    {"**/.codex/**", "agent configuration"},
    {"**/.cursor/**", "agent configuration"},
    {"**/.gemini/**", "agent configuration"},
    {"**/.windsurf/**", "agent configuration"},
    {"**/.cursorrules", "agent configuration"},
    {"**/.windsurfrules", "agent configuration"},
    {"**/.aider.conf.yml", "agent configuration"},
    {".github/copilot-instructions.md", "agent configuration"},
    {"**/agents.md", "agent instructions"},
    {"**/agents.override.md", "agent instructions"},
    {"**/claude.md", "agent instructions"},
    {"**/claude.local.md", "agent instructions"},
    {"**/gemini.md", "agent instructions"},
    {"**/.heddle/**", "heddle's configuration"},
    {"**/heddle.toml", "heddle's configuration"},
    {"**/.heddle.toml", "heddle's configuration"},
};

const std::vector<std::vector<std::string>>& built_in_globs() {
    static const auto globs = [] {
        std::vector<std::vector<std::string>> all;
        for (const auto& rule : rules) all.push_back(path_names(rule.glob));
        return all;
    }();
    return globs;
}

std::string lower_case(std::string text) {
    for (char& letter : text)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return text;
}

}  // namespace

std::string folded(std::string_view name) {
    std::string text;
    while (!name.empty() && name.front() != ':') {
        const Character character = first_character(name);
        const std::size_t size = character.size == 0 ? 1 : character.size;
        if (character.code == 0x17f)  // long s
            text += 's';
        else if (character.code == 0x212a)  // Kelvin sign
            text += 'k';
        else if (character.size == 0 || !invisible(character.code))
            text += name.substr(0, size);
        name.remove_prefix(size);
    }
    while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
    text = lower_case(std::move(text));
    return text == "git~1" ? ".git" : text;
}

ProtectedPaths::ProtectedPaths(const std::vector<std::string>& globs) {
    for (const auto& glob : globs) {
        std::vector<std::string> names = path_names(lower_case(glob));
        const bool climbs =
            std::any_of(names.begin(), names.end(), [](const auto& n) { return n == "." || n == ".."; });
        if (names.empty() || glob.front() == '/' || climbs || glob.find('\0') != std::string::npos)
            throw Error("use " + printable(glob) + " as a protected path: it is no path below the workspace");
        globs_.push_back(std::move(names));
    }
}

namespace {

std::vector<std::string> folded_names(const std::string& path) {
    std::vector<std::string> names = path_names(path);
    for (auto& name : names) name = folded(name);
    return names;
}

}  // namespace

std::string ProtectedPaths::reason_of_policy(const Change& change) const {
    const std::vector<std::string> names = folded_names(change.path);
    for (const auto& glob : globs_)
        if (glob_covers(glob, names)) return "by the policy";
    return "";
}

std::string ProtectedPaths::reason(const Change& change) const {
    const std::vector<std::string> names = folded_names(change.path);
    std::string git = git_reason(names, change);
    if (!git.empty()) return git;
    for (std::size_t at = 0; at < std::size(rules); ++at) {
        // `folder/**` is what the folder holds; the folder itself is nothing, unless something takes its place.
        Names glob = built_in_globs()[at];
        const bool holds_only =
            glob.back() == "**" && change.type == Change::Type::folder && change.kind != Change::Kind::type_changed;
        if (glob.back() == "**" && !holds_only) glob = glob.first(glob.size() - 1);
        if (glob_covers(glob, names)) {
            if (holds_only && !glob_covers(glob.first(glob.size() - 1), Names(names).first(names.size() - 1))) continue;
            return std::string(rules[at].what);
        }
    }
    return reason_of_policy(change);
}

}  // namespace heddle::sandbox::changes
