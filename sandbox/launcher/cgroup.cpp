// sandbox/launcher/cgroup.cpp: Finds the cgroup hierarchies of this process, version 1 or 2, and makes children there.
#include "sandbox/launcher/cgroup.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <vector>

#include "sandbox/launcher/setup_error.h"
#include "sandbox/text_file.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

bool lists(const std::string& text, std::string_view word, char separator) {
    std::istringstream words(text);
    for (std::string each; std::getline(words, each, separator);)
        if (each == word) return true;
    return false;
}

// The folder of this process's own cgroup in the hierarchy of `controller` ("" for version 2), or "".
std::string own_folder(std::string_view controller) {
    std::string path;
    std::istringstream groups(read_text_at(AT_FDCWD, "/proc/self/cgroup"));
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (controller.empty() ? controllers.empty() : lists(controllers, controller, ','))
            path = line.substr(second + 1);
    }
    if (path.empty() || path.find("..") != std::string::npos) return "";

    std::istringstream mounts(read_text_at(AT_FDCWD, "/proc/self/mountinfo"));
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::vector<std::string> field{std::istream_iterator<std::string>(words), {}};
        if (field.size() < 10) continue;
        const std::string &root = field[3], &type = field[field.size() - 3], &options = field.back();
        if (type != (controller.empty() ? "cgroup2" : "cgroup")) continue;
        if (!controller.empty() && !lists(options, controller, ',')) continue;
        if (root == "/") return field[4] + (path == "/" ? "" : path);
        if (path.compare(0, root.size(), root) == 0) return field[4] + path.substr(root.size());
    }
    return "";
}

// A launcher that was killed could not tidy up: its guests are dead, and their empty cgroups go now.
void remove_left_behind(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        int pid = 0;
        if (std::sscanf(entry.path().filename().c_str(), "heddle-%d-", &pid) != 1 || pid <= 0) continue;
        if (!fs::exists("/proc/" + std::to_string(pid))) ::rmdir(entry.path().c_str());
    }
}

// A missing file is an option of the kernel's build; a limit that cannot be written makes the cgroup worthless.
bool set(const std::string& folder, const char* file, std::uint64_t value, bool optional = false) {
    const int error = write_text_at(AT_FDCWD, folder + "/" + file, std::to_string(value));
    return error == 0 || (optional && error == ENOENT);
}

bool limit_memory(const std::string& folder, MemoryKeeper keeper, const Limits& limits) {
    if (keeper == MemoryKeeper::cgroup1)
        return set(folder, "memory.limit_in_bytes", limits.memory_bytes) &&
               set(folder, "memory.memsw.limit_in_bytes", limits.memory_bytes, true);
    return set(folder, "memory.max", limits.memory_bytes) && set(folder, "memory.swap.max", 0, true) &&
           set(folder, "memory.oom.group", 1, true);
}

}  // namespace

CgroupCounters CgroupCounters::open(const Fd& folder, MemoryKeeper version) {
    const auto open = [&](const char* name) { return Fd(::openat(folder.get(), name, O_RDONLY | O_CLOEXEC)); };
    if (version == MemoryKeeper::cgroup1) return {open("memory.oom_control"), open("memory.max_usage_in_bytes")};
    return {open("memory.events"), open("memory.peak")};
}

bool CgroupCounters::killed() const {
    return number_after(read_text_again(kills), "oom_kill ") > 0;
}

std::uint64_t CgroupCounters::peak_bytes() const {
    return number_after(read_text_again(peak), "");
}

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
    if (this != &other) {
        remove();
        keeper_ = other.keeper_;
        memory_path_ = std::exchange(other.memory_path_, "");
        tasks_path_ = std::exchange(other.tasks_path_, "");
        memory_ = std::move(other.memory_);
        task_events_ = std::move(other.task_events_);
        counters_ = std::move(other.counters_);
        doors_ = std::move(other.doors_);
    }
    return *this;
}

Cgroup Cgroup::from_within(MemoryKeeper keeper, Fd task_events) {
    Cgroup cgroup;
    cgroup.keeper_ = keeper;
    cgroup.task_events_ = std::move(task_events);
    return cgroup;
}

void Cgroup::remove() {
    for (Fd* const each : {&memory_, &task_events_, &counters_.kills, &counters_.peak}) each->reset();
    doors_.clear();
    if (!tasks_path_.empty() && tasks_path_ != memory_path_) ::rmdir(tasks_path_.c_str());
    if (!memory_path_.empty()) ::rmdir(memory_path_.c_str());
    memory_path_.clear();
    tasks_path_.clear();
}

