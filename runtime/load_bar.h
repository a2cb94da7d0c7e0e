// runtime/load_bar.h: Shows on a terminal how far the reading of a model is, at which file, and how fast.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "runtime/status_line.h"

namespace heddle {

// "[#####...........]  31 % of 1.4 GB, 0.51 GB/s, model-00001-of-00003.safetensors", cut to `columns`. The file's name
// is made safe for a terminal. No speed before there are `seconds` to speak of.
std::string load_line(std::uint64_t done, std::uint64_t total, const std::string& file, double seconds,
                      std::size_t columns);

class LoadBar {
 public:
    explicit LoadBar(std::FILE* out);
    void show(std::uint64_t bytes_done, std::uint64_t bytes_total, const std::string& file);

 private:
    using Clock = std::chrono::steady_clock;

    StatusLine line_;
    Clock::time_point begun_ = Clock::now();
};

}  // namespace heddle
