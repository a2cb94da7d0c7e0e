// tools/grep.cpp: Names by our own walk; lines by ripgrep where the guest has it.
#include "tools/grep.h"

#include <utility>

#include "tools/error.h"
#include "tools/gitignore.h"
#include "tools/grep_report.h"
#include "tools/grep_search.h"
#include "tools/source_walk.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

Grep::Grep()
    : Tool(tool_spec("grep", {{"pattern", {{"type", "string"}}},
                              {"path", {{"type", "string"}}},
                              {"glob", {{"type", "string"}}},
                              {"ignore_case", {{"type", "boolean"}}}})) {}

ToolResult Grep::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    GrepQuery query;
    query.pattern = arguments.value("pattern", std::string());
    query.ignore_case = arguments.value("ignore_case", false);
    const std::string glob = arguments.value("glob", std::string());
    if (query.pattern.empty() && glob.empty()) throw Error("give a pattern to search for, or a glob that names files");
    if (query.pattern.find('\0') != std::string::npos || query.pattern.find('\n') != std::string::npos)
        throw Error("the pattern is for one line: it cannot hold a line end or a NUL byte");

    const Workspace workspace(context.bench.policy(), context.bench.folder());
    const Found found = workspace.find(arguments.value("path", std::string(".")));
    const std::string above = found.place == "." ? "" : found.place + "/";
    const PathPattern names(glob);
    query.wants = [&](const std::string& place) {
        if (workspace.hides(place)) return false;
        if (glob.empty() || names.matches(place, false)) return true;
        return place.starts_with(above) && names.matches(place.substr(above.size()), false);
    };

    GrepReport report;
    const bool by_guest = !query.pattern.empty() && has_ripgrep_;
    if (by_guest) {
        // Below a folder it forgets some patterns of the folders above.
        IgnoredFiles ignored(workspace, found);
        GrepQuery of_guest = query;
        of_guest.wants = [&](const std::string& place) {
            return query.wants(place) && !(found.is_folder() && ignored.hold(place));
        };
        has_ripgrep_ = search_by_ripgrep(context, found, of_guest, report, stop);
    }
    if (!by_guest || !has_ripgrep_) search_by_walk(workspace, found, query, report, stop);
    ToolResult result = report.result();
    if (stop.stop_requested()) {
        result.text = "[cancelled]";
        result.ok = false;
    }
    result.details["ripgrep"] = by_guest && has_ripgrep_;
    return result;
}

CallSubject Grep::subject(const prompts::Json& arguments, const ToolContext& context) const {
    return {{}, {Workspace::named(arguments.value("path", std::string(".")), context.bench.policy().workspace)}};
}

}  // namespace heddle::tools
