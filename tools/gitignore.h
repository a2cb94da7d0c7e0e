// tools/gitignore.h: Patterns over paths as .gitignore has them (gitignore(5)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::tools {

// One pattern, matched in time that grows with the product of the lengths at worst, whatever it says.
class PathPattern {
 public:
    // `text` as it stands in a line, without "!" and without blanks at the end.
    explicit PathPattern(std::string_view text);

    // A path from the folder that the pattern belongs to.
    bool matches(std::string_view path, bool is_folder) const;

 private:
    std::vector<std::string> names_;  // "**" for any number of folders
    bool folders_only_ = false;
};

// What one file of patterns says of the paths below its folder.
class Gitignore {
 public:
    Gitignore() = default;
    explicit Gitignore(std::string_view text);

    // True: ignored; false: not ignored after all; nothing: it says nothing. The last pattern that matches counts.
    std::optional<bool> says(std::string_view path, bool is_folder) const;

 private:
    struct Line {
        PathPattern pattern;
        bool ignores;
    };
    std::vector<Line> lines_;
};

// `*`, `?`, `[a-z]` and `\` over one name.
bool name_matches(std::string_view glob, std::string_view name);

}  // namespace heddle::tools
