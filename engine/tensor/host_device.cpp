// engine/tensor/host_device.cpp: Plain memory, straight from the kernel, and how much of it there is.
#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <optional>
#include <string>

#include "engine/error.h"
#include "engine/tensor/device.h"

namespace heddle::engine {

namespace {

// A large block is a mapping of its own: zeroed by the kernel, given back for good when it is released, and lazily
// backed, so that room for the longest context costs nothing until it is used. Small ones come from the heap, for a
// process may have no more than some 65,000 mappings.
class HostDevice final : public Device {
 public:
    std::byte* allocate(std::size_t bytes) override {
        if (bytes < mapping_bytes_min) {
            void* memory = ::operator new(bytes, alignment, std::nothrow);
            if (memory == nullptr) refuse(bytes, "out of memory");
            std::memset(memory, 0, bytes);
            return static_cast<std::byte*>(memory);
        }
        if (bytes < huge_page) return map(bytes, bytes);
        // Huge pages cut the cost of gathering rows from all over the cache; a refusal is no loss. A block begins and
        // ends with one: the kernel covers what is left of one by small ones.
        const std::size_t whole = whole_pages(bytes);
        std::byte* const room = map(whole + huge_page, bytes);
        const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(room) % huge_page) % huge_page;
        if (before > 0) ::munmap(room, before);
        ::munmap(room + before + whole, huge_page - before);
        (void)::madvise(room + before, whole, MADV_HUGEPAGE);
        return room + before;
    }
    void release(std::byte* memory, std::size_t bytes) noexcept override {
        if (bytes < mapping_bytes_min) {
            ::operator delete(memory, alignment);
        } else {
            ::munmap(memory, bytes < huge_page ? bytes : whole_pages(bytes));
        }
    }

 private:
    static std::size_t whole_pages(std::size_t bytes) { return (bytes + huge_page - 1) / huge_page * huge_page; }
    static std::byte* map(std::size_t bytes, std::size_t wanted) {
        void* const memory =
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) refuse(wanted, std::strerror(errno));
        return static_cast<std::byte*>(memory);
    }
    [[noreturn]] static void refuse(std::size_t bytes, const char* why) {
        throw Error(fmt::format("Taking {} KiB of memory failed: {}; free memory or use a smaller model or cache",
                                bytes >> 10, why));
    }

    static constexpr std::align_val_t alignment{64};
    static constexpr std::size_t mapping_bytes_min = std::size_t{64} << 10;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
};

std::optional<std::size_t> read_number(const std::string& file) {
    std::ifstream in(file);
    std::size_t value = 0;
    if (in >> value) return value;  // "max" is no number: no limit
    return std::nullopt;
}

// MemAvailable of /proc/meminfo, which counts caches that the kernel would drop.
std::optional<std::size_t> available_in_machine() {
    std::ifstream in("/proc/meminfo");
    for (std::string line; std::getline(in, line);) {
        const std::string key = "MemAvailable:";
        if (line.rfind(key, 0) != 0) continue;
        const std::size_t digit = line.find_first_of("0123456789");
        std::size_t kib = 0;
        if (digit == std::string::npos) return std::nullopt;
        std::from_chars(line.data() + digit, line.data() + line.size(), kib);
        return kib * 1024;
    }
    return std::nullopt;
}

// The tightest memory.max among this process's control group (version 2) and those above it.
std::optional<std::size_t> available_in_groups() {
    std::ifstream in("/proc/self/cgroup");
    std::optional<std::size_t> least;
    for (std::string line; std::getline(in, line);) {
        if (line.rfind("0::/", 0) != 0) continue;
        std::string path = line.substr(3);
        while (true) {
            const std::string folder = "/sys/fs/cgroup" + path;
            const auto limit = read_number(folder + "/memory.max");
            const auto used = read_number(folder + "/memory.current");
            if (limit && used) {
                const std::size_t left = *limit > *used ? *limit - *used : 0;
                least = std::min(least.value_or(left), left);
            }
            if (path.empty() || path == "/") break;
            path.resize(path.find_last_of('/'));
        }
    }
    return least;
}

}  // namespace

Device& host_device() {
    static HostDevice device;
    return device;
}

std::size_t available_memory() {
    constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();
    return std::min(available_in_machine().value_or(unknown), available_in_groups().value_or(unknown));
}

}  // namespace heddle::engine
