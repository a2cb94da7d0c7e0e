// sandbox/limits.h: Bounds on one guest, each with its reason.
#pragma once

#include <chrono>
#include <cstdint>

namespace heddle::sandbox {

struct Limits {
    std::chrono::milliseconds wall{120'000};  // a build or a test suite ends within it; a hang is noticed
    std::chrono::milliseconds cpu{60'000};    // of a command and all that it starts, in sum
    std::uint64_t memory_bytes = 2ull << 30;  // compilers and test suites fit; a leak does not take the machine
    int processes = 512;                      // make -j and node fit; a fork bomb ends
    std::uint64_t file_bytes = 1ull << 30;    // one file
    std::uint64_t tmp_bytes = 512ull << 20;   // the private /tmp, home and /dev/shm together
    std::uint64_t disk_bytes = 1ull << 30;    // what a guest may write to a workspace that is copied on write
    std::uint64_t disk_files = 100'000;       // files and folders there; a node_modules fits
    int open_files = 4096;
    std::uint64_t output_bytes = 256 * 1024;  // kept of one stream: the first and the last part; the rest is counted
};

// A command whose stream grows past so many times what is kept of it, and past 16 MiB, is stopped: a test suite prints
// megabytes, also for somebody who wants to keep little of them.
inline constexpr std::uint64_t output_flood_factor = 64, output_flood_bytes_min = 16u << 20;

}  // namespace heddle::sandbox
