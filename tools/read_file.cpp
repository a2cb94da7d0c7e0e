// tools/read_file.cpp: A file found beneath the workspace, then one bounded pass over the lines.
#include "tools/read_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "sandbox/fd.h"
#include "tools/error.h"
#include "tools/line_scan.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

namespace {

constexpr std::int64_t lines_default = 200;  // a screenful or four, within the clip for ordinary lines

using sandbox::Fd;

ToolResult failed(std::string text) {
    ToolResult result;
    result.text = "[error: " + std::move(text) + "]";
    result.ok = false;
    return result;
}

// A long output that was kept whole lies elsewhere, for all tools to read.
Workspace folder_of(const std::string& path, ToolContext& context) {
    const OutputFolder* const outputs = context.bench.outputs();
    if (outputs == nullptr || !outputs->holds(path)) return {context.bench.policy(), context.bench.folder()};
    sandbox::Policy policy;
    policy.workspace = outputs->path();
    return {policy, outputs->folder()};
}

}  // namespace

ToolResult read_lines(const Workspace& workspace, const std::string& path, const LineRange& range,
                      std::stop_token stop) {
    if (range.first < 1) return failed(fmt::format("first line {} is not a line, the first is 1", range.first));
    if (range.last && *range.last < range.first) {
        return failed(fmt::format("last line {} is before first line {}", *range.last, range.first));
    }
    const std::string shown = Workspace::shown(path);
    Found found;
    try {
        found = workspace.find(path);
    } catch (const Error& error) {
        return failed(error.what());
    }
    if (!found.is_file()) return failed("not a file: " + shown);
    const Fd file = Folder::open_found(found);
    if (!file) return failed(fmt::format("cannot open {}: {}", shown, std::strerror(errno)));

    const std::int64_t farthest = std::numeric_limits<std::int64_t>::max() - lines_default;
    const std::int64_t last = range.last.value_or(std::min(range.first, farthest) + lines_default - 1);
    LineScan scan(range.first, last);
    const int error = scan.run(file.get(), stop);
    if (error != 0) return failed(fmt::format("cannot read {}: {}", shown, std::strerror(error)));
    if (scan.found_nul()) return failed(fmt::format("not a text file: {} ({} bytes)", shown, found.status.st_size));

    ToolResult result;
    const bool is_empty = scan.complete() && scan.lines() == 0;
    result.ok = !scan.cancelled() && (is_empty || scan.lines() >= range.first);
    result.text = scan.text();
    result.details = {{"lines", scan.lines()}, {"bytes", found.status.st_size}};
    return result;
}

ReadFile::ReadFile()
    : Tool(
          tool_spec("read_file",
                    {{"path", {{"type", "string"}}}, {"first", {{"type", "integer"}}}, {"last", {{"type", "integer"}}}},
                    {"path"})) {}

ToolResult ReadFile::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    LineRange range;
    range.first = arguments.value("first", range.first);
    if (arguments.contains("last")) range.last = arguments.at("last").get<std::int64_t>();
    const auto& path = arguments.at("path").get_ref<const std::string&>();
    return read_lines(folder_of(path, context), path, range, stop);
}

CallSubject ReadFile::subject(const prompts::Json& arguments, const ToolContext& context) const {
    return {{}, {Workspace::named(arguments.at("path").get<std::string>(), context.bench.policy().workspace)}};
}

}  // namespace heddle::tools
