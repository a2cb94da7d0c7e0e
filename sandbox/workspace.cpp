// sandbox/workspace.cpp: Holds a workspace against the paths that a guest's view is made of.
#include "sandbox/workspace.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// A workspace that is one of these, or holds one, would show the host's files, or cover the guest's own.
constexpr std::array<std::string_view, 18> whole = {
    "/usr",  "/etc", "/proc", "/sys", "/dev",   "/tmp",   "/var/tmp", "/run",     "/var/run",
    "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/dev/shm", "/var/lib", guest_home};

// Nothing below these can be a workspace: they are not folders of files, or links in the guest's view.
constexpr std::array<std::string_view, 8> closed = {"/proc", "/sys", "/boot",  "/bin",
                                                    "/sbin", "/lib", "/lib32", "/lib64"};

bool holds(const fs::path& outer, const fs::path& inner) {
    auto at = inner.begin();
    for (const auto& part : outer) {
        if (at == inner.end() || *at != part) return false;
        ++at;
    }
    return true;
}

}  // namespace

fs::path normal(const fs::path& path) {
    fs::path result = path.lexically_normal();
    return result.has_filename() || result == result.root_path() ? result : result.parent_path();
}

std::string refusal(const fs::path& path) {
    for (const auto& taken : whole)
        if (holds(path, fs::path(taken))) return fmt::format("it is or holds {}", taken);
    for (const auto& outer : closed)
        if (holds(fs::path(outer), path)) return fmt::format("it lies in {}", outer);
    if (holds("/dev", path) && !holds("/dev/shm", path)) return "it lies in /dev";
    return "";
}

Fd open_workspace(Policy& policy) {
    const std::string doing = "use " + printable(policy.workspace.native()) + " as the workspace";
    if (!policy.workspace.is_absolute()) throw Error(doing + ": the path is not absolute");
    if (policy.workspace.native().find('\0') != std::string::npos) throw Error(doing + ": the path holds a zero byte");
    policy.workspace = normal(policy.workspace);

    Fd folder(::open(policy.workspace.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) throw Error(doing, errno);
    // The name may be a link: both where the folder is and where it will appear must be harmless.
    std::error_code error;
    const fs::path real = fs::read_symlink("/proc/self/fd/" + std::to_string(folder.get()), error);
    if (error) throw Error(doing + ": find out where it is", error.value());
    for (const auto& path : {policy.workspace, real}) {
        const std::string why = refusal(path);
        if (!why.empty()) throw Error(fmt::format("{}: {}; choose a folder of its own for the work", doing, why));
    }
    return folder;
}

const char* name_of(WorkspaceMode mode) {
    switch (mode) {
        case WorkspaceMode::direct:
            return "direct";
        case WorkspaceMode::ro:
            return "ro";
        case WorkspaceMode::cow:
            return "cow";
        case WorkspaceMode::copy:
            return "copy";
    }
    return "unknown";
}

const char* name_of(NetworkMode mode) {
    switch (mode) {
        case NetworkMode::off:
            return "off";
        case NetworkMode::proxy:
            return "proxy";
        case NetworkMode::host:
            return "host";
    }
    return "unknown";
}

void check(const Limits& limits) {
    const auto demand = [](bool holds_true, const char* what) {
        if (!holds_true) throw Error(std::string("use these sandbox limits: ") + what);
    };
    constexpr std::chrono::hours time_max(24 * 365);
    constexpr std::uint64_t bytes_max = 1ull << 50;
    demand(limits.wall.count() > 0 && limits.wall < time_max, "the time must be above 0 and below a year");
    demand(limits.cpu.count() > 0 && limits.cpu < time_max, "the CPU time must be above 0 and below a year");
    demand(limits.memory_bytes >= (8u << 20) && limits.memory_bytes < bytes_max, "the memory must be 8 MiB or more");
    demand(limits.processes >= 1 && limits.processes <= 1'000'000, "processes must be from 1 to 1000000");
    demand(limits.file_bytes < bytes_max, "the size of one file is out of range");
    demand(limits.tmp_bytes >= (64u << 10) && limits.tmp_bytes < bytes_max, "/tmp must have 64 KiB or more");
    demand(limits.disk_bytes >= (64u << 10) && limits.disk_bytes < bytes_max, "the disk must have 64 KiB or more");
    demand(limits.disk_files >= 16 && limits.disk_files < bytes_max, "the disk must have room for 16 files or more");
    demand(limits.open_files >= 16 && limits.open_files <= 1'000'000, "open files must be from 16 to 1000000");
    demand(limits.output_bytes <= (1u << 30), "the output kept must be at most 1 GiB");
}

}  // namespace heddle::sandbox
