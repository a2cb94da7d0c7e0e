// tools/read_file.cpp: openat2 beneath the workspace, then one bounded pass over the lines.
#include "tools/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "sandbox/cover.h"
#include "sandbox/fd.h"
#include "tools/clip.h"
#include "tools/line_scan.h"
#include "tools/texts.h"

namespace heddle::tools {

namespace {

constexpr std::int64_t lines_default = 200;  // a screenful or four, within the clip for ordinary lines
constexpr std::size_t path_bytes_max = 200;  // of a path in an error
constexpr int races_max = 32;                // somebody renames folders at this moment; he will pause

using sandbox::Fd;

ToolResult failed(std::string text) {
    ToolResult result;
    result.text = "[error: " + std::move(text) + "]";
    result.ok = false;
    return result;
}

// An absolute path that spells the workspace is taken as relative to it; any other stays and will be refused.
std::string beneath(const std::filesystem::path& workspace, const std::string& path) {
    if (!path.starts_with('/')) return path;
    std::error_code ignored;
    for (const auto& root : {workspace, std::filesystem::canonical(workspace, ignored)}) {
        std::string prefix = root.string();
        while (prefix.ends_with('/')) prefix.pop_back();
        if (prefix.empty() || !path.starts_with(prefix)) continue;
        if (path.size() == prefix.size()) return ".";
        if (path[prefix.size()] != '/') continue;
        const std::size_t name = path.find_first_not_of('/', prefix.size());
        return name == std::string::npos ? "." : path.substr(name);
    }
    return path;
}

// O_NONBLOCK: opening a pipe must not wait for its writer. The kernel resolves the whole path beneath the folder, so
// that no link and no rename in the middle leads out. Returns none, with errno set.
Fd open_beneath(const Fd& folder, const std::string& path) {
    open_how how{};
    how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long opened = -1;
    for (int i = 0; i < races_max; ++i) {
        opened = ::syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how);
        if (opened >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return Fd(static_cast<int>(opened));
}

std::filesystem::path name_of(const Fd& file) {
    std::error_code error;
    auto name = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file.get()), error);
    if (error) throw sandbox::Error(fmt::format("find out where a file is: {}", error.message()));
    return name;
}

// Where it really is in the workspace, whatever links led there: what a guest sees as that lies elsewhere, perhaps.
std::filesystem::path place_of(const Fd& file, const Fd& folder, const std::filesystem::path& workspace) {
    std::error_code error;
    const auto root = std::filesystem::canonical(workspace, error);
    return (error ? workspace : root) / name_of(file).lexically_relative(name_of(folder));
}

std::string why_not_opened(int error, const std::string& shown) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return "no such file: " + shown;
        case EXDEV:
            return "outside the folder: " + shown;
        case ENXIO:
        case ENODEV:
            return "not a file: " + shown;
        case EAGAIN:
            return fmt::format("cannot open {}: its folder is being changed; try again", shown);
        default:
            return fmt::format("cannot open {}: {}", shown, std::strerror(error));
    }
}

}  // namespace

ToolResult read_lines(const Fd& folder, const std::filesystem::path& workspace, const std::string& path,
                      const LineRange& range, std::stop_token stop, const std::vector<std::string>& hide) {
    const std::string shown = one_line(path, path_bytes_max);
    if (range.first < 1) return failed(fmt::format("first line {} is not a line, the first is 1", range.first));
    if (range.last && *range.last < range.first) {
        return failed(fmt::format("last line {} is before first line {}", *range.last, range.first));
    }
    if (path.find('\0') != std::string::npos) return failed("no such file: " + shown);

    const Fd file = open_beneath(folder, beneath(workspace, path));
    if (!file) return failed(why_not_opened(errno, shown));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return failed(why_not_opened(errno, shown));
    if (!S_ISREG(status.st_mode)) return failed("not a file: " + shown);
    if (sandbox::is_hidden(hide, workspace, place_of(file, folder, workspace)))
        return failed("hidden by policy, not missing: " + shown);

    const std::int64_t farthest = std::numeric_limits<std::int64_t>::max() - lines_default;
    const std::int64_t last = range.last.value_or(std::min(range.first, farthest) + lines_default - 1);
    LineScan scan(range.first, last);
    const int error = scan.run(file.get(), stop);
    if (error != 0) return failed(fmt::format("cannot read {}: {}", shown, std::strerror(error)));
    if (scan.found_nul()) return failed(fmt::format("not a text file: {} ({} bytes)", shown, status.st_size));

    ToolResult result;
    const bool is_empty = scan.complete() && scan.lines() == 0;
    result.ok = !scan.cancelled() && (is_empty || scan.lines() >= range.first);
    result.text = scan.text();
    result.details = {{"lines", scan.lines()}, {"bytes", status.st_size}};
    return result;
}

ReadFile::ReadFile() {
    spec_.function = {
        {"name", "read_file"},
        {"description", description_of("read_file")},
        {"parameters",
         {{"type", "object"},
          {"properties",
           {{"path", {{"type", "string"}}}, {"first", {{"type", "integer"}}}, {"last", {{"type", "integer"}}}}},
          {"required", prompts::Json::array({"path"})}}}};
}

ToolResult ReadFile::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    LineRange range;
    range.first = arguments.value("first", range.first);
    if (arguments.contains("last")) range.last = arguments.at("last").get<std::int64_t>();
    const sandbox::Policy& policy = context.bench.policy();
    return read_lines(context.bench.folder(), policy.workspace, arguments.at("path").get<std::string>(), range, stop,
                      policy.hide);
}

}  // namespace heddle::tools
