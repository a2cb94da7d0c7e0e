// sandbox/process_tree.cpp: Reads /proc/PID/stat, and follows parents down from one process.
#include "sandbox/process_tree.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

struct CloseDir {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

// "pid (name) state parent group session ... user system children_user children_system ...": see proc(5). A name may
// hold anything.
std::optional<ProcessEntry> parse(pid_t pid, const std::string& stat) {
    const std::size_t name_end = stat.rfind(") ");
    if (name_end == std::string::npos || name_end + 4 >= stat.size()) return std::nullopt;
    constexpr std::size_t parent = 1, session = 3, first_time = 11, times = 4;  // counted from the state on
    std::int64_t fields[first_time + times] = {};
    const char *at = stat.data() + name_end + 2, *const end = stat.data() + stat.size();
    for (std::int64_t& field : fields) {
        std::from_chars(at, end, field);
        at = std::find(at, end, ' ');
        if (at != end) ++at;
    }
    const auto ticks = std::accumulate(fields + first_time, fields + first_time + times, std::int64_t{0});
    return ProcessEntry{.pid = pid,
                        .parent = static_cast<pid_t>(fields[parent]),
                        .session = static_cast<pid_t>(fields[session]),
                        .has_ended = std::strchr("ZXx", stat[name_end + 2]) != nullptr,
                        .is_stopped = std::strchr("Tt", stat[name_end + 2]) != nullptr,
                        .ticks = static_cast<std::uint64_t>(ticks)};
}

}  // namespace

std::vector<pid_t> all_processes(const Fd& proc) {
    std::vector<pid_t> all;
    const int again = ::openat(proc.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseDir> folder(again < 0 ? nullptr : ::fdopendir(again));
    while (const dirent* found = folder ? ::readdir(folder.get()) : nullptr) {
        const std::string_view name = found->d_name;
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec == std::errc()) all.push_back(pid);
    }
    return all;
}

std::optional<ProcessEntry> look_at_process(const Fd& proc, pid_t pid) {
    return parse(pid, read_text_at(proc.get(), std::to_string(pid) + "/stat"));
}

std::vector<ProcessEntry> descendants(const Fd& proc, pid_t root, const std::set<pid_t>& spared) {
    std::multimap<pid_t, ProcessEntry> all;  // by parent
    for (const pid_t pid : all_processes(proc))
        if (const auto entry = look_at_process(proc, pid)) all.emplace(entry->parent, *entry);
    std::vector<ProcessEntry> found;
    std::vector<pid_t> parents{root};
    while (!parents.empty()) {
        const auto [first, last] = all.equal_range(parents.back());
        parents.pop_back();
        for (auto child = first; child != last; ++child) {
            if (spared.contains(child->first) || spared.contains(child->second.pid)) continue;
            found.push_back(child->second);
            parents.push_back(child->second.pid);
        }
    }
    return found;
}

std::uint64_t tasks_of(const Fd& proc, uid_t user) {
    std::uint64_t tasks = 0;
    for (const pid_t pid : all_processes(proc)) {
        const std::string status = read_text_at(proc.get(), std::to_string(pid) + "/status");
        if (number_after(status, "Uid:") == user) tasks += number_after(status, "Threads:");
    }
    return tasks;
}

}  // namespace heddle::sandbox
