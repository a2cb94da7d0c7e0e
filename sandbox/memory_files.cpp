// sandbox/memory_files.cpp: Looks at each descriptor for a file of the one file system that has no mount.
#include "sandbox/memory_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <memory>
#include <numeric>
#include <sstream>
#include <string>

#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

struct CloseDir {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

// The device that all of them lie on.
dev_t find_device() {
    struct stat found {};
    const Fd file(::memfd_create("heddle", MFD_CLOEXEC));
    return file && ::fstat(file.get(), &found) == 0 ? found.st_dev : 0;
}

}  // namespace

MemoryFiles find_memory_files(const Fd& proc, const std::vector<pid_t>& processes) {
    static const dev_t device = find_device();
    constexpr std::uint64_t block = 512;
    MemoryFiles files;
    for (const pid_t pid : processes) {
        const int fds = ::openat(proc.get(), (std::to_string(pid) + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const std::unique_ptr<DIR, CloseDir> folder(fds < 0 ? nullptr : ::fdopendir(fds));
        while (const dirent* each = folder ? ::readdir(folder.get()) : nullptr) {
            struct stat found {};
            if (::fstatat(fds, each->d_name, &found, 0) != 0 || !S_ISREG(found.st_mode) || found.st_dev != device)
                continue;
            files[found.st_ino] = static_cast<std::uint64_t>(found.st_blocks) * block;
        }
    }
    return files;
}

std::uint64_t bytes_of(const MemoryFiles& files) {
    return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& file) { return sum + file.second; });
}

// "from-to rights offset device inode name" begins each mapping of smaps, and lines "Name: number kB" follow.
std::uint64_t mapped_bytes(const MemoryFiles& files, const Fd& proc, pid_t process) {
    if (files.empty()) return 0;
    std::istringstream lines(read_text_at(proc.get(), std::to_string(process) + "/smaps"));
    std::uint64_t bytes = 0;
    bool is_one = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        if (line[0] >= 'A' && line[0] <= 'Z') {
            if (is_one && line.starts_with("Pss:")) bytes += number_after(line, "Pss:") * 1024;
            continue;
        }
        std::istringstream fields(line);
        std::string skipped, name;
        ino_t inode = 0;
        fields >> skipped >> skipped >> skipped >> skipped >> inode >> name;
        is_one = name.starts_with("/memfd:") && files.contains(inode);
    }
    return bytes;
}

}  // namespace heddle::sandbox