// Moving another process waits for all processors to pass a quiet point, tens of milliseconds; one that moves itself
// does not wait, nor does one that is born in its place.
void Cgroup::enter() const {
    for (const auto& door : doors_)
        if (::write(door.get(), "0", 1) != 1) throw SetupError(Step::cgroup, "move the guest into its cgroup", errno);
}

bool Cgroup::try_limit(const Limits& limits) const {
    const auto tasks = static_cast<std::uint64_t>(limits.processes) + 1;  // its PID 1 is ours
    return limit_memory(memory_path_, keeper_, limits) && (tasks_path_.empty() || set(tasks_path_, "pids.max", tasks));
}

void Cgroup::limit(const Limits& limits) const {
    if (keeper_ != MemoryKeeper::polled && !try_limit(limits))
        throw SetupError(Step::cgroup, "write limits to the cgroup " + memory_path_, errno);
}

CgroupParent CgroupParent::find() {
    std::vector<CgroupParent> candidates;
    if (const std::string own = own_folder("memory"); !own.empty()) {
        CgroupParent parent;
        parent.keeper_ = MemoryKeeper::cgroup1;
        parent.memory_ = own;
        parent.tasks_ = own_folder("pids");
        candidates.push_back(parent);
        parent.tasks_.clear();
        candidates.push_back(parent);
    }
    // Version 2 forbids children of a cgroup that holds processes, so a sibling of our own is the ordinary place.
    if (const std::string own = own_folder(""); !own.empty()) {
        for (const std::string& folder : {own, fs::path(own).parent_path().native()}) {
            const std::string given = read_text_at(AT_FDCWD, folder + "/cgroup.subtree_control");
            std::istringstream words(given);
            const std::vector<std::string> controllers{std::istream_iterator<std::string>(words), {}};
            const auto has = [&](const char* name) {
                return std::find(controllers.begin(), controllers.end(), name) != controllers.end();
            };
            if (!has("memory")) continue;
            CgroupParent parent;
            parent.keeper_ = MemoryKeeper::cgroup2;
            parent.memory_ = folder;
            if (has("pids")) parent.tasks_ = folder;
            candidates.push_back(parent);
        }
    }
    for (auto& candidate : candidates) {
        remove_left_behind(candidate.memory_);
        if (!candidate.tasks_.empty()) remove_left_behind(candidate.tasks_);
        if (const auto tried = candidate.try_make(); tried && tried->try_limit(Limits{})) return candidate;
    }
    return {};
}

std::string CgroupParent::describe() const {
    if (keeper_ == MemoryKeeper::polled) return "";
    return fmt::format("v{}: memory{}", keeper_ == MemoryKeeper::cgroup1 ? 1 : 2, tasks_.empty() ? "" : ", pids");
}

Cgroup CgroupParent::make() {
    if (keeper_ == MemoryKeeper::polled) return {};
    auto made = try_make();
    if (!made) throw SetupError(Step::cgroup, "make a cgroup below " + memory_, errno);
    return std::move(*made);
}

std::optional<Cgroup> CgroupParent::try_make() {
    const std::string name = fmt::format("/heddle-{}-{}", ::getpid(), made_++);
    Cgroup cgroup;
    cgroup.keeper_ = keeper_;
    const auto make_folder = [](const std::string& path, std::string& kept) {
        if (::mkdir(path.c_str(), 0755) != 0) return false;
        kept = path;
        return true;
    };
    if (!make_folder(memory_ + name, cgroup.memory_path_)) return std::nullopt;
    if (!tasks_.empty()) {
        if (tasks_ == memory_)
            cgroup.tasks_path_ = cgroup.memory_path_;
        else if (!make_folder(tasks_ + name, cgroup.tasks_path_))
            return std::nullopt;
        cgroup.task_events_ = Fd(::open((cgroup.tasks_path_ + "/pids.events").c_str(), O_RDONLY | O_CLOEXEC));
    }
    cgroup.memory_ = Fd(::open(cgroup.memory_path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!cgroup.memory_) return std::nullopt;
    cgroup.counters_ = CgroupCounters::open(cgroup.memory_, keeper_);
    if (keeper_ == MemoryKeeper::cgroup1) {
        for (const auto& path : {cgroup.memory_path_, cgroup.tasks_path_}) {
            if (path.empty()) continue;
            cgroup.doors_.emplace_back(::open((path + "/tasks").c_str(), O_WRONLY | O_CLOEXEC));
            if (!cgroup.doors_.back()) return std::nullopt;
        }
    }
    return cgroup;
}

}  // namespace heddle::sandbox
