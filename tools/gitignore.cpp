// tools/gitignore.cpp: One matcher for both kinds of star; not fnmatch(), whose time a hostile pattern can make
// endless.
#include "tools/gitignore.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "tools/text_file.h"

namespace heddle::tools {

namespace {

struct Class {
    std::string_view name;
    int (*holds)(int);
};

constexpr Class classes[] = {{"alpha", std::isalpha}, {"digit", std::isdigit},  {"alnum", std::isalnum},
                             {"upper", std::isupper}, {"lower", std::islower},  {"space", std::isspace},
                             {"punct", std::ispunct}, {"xdigit", std::isxdigit}};

struct Bracket {
    std::size_t size = 0;  // of the glob; 0: it does not end, and is no bracket
    bool holds = false;
};

// `glob` begins behind "[".
Bracket bracket(std::string_view glob, char c) {
    std::size_t at = 0;
    const bool negated = !glob.empty() && (glob[0] == '!' || glob[0] == '^');
    if (negated) ++at;
    bool holds = false;
    for (std::size_t first = at; at < glob.size(); ++at) {
        if (glob[at] == ']' && at > first) return {at + 1, holds != negated};
        if (glob[at] == '[' && at + 1 < glob.size() && glob[at + 1] == ':') {
            const std::size_t end = glob.find(":]", at + 2);
            if (end == std::string_view::npos) return {};
            const auto* const named = std::ranges::find(classes, glob.substr(at + 2, end - at - 2), &Class::name);
            if (named != std::end(classes)) holds = holds || named->holds(static_cast<unsigned char>(c)) != 0;
            at = end + 1;
            continue;
        }
        const auto take = [&](char& letter) {
            if (glob[at] == '\\' && at + 1 < glob.size()) ++at;
            letter = glob[at];
        };
        char low = 0, high = 0;
        take(low);
        high = low;
        if (at + 2 < glob.size() && glob[at + 1] == '-' && glob[at + 2] != ']') {
            at += 2;
            take(high);
        }
        const auto byte = [](char letter) { return static_cast<unsigned char>(letter); };
        holds = holds || (byte(low) <= byte(c) && byte(c) <= byte(high));
    }
    return {};
}

// How much of the glob stands for this one character; 0 where it does not.
std::size_t one_matches(std::string_view glob, char c) {
    if (glob[0] == '?') return 1;
    if (glob[0] == '[') {
        const Bracket found = bracket(glob.substr(1), c);
        if (found.size > 0) return found.holds ? found.size + 1 : 0;
    }
    if (glob[0] == '\\' && glob.size() > 1) return glob[1] == c ? 2 : 0;
    return glob[0] == c ? 1 : 0;
}

// Whether a pattern of this size stands for so many things, where a star stands for any number of them, and
// taken(g, n) says how much of the pattern at `g` stands for the thing `n`, or 0. To go back to the last star is
// enough: an earlier one can take no more.
template <class IsStar, class Taken>
bool matches_with_stars(std::size_t pattern, std::size_t things, const IsStar& is_star, const Taken& taken) {
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::size_t g = 0, n = 0, behind_star = none, of_star = 0;
    while (n < things) {
        if (g < pattern && is_star(g)) {
            behind_star = ++g;
            of_star = n;
            continue;
        }
        if (const std::size_t size = g < pattern ? taken(g, n) : 0; size > 0) {
            g += size;
            ++n;
        } else if (behind_star != none) {
            g = behind_star;
            n = ++of_star;
        } else {
            return false;
        }
    }
    while (g < pattern && is_star(g)) ++g;
    return g == pattern;
}

std::vector<std::string_view> names_of(std::string_view path) {
    std::vector<std::string_view> names;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (slash > 0) names.push_back(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return names;
}

// Blanks at the end say nothing, unless a backslash stands before them.
std::string_view without_last_blanks(std::string_view line) {
    while (line.ends_with(' ') || line.ends_with('\t')) {
        std::size_t slashes = 0;
        while (slashes + 1 < line.size() && line[line.size() - 2 - slashes] == '\\') ++slashes;
        if (slashes % 2 == 1) break;
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

bool name_matches(std::string_view glob, std::string_view name) {
    return matches_with_stars(
        glob.size(), name.size(), [&](std::size_t g) { return glob[g] == '*'; },
        [&](std::size_t g, std::size_t n) { return one_matches(glob.substr(g), name[n]); });
}

PathPattern::PathPattern(std::string_view text) {
    folders_only_ = text.ends_with('/');
    if (folders_only_) text.remove_suffix(1);
    const bool from_root = text.find('/') != std::string_view::npos;
    if (!from_root) names_.emplace_back("**");
    for (const auto name : names_of(text)) {
        if (name == "**" && !names_.empty() && names_.back() == "**") continue;
        names_.emplace_back(name);
    }
    // What a folder holds, not the folder.
    if (from_root && !names_.empty() && names_.back() == "**") names_.emplace_back("*");
}

bool PathPattern::matches(std::string_view path, bool is_folder) const {
    if (folders_only_ && !is_folder) return false;
    const std::vector<std::string_view> path_names = names_of(path);
    return !path_names.empty() &&
           matches_with_stars(
               names_.size(), path_names.size(), [&](std::size_t g) { return names_[g] == "**"; },
               [&](std::size_t g, std::size_t n) -> std::size_t {
                   return name_matches(names_[g], path_names[n]) ? 1 : 0;
               });
}

Gitignore::Gitignore(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (std::string_view line : split_lines(text)) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = without_last_blanks(line);
        if (line.empty() || line[0] == '#') continue;
        const bool ignores = line[0] != '!';
        if (!ignores) line.remove_prefix(1);
        if (line.empty() || line == "/") continue;
        lines_.push_back({PathPattern(line), ignores});
    }
}

std::optional<bool> Gitignore::says(std::string_view path, bool is_folder) const {
    const auto last = std::find_if(lines_.rbegin(), lines_.rend(),
                                   [&](const Line& line) { return line.pattern.matches(path, is_folder); });
    if (last == lines_.rend()) return {};
    return last->ignores;
}

}  // namespace heddle::tools
