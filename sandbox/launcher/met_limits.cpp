// sandbox/launcher/met_limits.cpp: A counter of the cgroup, the room left on two file systems, and one signal.
#include "sandbox/launcher/met_limits.h"

#include <fmt/core.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

// A shell that ran out of space still takes back a file or two of its own before it ends.
constexpr std::uint64_t room_bytes = 64 * 1024, room_files = 4;

bool is_full(const std::string& path) {
    struct statfs found {};
    if (::statfs(path.c_str(), &found) != 0) return false;
    return found.f_bavail * static_cast<std::uint64_t>(found.f_bsize) < room_bytes || found.f_ffree < room_files;
}

// By itself, or in the words of the shell that ran it.
bool wrote_too_large_a_file(int wait_status) {
    if (WIFSIGNALED(wait_status)) return WTERMSIG(wait_status) == SIGXFSZ;
    return WEXITSTATUS(wait_status) == 128 + SIGXFSZ;
}

}  // namespace

std::uint64_t MetLimits::tasks_refused() const {
    std::array<char, 256> text;
    const ssize_t count = task_events_ ? ::pread(task_events_.get(), text.data(), text.size(), 0) : 0;
    return count <= 0 ? 0 : number_after({text.data(), static_cast<std::size_t>(count)}, "max ");
}

void MetLimits::add_to(Note& finished, std::uint64_t before) const {
    if (WIFEXITED(finished.wait_status) && WEXITSTATUS(finished.wait_status) == 0) return;
    const Limits& limits = policy_.limits;
    const auto met = [&](Limit limit, std::string detail) {
        finished.met = limit;
        finished.text = std::move(detail);
    };
    if (wrote_too_large_a_file(finished.wait_status))
        met(Limit::disk, fmt::format("{} MiB a file", limits.file_bytes >> 20));
    else if (tasks_refused() > before)
        met(Limit::tasks, std::to_string(limits.processes));
    else if (!shelter_.bounds_disk)
        return;  // how full the host's disk is says nothing about the guest
    else if (keeps_apart(policy_.mode) && is_full(shelter_.workspace))
        met(Limit::disk,
            fmt::format("{} MiB or {} files in the workspace", limits.disk_bytes >> 20, limits.disk_files));
    else if (is_full(shelter_.temporary))
        met(Limit::disk, fmt::format("{} MiB in /tmp, the home folder and /dev/shm", limits.tmp_bytes >> 20));
}

}  // namespace heddle::sandbox
