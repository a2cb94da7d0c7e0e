// tools/patch.h: A unified diff of several files, taken apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::tools {

struct PatchLine {
    char kind;                 // ' ', '-' or '+'
    std::string text;          // without its end
    bool without_end = false;  // "\ No newline at end of file"
    bool operator==(const PatchLine&) const = default;
};

struct Hunk {
    std::size_t old_line = 0;    // where it says that it begins, from 1; 0: it does not say, or the file is new
    std::size_t patch_line = 0;  // of its header, for messages
    std::vector<PatchLine> lines;
};

struct FilePatch {
    std::string old_path, new_path;  // as they are to be opened; one is empty where the file is created or deleted
    std::optional<bool> executable;  // what its mode is to be
    std::size_t patch_line = 0;
    std::vector<Hunk> hunks;

    bool creates() const { return old_path.empty(); }
    bool removes() const { return new_path.empty(); }
    bool moves() const { return !creates() && !removes() && old_path != new_path; }
    const std::string& path() const { return removes() ? old_path : new_path; }
};

// Takes what git and diff write, and what a model makes of it: text around the diff, headers of hunks with wrong counts
// or none, blank lines for empty context, a/ and b/ or not. Throws Error with the line of the patch for all else, as
// for binary patches, copies and links, and for a file that is named twice.
std::vector<FilePatch> parse_patch(std::string_view text);

}  // namespace heddle::tools
