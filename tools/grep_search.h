// tools/grep_search.h: Two ways to search the lines of files: ripgrep as a guest, and a walk of our own.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "tools/grep_report.h"
#include "tools/workspace.h"

namespace heddle::tools {

struct GrepQuery {
    std::string pattern;  // a regular expression; empty: names alone
    bool ignore_case = false;
    std::function<bool(const std::string& place)> wants;  // by its name and the policy
};

// Searches what `found` is, a file or a folder. Both look at files of at most Workspace::whole_bytes_max bytes, leave
// out those with a NUL byte, and throw Error for a pattern that is none.
void search_by_walk(const Workspace& workspace, const Found& found, const GrepQuery& query, GrepReport& report,
                    const std::stop_token& stop);
// False where the guest has no ripgrep, or there can be no guest; then nothing was reported.
bool search_by_ripgrep(ToolContext& context, const Found& found, const GrepQuery& query, GrepReport& report,
                       const std::stop_token& stop);

}  // namespace heddle::tools
