// tests/support/host_state.h: What guests could leave behind on the host: processes, mounts, descriptors, cgroups.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace heddle::test {

inline std::string mounts_of_host() {
    std::ifstream in("/proc/self/mountinfo");
    return {std::istreambuf_iterator<char>(in), {}};
}

inline int open_descriptors() {
    return static_cast<int>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{}));
}

// The children of the process `parent`, by a look at all processes.
inline std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        if (entry.path().filename().native().find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream in(entry.path() / "stat");
        std::string text;
        std::getline(in, text);  // which gives nothing of one that has just ended
        const auto end = text.rfind(')');
        if (end == std::string::npos) continue;
        std::istringstream fields(text.substr(end + 1));
        std::string state;
        pid_t of = 0;
        if (fields >> state >> of && of == parent && state != "Z") found.push_back(std::stoi(entry.path().filename()));
    }
    return found;
}

inline bool gone_soon(pid_t process) {
    for (int i = 0; i < 500; ++i) {
        if (::kill(process, 0) != 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

// The one child that this process has now and had not then; -1 if there is none, or another.
inline pid_t new_child_since(const std::vector<pid_t>& before) {
    pid_t found = -1;
    for (const pid_t child : children_of(::getpid())) {
        if (std::ranges::find(before, child) != before.end()) continue;
        if (found >= 0) return -1;
        found = child;
    }
    return found;
}

inline std::string name_of_process(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    std::getline(in, name);
    return name;
}

// The blank of a launcher that has so many guests and rests, or -1 if it does not come to rest. The kernel takes down
// the namespaces of a guest after run() has returned; the launcher then removes its cgroup, and makes a blank for the
// guest that comes next.
inline pid_t blank_soon(pid_t launcher, std::size_t guests = 0) {
    for (int i = 0; i < 500; ++i) {
        const auto children = children_of(launcher);
        const auto blank =
            std::ranges::find_if(children, [](pid_t each) { return name_of_process(each) == "heddle-blank"; });
        if (blank != children.end() && children.size() == guests + 1) return *blank;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return -1;
}

// The names that begin so, which may stand in several hierarchies. Folder by folder: groups of other processes come and
// go meanwhile, and one that has gone had no such group in it.
inline std::set<std::string> cgroups_named(const std::string& prefix) {
    std::set<std::string> found;
    std::vector<std::filesystem::path> ahead{"/sys/fs/cgroup"};
    while (!ahead.empty()) {
        const std::filesystem::path folder = ahead.back();
        ahead.pop_back();
        std::error_code error;
        for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
             entry.increment(error)) {
            std::error_code gone;
            if (!entry->is_directory(gone)) continue;
            if (entry->path().filename().native().rfind(prefix, 0) == 0) found.insert(entry->path().filename());
            ahead.push_back(entry->path());
        }
    }
    return found;
}

inline bool has_cgroup_of(pid_t launcher) {
    return !cgroups_named("heddle-" + std::to_string(launcher) + "-").empty();
}

}  // namespace heddle::test
