// sandbox/path_glob.cpp: Matches name by name. Linear in the globs that are there: each has one `**` or two.
#include "sandbox/path_glob.h"

#include <fnmatch.h>

#include <algorithm>

namespace heddle::sandbox {

namespace {

using Names = std::span<const std::string>;

bool same_name(const std::string& glob, const std::string& name) {
    return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

// `at_end` judges what is left of the glob when the path is through, or of the path when the glob is.
template <typename AtEnd>
bool match(Names glob, Names path, const AtEnd& at_end) {
    if (glob.empty() || path.empty()) {
        if (at_end(glob, path)) return true;
        if (glob.empty() || glob[0] != "**") return false;
    }
    if (glob[0] == "**") {
        for (std::size_t skipped = 0; skipped <= path.size(); ++skipped)
            if (match(glob.subspan(1), path.subspan(skipped), at_end)) return true;
        return false;
    }
    return same_name(glob[0], path[0]) && match(glob.subspan(1), path.subspan(1), at_end);
}

}  // namespace

PathNames path_names(std::string_view path) {
    PathNames names;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (slash > 0) names.emplace_back(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return names;
}

bool glob_covers(Names glob, Names path) {
    return match(glob, path, [](Names left, Names) { return left.empty(); });
}

bool glob_matches(Names glob, Names path) {
    return match(glob, path, [](Names left, Names rest) { return left.empty() && rest.empty(); });
}

bool glob_leads_below(Names glob, Names path) {
    if (path.empty()) return !glob.empty();
    if (glob.empty()) return false;
    if (glob[0] == "**") return true;
    return same_name(glob[0], path[0]) && glob_leads_below(glob.subspan(1), path.subspan(1));
}

}  // namespace heddle::sandbox
