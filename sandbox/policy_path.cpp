// sandbox/policy_path.cpp: Makes a policy's paths comparable, and follows links step by step.
#include "sandbox/policy_path.h"

#include <deque>
#include <initializer_list>

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr int links_max = 40;  // as the kernel

bool climbs(std::string_view text) {
    for (const auto& part : fs::path(text))
        if (part == "..") return true;
    return false;
}

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

// "~" and "~/x"; nothing where there is no home. Other texts stay.
std::optional<std::string> expand_home(std::string text, const fs::path& home) {
    if (text != "~" && text.rfind("~/", 0) != 0) return text;
    if (!home.is_absolute()) return std::nullopt;
    return home.native() + text.substr(1);
}

}  // namespace

std::optional<std::string> policy_path(std::string text, bool for_writing, const fs::path& home) {
    constexpr std::string_view read_mark = ":ro";
    if (!for_writing && text.size() > read_mark.size() && text.ends_with(read_mark))
        text.resize(text.size() - read_mark.size());
    if (text.find_first_of("*?[") != text.npos || climbs(text)) return std::nullopt;
    const auto expanded = expand_home(std::move(text), home);
    if (!expanded) return std::nullopt;
    std::string path = without_slash(fs::path(*expanded).lexically_normal().native());
    if (for_writing)
        for (const auto place : {place_workspace, place_tmp})
            if (path_covers(place, path)) return path;
    if (path.empty() || path.front() != '/' || path == "/") return std::nullopt;
    for (const std::string_view system : {"/proc", "/sys", "/dev"})
        if (path_covers(system, path)) return std::nullopt;
    return path;
}

std::string path_wanted(bool for_writing) {
    return std::string("an absolute path or one from ~") + (for_writing ? ", $WORKSPACE or $TMP" : "") +
           ", no pattern, without \"..\", and not /, /proc, /sys or /dev";
}

std::optional<std::string> policy_pattern(std::string text, const fs::path& home) {
    if (text.empty() || climbs(text)) return std::nullopt;
    return expand_home(std::move(text), home);
}

bool path_covers(std::string_view outer, std::string_view inner) {
    if (inner.substr(0, outer.size()) != outer) return false;
    return inner.size() == outer.size() || outer.back() == '/' || inner[outer.size()] == '/';
}

bool leads_through(const fs::path& path, const fs::path& folder) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(folder, error);
    const std::string ways[] = {without_slash(folder.lexically_normal().native()),
                                without_slash(error ? folder.native() : real.native())};
    std::deque<fs::path> ahead(path.begin(), path.end());
    fs::path at = "/";
    for (int links = 0; !ahead.empty();) {
        const fs::path part = ahead.front();
        ahead.pop_front();
        if (part == "." || part.empty() || part == "/") continue;
        if (part == "..") {
            at = at.parent_path();
            continue;
        }
        const fs::path next = at / part;
        for (const auto& way : ways)
            if (path_covers(way, next.native())) return true;
        const fs::path target = fs::read_symlink(next, error);
        if (error) {
            at = next;  // no link, or nothing there
            continue;
        }
        if (++links > links_max) return true;  // a circle leads nowhere that could be vouched for
        if (target.is_absolute()) at = "/";
        ahead.insert(ahead.begin(), target.begin(), target.end());
    }
    return false;
}

}  // namespace heddle::sandbox
